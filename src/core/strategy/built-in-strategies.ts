/**
 * The strategies that come with the program, by name.
 *
 * Loads all of them with all that they need; who wants one of {@link PLAIN_STRATEGIES} takes it from there and starts sooner.
 */

import { pullbackRibbon, sweepInvalidation } from '../agents/pipeline-strategies.ts';
import { PLAIN_STRATEGIES } from './plain-strategies.ts';
import { type CreateStrategy, strategyEntry } from './strategy-entry.ts';
import type { StrategyInstance } from './strategy.ts';

const BUILT_IN: ReadonlyMap<string, CreateStrategy> = new Map([
  ...PLAIN_STRATEGIES,
  strategyEntry(pullbackRibbon),
  strategyEntry(sweepInvalidation),
]);

export const BUILT_IN_STRATEGIES: readonly string[] = [...BUILT_IN.keys()];

/** Creates a built-in strategy; null where there is none of that name. Throws ZodError on bad parameters. */
export function createBuiltInStrategy(name: string, params: unknown): StrategyInstance | null {
  return BUILT_IN.get(name)?.(params) ?? null;
}
