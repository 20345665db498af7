/** A row of a table of strategies: hides the types of parameters and state, so that different strategies fit one. */

import type { PlainData } from '../base/saved-state.ts';
import { type StrategyDefinition, type StrategyInstance, instantiateStrategy } from './strategy.ts';

/** Creates a strategy. Throws ZodError on bad parameters. */
export type CreateStrategy = (params: unknown) => StrategyInstance;

export function strategyEntry<Params, State extends PlainData | undefined>(
  definition: StrategyDefinition<Params, State>,
): readonly [string, CreateStrategy] {
  return [definition.name, (params) => instantiateStrategy(definition, params)];
}
