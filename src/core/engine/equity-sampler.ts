/**
 * Says when the account is looked at, and its equity at a steady pace and whenever asked.
 *
 * A session of bars is looked at with its bars: between two of them nothing is known to have changed.
 */

import { SECOND_MS } from '../base/time.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { SessionStart } from '../domain/session-start.ts';
import type { Account } from '../ledger/account.ts';
import { Due, type DuePayload } from './due.ts';
import type { Schedule } from './schedule.ts';

/** Equity points of a session at most, about; longer sessions are sampled less often. */
const EQUITY_POINTS = 3_600;
/** Between equity points of a session without an end of its own. */
const ENDLESS_SAMPLE_MS = 60 * SECOND_MS;

export class EquitySampler {
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #schedule: Schedule<DuePayload>;
  readonly #intervalMs: number;
  readonly #followsBars: boolean;
  readonly #lastInstrument: number;
  readonly #paceMs: number;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(start: SessionStart, account: Account, outputs: OutputBuffer, schedule: Schedule<DuePayload>) {
    this.#account = account;
    this.#outputs = outputs;
    this.#schedule = schedule;
    const { sample_interval_ms: intervalMs = SECOND_MS } = start;
    this.#intervalMs = intervalMs;
    // Only a start that names its interval is paced by its market's end: earlier recordings were not.
    const marketMs = start.sample_interval_ms === undefined ? null : start.market_ends_after_ms;
    const durationMs = start.duration_ms ?? marketMs;
    this.#lastInstrument = start.instruments.length - 1;
    this.#followsBars = start.fills.price_source === 'bars';
    this.#paceMs =
      durationMs === null
        ? ENDLESS_SAMPLE_MS
        : Math.max(SECOND_MS, Math.ceil(durationMs / EQUITY_POINTS / SECOND_MS) * SECOND_MS);
  }

  /** Plans the next look at the account. */
  plan(nowMs: number): void {
    this.#nextLookMs = nowMs + this.#intervalMs;
    if (!this.#followsBars) this.#schedule.add(this.#nextLookMs, Due.sample, null);
  }

  /** Whether the bar just applied is one to look at the account with: of one moment the last contract's bar comes last. */
  isDueWithBar(nowMs: number, instrument: number): boolean {
    return this.#followsBars && nowMs >= this.#nextLookMs && instrument === this.#lastInstrument;
  }

  /** Says a point if one is due. */
  sample(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#paceMs;
    this.point(nowMs);
  }

  point(nowMs: number): void {
    const { equity, wallet, unrealized } = this.#account;
    this.#outputs.push({
      type: 'equity',
      timeMs: nowMs,
      point: {
        timeMs: nowMs,
        equity,
        wallet,
        unrealizedPnl: unrealized,
        position: this.#account.netQuantity(0),
      },
    });
  }

  save() {
    return { nextLookMs: this.#nextLookMs, nextMs: this.#nextMs };
  }

  restore({ nextLookMs, nextMs }: ReturnType<EquitySampler['save']>): void {
    this.#nextLookMs = nextLookMs;
    this.#nextMs = nextMs;
  }
}
