/** Finds the strategy that a session names: one that comes with the program, or the user's own TypeScript file. */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ZodError, z } from 'zod';
import { BUILT_IN_STRATEGIES, createBuiltInStrategy } from '../core/strategy/registry.ts';
import {
  type StrategyDefinition,
  type StrategyInstance,
  instantiateStrategy,
} from '../core/strategy/strategy.ts';
import { ConfigError } from './config/config-error.ts';

/** `name`: a built-in strategy or the absolute path of a file. Throws ConfigError that says what was expected. */
export async function loadStrategy(name: string, params: unknown): Promise<StrategyInstance> {
  try {
    if (!path.isAbsolute(name)) {
      const builtIn = createBuiltInStrategy(name, params);
      if (builtIn !== null) return builtIn;
      throw new ConfigError([
        `--strategy: expected one of ${BUILT_IN_STRATEGIES.join(', ')} or a file, found ${name}`,
      ]);
    }
    return instantiateStrategy(await importDefinition(name), params);
  } catch (error) {
    if (error instanceof ZodError) {
      throw new ConfigError(
        error.issues.map(
          (issue) => `--params: ${['', ...issue.path].join('.').slice(1) || 'parameters'}: ${issue.message}`,
        ),
      );
    }
    throw error;
  }
}

const definitionShape = z.object({
  name: z.string().min(1),
  params: z.instanceof(z.ZodType),
  historyBars: z.function(),
  create: z.function(),
});

async function importDefinition(file: string): Promise<StrategyDefinition> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new ConfigError([
      `--strategy: ${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  const candidate: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (!definitionShape.safeParse(candidate).success) {
    throw new ConfigError([`--strategy: ${file} must export as default what defineStrategy returns`]);
  }
  return candidate as StrategyDefinition;
}
