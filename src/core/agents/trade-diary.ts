/**
 * What the pipeline remembers of its own trades on one instrument: the plan of the one in hand, and how the last ones ended.
 */

import { type Instrument, notional } from '../domain/instrument.ts';
import type { FillRecord } from '../domain/order.ts';
import { type Lots, MONEY_DECIMALS, lots, ticks } from '../domain/units.ts';
import type { TradeRecord } from './execution-risk.ts';
import { type Lesson, coach } from './journal-coach.ts';
import type { Setup } from './setup-signal.ts';

type Plan = {
  readonly risk: number;
  readonly stop: number;
  readonly target: number;
  readonly isVolatile: boolean;
  readonly isAgainstFlows: boolean;
};

/** What a diary holds: plain data. */
export type DiaryMemory = {
  plan: Plan | null;
  /** Of the trade in hand, in USDT: cash in minus cash out, and fees. */
  cash: number;
  fees: number;
  entryBar: number;
  isOpen: boolean;
  lossesInRow: number;
  lastLossBar: number | null;
};

export function emptyDiary(): DiaryMemory {
  return { plan: null, cash: 0, fees: 0, entryBar: 0, isOpen: false, lossesInRow: 0, lastLossBar: null };
}

export class TradeDiary {
  readonly #instrument: Instrument;
  readonly #memory: DiaryMemory;

  /** `memory` is changed as trades go on. */
  constructor(instrument: Instrument, memory: DiaryMemory) {
    this.#instrument = instrument;
    this.#memory = memory;
  }

  /** Notes what an entry risks; the trade begins with its first fill. */
  plan(setup: Setup, quantity: Lots, isVolatile: boolean, isAgainstFlows: boolean): void {
    const distance = ticks(Math.abs(setup.reference - setup.stop));
    const risk = toUsdt(notional(this.#instrument, distance, quantity));
    this.#memory.plan = { risk, stop: setup.stop, target: setup.target, isVolatile, isAgainstFlows };
  }

  record(barNumber: number): TradeRecord {
    const barsSinceLoss = this.#memory.lastLossBar === null ? null : barNumber - this.#memory.lastLossBar;
    return { lossesInRow: this.#memory.lossesInRow, barsSinceLoss };
  }

  /** Adds a fill after which `held` is the position; the lesson when it closed a planned trade, else null. */
  addFill(fill: FillRecord, held: Lots, barNumber: number): Lesson | null {
    if (!this.#memory.isOpen) {
      this.#memory.isOpen = true;
      this.#memory.cash = 0;
      this.#memory.fees = 0;
      this.#memory.entryBar = barNumber;
    }
    const value = toUsdt(notional(this.#instrument, fill.price, lots(fill.quantity)));
    this.#memory.cash += fill.side === 'sell' ? value : -value;
    this.#memory.fees += toUsdt(fill.fee);
    if (held !== 0) return null;
    this.#memory.isOpen = false;
    const net = this.#memory.cash - this.#memory.fees;
    this.#memory.lossesInRow = net < 0 ? this.#memory.lossesInRow + 1 : 0;
    if (net < 0) this.#memory.lastLossBar = barNumber;
    const plan = this.#memory.plan;
    if (plan === null || plan.risk === 0) return null;
    return coach({
      netPnl: net,
      grossPnl: this.#memory.cash,
      fees: this.#memory.fees,
      risk: plan.risk,
      barsHeld: barNumber - this.#memory.entryBar,
      exitTag: exitOf(fill, plan),
      isVolatileEntry: plan.isVolatile,
      isAgainstFlows: plan.isAgainstFlows,
    });
  }
}

/** Which end of the plan a closing fill belongs to: the nearer one when it passed it, else neither. */
function exitOf(fill: FillRecord, plan: Plan): string {
  const sign = fill.side === 'sell' ? 1 : -1;
  if ((fill.price - plan.target) * sign >= 0) return 'take_profit';
  return (plan.stop - fill.price) * sign >= 0 ? 'stop_loss' : 'other';
}

function toUsdt(amount: bigint): number {
  return Number(amount) / 10 ** MONEY_DECIMALS;
}
