/** The strategies that come with the program and need no indicators of others, by name. */

import { fundingCarry } from './funding-carry.ts';
import { none } from './none.ts';
import { scripted } from './scripted.ts';
import { smaCross } from './sma-cross.ts';
import { strategyEntry } from './strategy-entry.ts';

export const PLAIN_STRATEGIES = new Map([
  strategyEntry(smaCross),
  strategyEntry(fundingCarry),
  strategyEntry(scripted),
  strategyEntry(none),
]);
