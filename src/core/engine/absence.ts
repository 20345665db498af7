/**
 * A time in which the program did not run: what the exchange did then happens at its own time, what the program would
 * have done waits until it is back.
 *
 * Orders and cancels that were on their way arrive, and settlements are noted, at their own times; reports, timers and
 * the session's planned end are held back, and follow in their order once the market is known again. The book that was
 * known last counts for {@link BLIND_AFTER_MS}, as in any silence; then nothing fills until the next frame.
 */

import { SECOND_MS } from '../base/time.ts';
import type { Outage } from '../domain/commands.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { StoppedReason } from '../domain/reasons.ts';
import { Due, type DuePayload } from './due.ts';
import type { EngineParts } from './engine-parts.ts';
import type { FundingDesk } from './funding-desk.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Schedule } from './schedule.ts';

/** How long what was in flight still meets the book as it was last seen. */
const BLIND_AFTER_MS = SECOND_MS;

export interface HeldBack {
  readonly kind: number;
  readonly payload: DuePayload | null;
}

const NOTHING: readonly HeldBack[] = [];

export class Absence {
  readonly #parts: EngineParts;
  readonly #lifecycle: Lifecycle;
  readonly #funding: FundingDesk;
  readonly #schedule: Schedule<DuePayload>;
  readonly #outputs: OutputBuffer;
  #heldBack: HeldBack[] = [];

  constructor(
    parts: EngineParts,
    lifecycle: Lifecycle,
    funding: FundingDesk,
    schedule: Schedule<DuePayload>,
    outputs: OutputBuffer,
  ) {
    this.#parts = parts;
    this.#lifecycle = lifecycle;
    this.#funding = funding;
    this.#schedule = schedule;
    this.#outputs = outputs;
  }

  begin(outage: Outage, nowMs: number): void {
    const { fromMs, toMs, detail, backfilled } = outage;
    this.#lifecycle.leave(nowMs, toMs);
    this.#schedule.add(Math.min(nowMs + BLIND_AFTER_MS, toMs), Due.blind, null);
    for (const { instrument, atMs } of outage.settlements) {
      if (this.#funding.takeMissed(instrument, atMs))
        this.#schedule.add(Math.max(atMs, nowMs), Due.settlement, { instrument, atMs });
    }
    for (const { instrument } of this.#parts.markets) {
      const { index } = instrument;
      const record = {
        fromMs,
        toMs,
        instrument: index,
        feed: 'process',
        kind: 'gap',
        detail,
        backfilled,
      } as const;
      this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
    }
  }

  /** No book from before the absence is the market any more. */
  #goBlind(): void {
    for (const market of this.#parts.markets) if (!market.isLastBook) market.isBookValid = false;
    for (const built of this.#parts.tradeBars) built.interrupt(this.#lifecycle.awayUntilMs);
  }

  /** Takes what only a running program does, and what means nothing any more; returns whether it was taken. */
  holdsBack(kind: number, payload: DuePayload | null, nowMs: number): boolean {
    if (kind === Due.blind) {
      this.#goBlind();
      return true;
    }
    if (kind === Due.sessionEnd) return this.#holdsEnd((payload as { end: StoppedReason }).end, nowMs);
    if (!this.#lifecycle.isAway) return false;
    if (kind !== Due.timer && kind !== Due.orderReport && kind !== Due.fillReport) return false;
    this.#heldBack.push({ kind, payload });
    return true;
  }

  /** The session ends at the end its last plan has, and by a running program. */
  #holdsEnd(end: StoppedReason, nowMs: number): boolean {
    if (end === 'duration_reached' && !this.#lifecycle.isOver(nowMs)) return true;
    if (nowMs >= this.#lifecycle.awayUntilMs) return false;
    this.#schedule.add(this.#lifecycle.awayUntilMs, Due.sessionEnd, { end });
    return true;
  }

  /** Gives what was held back, in its order, once; nothing before the program is back. */
  takeHeldBack(): readonly HeldBack[] {
    const heldBack = this.#heldBack;
    if (heldBack.length === 0 || this.#lifecycle.isAway) return NOTHING;
    this.#heldBack = [];
    return heldBack;
  }

  save<Saved>(savePayload: (kind: number, payload: DuePayload | null) => Saved) {
    return this.#heldBack.map(({ kind, payload }) => ({ kind, payload: savePayload(kind, payload) }));
  }

  restore<Saved>(
    heldBack: readonly { readonly kind: number; readonly payload: Saved }[],
    restorePayload: (kind: number, saved: Saved) => DuePayload | null,
  ): void {
    this.#heldBack = heldBack.map(({ kind, payload }) => ({ kind, payload: restorePayload(kind, payload) }));
  }
}
