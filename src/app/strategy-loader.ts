/** Finds the strategy that a session names: one that comes with the program, or the user's own TypeScript file. */

import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ZodError, z } from 'zod';
import { NotPlainError } from '../core/base/saved-state.ts';
import { PLAIN_STRATEGIES } from '../core/strategy/plain-strategies.ts';
import { type Interval, intervalMs } from '../core/base/time.ts';
import { unfitIntervals } from '../core/strategy/history-need.ts';
import type { StrategyRole } from '../core/strategy/call-guard.ts';
import {
  type StrategyDefinition,
  type StrategyInstance,
  instantiateStrategy,
} from '../core/strategy/strategy.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import { showOrigin } from './config/setting-layers.ts';
import type { Settings } from './config/settings.ts';

/** Makes a fresh instance of a strategy at every call, each with a state of its own; `role`: where it is to trade. */
export type StrategyMaker = (role?: StrategyRole) => StrategyInstance;

/** Where strategy and parameters were asked for, as findings name it. */
export interface StrategyPlaces {
  readonly strategy: string;
  readonly params: string;
}

const FLAG_PLACES: StrategyPlaces = { strategy: '--strategy', params: '--params' };

/** The places in flags, environment or configuration file that `settings` come from; the flags for a default. */
export function strategyPlaces({ effective }: Pick<Settings, 'effective'>): StrategyPlaces {
  const placeOf = (key: 'strategy' | 'params'): string => {
    const origin = effective[key]?.origin;
    return origin === undefined || origin.kind === 'default' ? FLAG_PLACES[key] : showOrigin(origin);
  };
  return { strategy: placeOf('strategy'), params: placeOf('params') };
}

/**
 * `name`: a built-in strategy or the absolute path of a file; making one was tried once. Throws ConfigError that says what
 * was expected, and found where.
 */
export async function loadStrategyMaker(
  name: string,
  params: unknown,
  places: StrategyPlaces = FLAG_PLACES,
): Promise<StrategyMaker> {
  try {
    if (!path.isAbsolute(name)) return await builtInMaker(name, params, places);
    const definition = await importDefinition(name, places);
    tryOnce(name, definition, params, places);
    return () => instantiateStrategy(definition, params);
  } catch (error) {
    if (error instanceof NotPlainError)
      throw new ConfigError([`${places.strategy}: ${error.message}; see docs/strategies.md`]);
    if (error instanceof ZodError)
      throw new ConfigError(error.issues.flatMap((issue) => tellIssue(issue, params, places)));
    throw error;
  }
}

/** What its author's own functions throw is told as a mistake in the file. */
function tryOnce(
  file: string,
  definition: StrategyDefinition,
  params: unknown,
  { strategy: place }: StrategyPlaces,
): void {
  try {
    // What goes into the session's documents must fit there.
    JSON.stringify(instantiateStrategy(definition, params).params);
  } catch (error) {
    if (error instanceof ZodError || error instanceof NotPlainError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`${place}: ${file}${lineOf(error, file)} cannot be made: ${message}`]);
  }
}

/** What a schema says of one parameter, with what was given for it. */
function tellIssue(issue: z.core.$ZodIssue, params: unknown, { params: place }: StrategyPlaces): string[] {
  const name = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const within = name === '' ? '' : ` of ${name}`;
    return issue.keys.map((key) => `${place}: expected a known parameter${within}, found ${showValue(key)}`);
  }
  const subject = name === '' ? 'parameters' : name;
  // A sentence of the strategy's own says all there is to say.
  if (issue.code === 'custom') return [`${place}: ${subject}: ${issue.message}`];
  const given = issue.path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    params,
  );
  return [`${place}: ${subject}: ${issue.message}, found ${showValue(given)}`];
}

/** The ones with indicators of others are loaded where one of them is named: those take longer to load than all else. */
async function builtInMaker(name: string, params: unknown, places: StrategyPlaces): Promise<StrategyMaker> {
  const plain = PLAIN_STRATEGIES.get(name);
  if (plain !== undefined) {
    plain(params);
    return () => plain(params);
  }
  const { BUILT_IN_STRATEGIES, createBuiltInStrategy } =
    await import('../core/strategy/built-in-strategies.ts');
  const first = createBuiltInStrategy(name, params);
  if (first !== null) return () => createBuiltInStrategy(name, params) ?? first;
  throw new ConfigError([
    `${places.strategy}: expected one of ${BUILT_IN_STRATEGIES.join(', ')} or a file, found ${name}`,
  ]);
}

/** The text of a strategy file; null for a built-in strategy. Throws ConfigError. */
export function readStrategySource(name: string): string | null {
  if (!path.isAbsolute(name)) return null;
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`--strategy: ${name} cannot be read: ${reason}`]);
  }
}

const definitionShape = z.object({
  name: z.string().min(1),
  params: z.instanceof(z.ZodType),
  historyBars: z.function(),
  create: z.function(),
});

/** What a strategy file imports from us, as it is here: the very modules that run it, from sources or built. */
const OWN_PACKAGE = 'laptop-agents';
const OWN_FACE = new URL(`../core/strategy/index${path.extname(import.meta.url)}`, import.meta.url).href;

/** Packages that a strategy file may import wherever it lies: what its schema and indicators are written with. */
const OFFERED_PACKAGES: ReadonlySet<string> = new Set(['zod', 'trading-signals']);

let isReceiving = false;

/**
 * Lets a strategy file outside the checkout find the offered packages in ours; its own copies of those win. What it prints
 * goes to stderr: stdout is the result's.
 */
function receiveStrategies(): void {
  if (isReceiving) return;
  isReceiving = true;
  globalThis.console = new Console(process.stderr);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === OWN_PACKAGE) return nextResolve(OWN_FACE, context);
      if (!OFFERED_PACKAGES.has(specifier)) return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch {
        return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
}

async function importDefinition(
  file: string,
  { strategy: place }: StrategyPlaces,
): Promise<StrategyDefinition> {
  let module: unknown;
  receiveStrategies();
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`${place}: ${file}${lineOf(error, file)} cannot be loaded: ${message}`]);
  }
  const candidate: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (!definitionShape.safeParse(candidate).success) {
    throw new ConfigError([`${place}: ${file} must export as default what defineStrategy returns`]);
  }
  return candidate as StrategyDefinition;
}

/** `:12` where the error's stack names that line of the file, as it does for TypeScript that does not parse; else nothing. */
function lineOf(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = /^:\d+/.exec(stack.split(file)[1] ?? '');
  return line?.[0] ?? '';
}

/** Throws ConfigError where the strategy reads bars that the session's own do not make. */
export function requireFitting(
  strategy: StrategyInstance,
  interval: Interval,
  places: StrategyPlaces = FLAG_PLACES,
): void {
  const unfit = unfitIntervals(strategy, intervalMs(interval));
  if (unfit.length > 0) {
    throw new ConfigError([
      `${places.strategy}: expected ${strategy.name} to read intervals made of whole bars of ${interval}, found ${unfit.join(', ')}`,
    ]);
  }
}
