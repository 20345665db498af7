/**
 * Funding: notes what was held at each settlement instant and books the payment once the venue publishes its rate and mark.
 *
 * Invariant: one booking per (position, settlement time), on the quantity held at that instant, however late the
 * settlement becomes known. A payment that the free part of the wallet cannot meet first cancels the open orders, then
 * draws on the position's isolated margin (the venue's help page on funding rates).
 */

import { assert } from '../base/assert.ts';
import { HOUR_MS } from '../base/time.ts';
import { type EventBlock, FUNDING_MARK, FUNDING_RATE, FUNDING_TIME } from '../domain/event-block.ts';
import { type Lots, type Money, markPrice, rate as rateOf } from '../domain/units.ts';
import { availableMoney } from '../exchange/margin.ts';
import type { PaperExchange } from '../exchange/paper-exchange.ts';
import { type Account, fundingPayment } from '../ledger/account.ts';
import type { Position } from '../ledger/position.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';

/** Holdings at settlements not yet published; more than this many means the venue stopped publishing. */
const MAX_PENDING = 1_000;

/** What was held at one settlement. */
interface Holding {
  readonly position: Position;
  readonly quantity: Lots;
}

export class FundingDesk {
  readonly #account: Account;
  readonly #exchange: PaperExchange;
  readonly #markets: readonly InstrumentMarket[];
  /** What was held, by instrument and settlement time. */
  readonly #held = new Map<string, readonly Holding[]>();
  readonly #booked = new Set<string>();
  /** Settlement for which a note is scheduled, by instrument. */
  readonly #scheduled: number[];

  constructor(account: Account, exchange: PaperExchange, markets: readonly InstrumentMarket[]) {
    this.#account = account;
    this.#exchange = exchange;
    this.#markets = markets;
    this.#scheduled = markets.map(() => Number.NEGATIVE_INFINITY);
  }

  /** Whether the instrument's next settlement still needs to be scheduled; marks it as scheduled. */
  takeUnscheduled(instrument: number): number | null {
    const next = this.#markets[instrument]?.nextSettlementMs ?? null;
    if (next === null || next <= (this.#scheduled[instrument] ?? 0)) return null;
    this.#scheduled[instrument] = next;
    return next;
  }

  /** Whether a settlement that became known late still needs to be scheduled; marks it as scheduled. */
  takeMissed(instrument: number, settlementMs: number): boolean {
    if (settlementMs <= (this.#scheduled[instrument] ?? 0)) return false;
    this.#scheduled[instrument] = settlementMs;
    return true;
  }

  /**
   * Settlements after `fromMs` that were noted while nothing was known: to be noted again, once what happened before each
   * is. Those that the venue published already stay as they are.
   */
  takeBack(fromMs: number, nowMs: number): { readonly instrument: number; readonly atMs: number }[] {
    const taken = this.#scheduled.flatMap((atMs, instrument) =>
      atMs > fromMs && atMs <= nowMs && !this.#booked.has(`${instrument}@${atMs}`)
        ? [{ instrument, atMs }]
        : [],
    );
    for (const { instrument, atMs } of taken) this.#held.delete(`${instrument}@${atMs}`);
    return taken;
  }

  /** The settlement instant: notes what is held. */
  note(instrument: number, settlementMs: number): void {
    assert(this.#held.size < MAX_PENDING, `more than ${MAX_PENDING} settlements without a published rate`);
    const id = `${instrument}@${settlementMs}`;
    const holdings = this.#holdings(instrument);
    if (holdings.length > 0 && !this.#booked.has(id)) this.#held.set(id, holdings);
  }

  /** The venue published a settlement; one whose instant lies before the session's start is none of ours. */
  settle(block: EventBlock, row: number, nowMs: number, startedMs: number): void {
    const instrument = block.instrument[row] ?? 0;
    const at = block.price[row] ?? 0;
    const settlementMs = block.wide[at + FUNDING_TIME] ?? Number.NaN;
    const rate = rateOf(block.wide[at + FUNDING_RATE] ?? Number.NaN);
    const mark = markPrice(block.wide[at + FUNDING_MARK] ?? Number.NaN);
    const id = `${instrument}@${settlementMs}`;
    if (settlementMs < startedMs || this.#booked.has(id)) return;
    this.#booked.add(id);
    const holdings = this.#held.get(id) ?? this.#heldNow(instrument);
    this.#held.delete(id);
    for (const { position, quantity } of holdings) {
      const payment = fundingPayment(position, quantity, rate, mark);
      if (this.#available() + payment < 0n && this.#account.modes.marginMode === 'isolated')
        this.#exchange.cancelForced(null, nowMs, 'funding_unpaid');
      this.#account.applyFunding(nowMs, position, quantity, settlementMs, rate, mark, this.#available());
    }
    const oldest = this.#booked.values().next().value;
    if (this.#booked.size > MAX_PENDING && oldest !== undefined) this.#booked.delete(oldest);
  }

  #holdings(instrument: number): readonly Holding[] {
    return this.#account.positions
      .filter((position) => position.instrument.index === instrument && position.quantity !== 0)
      .map((position) => ({ position, quantity: position.quantity }));
  }

  /** Without books a settlement is told at its instant, behind the bar that ends with it: what is held then counts. */
  #heldNow(instrument: number): readonly Holding[] {
    return this.#markets[instrument]?.hasBook === false ? this.#holdings(instrument) : [];
  }

  #available(): Money {
    return availableMoney(this.#account, this.#exchange.reserved);
  }

  /** Whether a settlement on a position still waits for its rate (for at most an hour). */
  isWaiting(nowMs: number): boolean {
    for (const id of this.#held.keys()) {
      if (nowMs - Number(id.slice(id.indexOf('@') + 1)) < HOUR_MS) return true;
    }
    return false;
  }

  /** Positions by their place in the account. */
  save() {
    const { positions } = this.#account;
    return {
      held: [...this.#held].map(
        ([id, holdings]) =>
          [
            id,
            holdings.map(({ position, quantity }) => ({ position: positions.indexOf(position), quantity })),
          ] as const,
      ),
      booked: [...this.#booked],
      scheduled: [...this.#scheduled],
    };
  }

  restore({ held, booked, scheduled }: ReturnType<FundingDesk['save']>): void {
    this.#held.clear();
    for (const [id, holdings] of held) {
      const known = holdings.map(({ position: at, quantity }) => {
        const position = this.#account.positions[at];
        assert(position !== undefined, `the account has no position ${at}`);
        return { position, quantity };
      });
      this.#held.set(id, known);
    }
    this.#booked.clear();
    for (const id of booked) this.#booked.add(id);
    this.#scheduled.splice(0, this.#scheduled.length, ...scheduled);
  }
}
