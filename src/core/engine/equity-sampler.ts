/** Says the account's equity at a steady pace and whenever asked. */

import { SECOND_MS } from '../base/time.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { SessionStart } from '../domain/session-start.ts';
import type { Account } from '../ledger/account.ts';

/** Equity points of a session at most, about; longer sessions are sampled less often. */
const EQUITY_POINTS = 3_600;
/** Between equity points of a session without an end of its own. */
const ENDLESS_SAMPLE_MS = 60 * SECOND_MS;

export class EquitySampler {
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  readonly #paceMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(start: SessionStart, account: Account, outputs: OutputBuffer) {
    this.#account = account;
    this.#outputs = outputs;
    const { duration_ms: durationMs } = start;
    this.#paceMs =
      durationMs === null
        ? ENDLESS_SAMPLE_MS
        : Math.max(SECOND_MS, Math.ceil(durationMs / EQUITY_POINTS / SECOND_MS) * SECOND_MS);
  }

  /** Says a point if one is due; call it once a second. */
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
    return { nextMs: this.#nextMs };
  }

  restore({ nextMs }: ReturnType<EquitySampler['save']>): void {
    this.#nextMs = nextMs;
  }
}
