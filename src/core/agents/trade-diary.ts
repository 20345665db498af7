/**
 * What the pipeline remembers of its own trades on one instrument: the plan of the one in hand, and how the last ones ended.
 */

import { type Instrument, notional } from '../domain/instrument.ts';
import type { FillRecord } from '../domain/order.ts';
import { type Lots, MONEY_DECIMALS, lots, ticks } from '../domain/units.ts';
import type { TradeRecord } from './execution-risk.ts';
import { type Lesson, coach } from './journal-coach.ts';
import type { Setup } from './setup-signal.ts';

interface Plan {
  readonly risk: number;
  readonly stop: number;
  readonly target: number;
  readonly isVolatile: boolean;
  readonly isAgainstFlows: boolean;
}

export class TradeDiary {
  readonly #instrument: Instrument;
  #plan: Plan | null = null;
  /** Of the trade in hand, in USDT: cash in minus cash out, and fees. */
  #cash = 0;
  #fees = 0;
  #entryBar = 0;
  #isOpen = false;
  #lossesInRow = 0;
  #lastLossBar: number | null = null;

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  /** Notes what an entry risks; the trade begins with its first fill. */
  plan(setup: Setup, quantity: Lots, isVolatile: boolean, isAgainstFlows: boolean): void {
    const distance = ticks(Math.abs(setup.reference - setup.stop));
    const risk = toUsdt(notional(this.#instrument, distance, quantity));
    this.#plan = { risk, stop: setup.stop, target: setup.target, isVolatile, isAgainstFlows };
  }

  record(barNumber: number): TradeRecord {
    const barsSinceLoss = this.#lastLossBar === null ? null : barNumber - this.#lastLossBar;
    return { lossesInRow: this.#lossesInRow, barsSinceLoss };
  }

  /** Adds a fill after which `held` is the position; the lesson when it closed a planned trade, else null. */
  addFill(fill: FillRecord, held: Lots, barNumber: number): Lesson | null {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#cash = 0;
      this.#fees = 0;
      this.#entryBar = barNumber;
    }
    const value = toUsdt(notional(this.#instrument, fill.price, lots(fill.quantity)));
    this.#cash += fill.side === 'sell' ? value : -value;
    this.#fees += toUsdt(fill.fee);
    if (held !== 0) return null;
    this.#isOpen = false;
    const net = this.#cash - this.#fees;
    this.#lossesInRow = net < 0 ? this.#lossesInRow + 1 : 0;
    if (net < 0) this.#lastLossBar = barNumber;
    const plan = this.#plan;
    if (plan === null || plan.risk === 0) return null;
    return coach({
      netPnl: net,
      grossPnl: this.#cash,
      fees: this.#fees,
      risk: plan.risk,
      barsHeld: barNumber - this.#entryBar,
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
