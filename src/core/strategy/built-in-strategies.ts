/** The strategies that come with the program, by name. */

import { pullbackRibbon, sweepInvalidation } from '../agents/pipeline-strategies.ts';
import { fundingCarry } from './funding-carry.ts';
import { none } from './none.ts';
import { scripted } from './scripted.ts';
import { smaCross } from './sma-cross.ts';
import type { PlainData } from '../base/saved-state.ts';
import { type StrategyDefinition, type StrategyInstance, instantiateStrategy } from './strategy.ts';

/** Hides the types of parameters and state, so that different strategies fit one table. */
function entry<Params, State extends PlainData | undefined>(
  definition: StrategyDefinition<Params, State>,
): readonly [string, (params: unknown) => StrategyInstance] {
  return [definition.name, (params) => instantiateStrategy(definition, params)];
}

const BUILT_IN: ReadonlyMap<string, (params: unknown) => StrategyInstance> = new Map([
  entry(smaCross),
  entry(pullbackRibbon),
  entry(sweepInvalidation),
  entry(fundingCarry),
  entry(scripted),
  entry(none),
]);

export const BUILT_IN_STRATEGIES: readonly string[] = [...BUILT_IN.keys()];

/** Creates a built-in strategy; null where there is none of that name. Throws ZodError on bad parameters. */
export function createBuiltInStrategy(name: string, params: unknown): StrategyInstance | null {
  return BUILT_IN.get(name)?.(params) ?? null;
}
