/**
 * Funding: notes what was held at each settlement instant and books the payment once the venue publishes its rate and mark.
 *
 * Invariant: one booking per (instrument, settlement time), on the quantity held at that instant, however late the
 * settlement becomes known.
 */

import { assert } from '../base/assert.ts';
import { HOUR_MS } from '../base/time.ts';
import { type Lots, type MarkPrice, type Rate, lots } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';

/** Holdings at settlements not yet published; more than this many means the venue stopped publishing. */
const MAX_PENDING = 1_000;

export class FundingDesk {
  readonly #account: Account;
  readonly #markets: readonly InstrumentMarket[];
  /** Quantity held, by instrument and settlement time. */
  readonly #held = new Map<string, Lots>();
  readonly #booked = new Set<string>();
  /** Settlement for which a note is scheduled, by instrument. */
  readonly #scheduled: number[];

  constructor(account: Account, markets: readonly InstrumentMarket[]) {
    this.#account = account;
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

  /** The settlement instant: notes what is held. */
  note(instrument: number, settlementMs: number): void {
    assert(this.#held.size < MAX_PENDING, `more than ${MAX_PENDING} settlements without a published rate`);
    const id = `${instrument}@${settlementMs}`;
    const { quantity } = this.#account.position(instrument);
    if (quantity !== 0 && !this.#booked.has(id)) this.#held.set(id, quantity);
  }

  /** The venue published a settlement; one whose instant lies before the session's start is none of ours. */
  settle(
    nowMs: number,
    startedMs: number,
    instrument: number,
    settlementMs: number,
    rate: Rate,
    mark: MarkPrice,
  ): void {
    const id = `${instrument}@${settlementMs}`;
    if (settlementMs < startedMs || this.#booked.has(id)) return;
    this.#booked.add(id);
    const held = this.#held.get(id) ?? lots(0);
    this.#held.delete(id);
    if (held !== 0) this.#account.applyFunding(nowMs, instrument, held, settlementMs, rate, mark);
    const oldest = this.#booked.values().next().value;
    if (this.#booked.size > MAX_PENDING && oldest !== undefined) this.#booked.delete(oldest);
  }

  /** Whether a settlement on a position still waits for its rate (for at most an hour). */
  isWaiting(nowMs: number): boolean {
    for (const id of this.#held.keys()) {
      if (nowMs - Number(id.slice(id.indexOf('@') + 1)) < HOUR_MS) return true;
    }
    return false;
  }
}
