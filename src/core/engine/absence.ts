/**
 * A time in which the program did not run, or had no network: what the exchange did then happens at its own time, what the
 * program would have done waits until it is back.
 *
 * Orders and cancels that were on their way arrive, and settlements are noted, at their own times; reports, timers and
 * the session's planned end are held back, and follow in their order once the market is known again. The book that was
 * known last counts for {@link BLIND_AFTER_MS}, as in any silence; then nothing fills until the next frame.
 *
 * Where only the network was gone, engine time has passed meanwhile: what is played through comes after it, in its own
 * order, and settlements of that time are noted between its bars. Limits there: an order or a cancel that was decided while
 * the network was gone counts from its decision; nothing of it is undone.
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
  /** Of a time without a network, not noted yet. */
  #settlements: readonly { readonly instrument: number; readonly atMs: number }[] = [];

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
    const { fromMs, toMs, detail, backfilled, of } = outage;
    if (of === 'network') {
      // The program ran on, and saw that its market was gone: only what it did not see is made up for.
      this.#goBlind(nowMs);
      this.#settlements = this.#funding.takeBack(fromMs, nowMs);
    } else {
      this.#lifecycle.leave(nowMs, toMs);
      this.#schedule.add(Math.min(nowMs + BLIND_AFTER_MS, toMs), Due.blind, null);
    }
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
        feed: of ?? 'process',
        // Time without a network that is known afterwards is a loss of the line, and no hole in the data.
        kind: of === 'network' && backfilled ? 'reconnect' : 'gap',
        detail,
        backfilled,
      } as const;
      this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
    }
  }

  /** What happened until `untilMs` is known: notes what was held at the settlements up to then, of one or (null) of all. */
  settleUntil(untilMs: number, instrument: number | null): void {
    if (this.#settlements.length === 0) return;
    const isDue = (each: { readonly instrument: number; readonly atMs: number }): boolean =>
      each.atMs <= untilMs && (instrument === null || each.instrument === instrument);
    for (const each of this.#settlements) if (isDue(each)) this.#funding.note(each.instrument, each.atMs);
    this.#settlements = this.#settlements.filter((each) => !isDue(each));
  }

  /** No book from before the absence is the market any more. */
  #goBlind(untilMs: number): void {
    for (const market of this.#parts.markets) if (!market.isLastBook) market.isBookValid = false;
    for (const built of this.#parts.tradeBars) built.interrupt(untilMs);
  }

  /** Takes what only a running program does, and what means nothing any more; returns whether it was taken. */
  holdsBack(kind: number, payload: DuePayload | null, nowMs: number): boolean {
    if (kind === Due.blind) {
      this.#goBlind(this.#lifecycle.awayUntilMs);
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
    return {
      heldBack: this.#heldBack.map(({ kind, payload }) => ({ kind, payload: savePayload(kind, payload) })),
      settlements: this.#settlements,
    };
  }

  restore<Saved>(
    state: { readonly heldBack: readonly { readonly kind: number; readonly payload: Saved }[] } & Pick<
      ReturnType<Absence['save']>,
      'settlements'
    >,
    restorePayload: (kind: number, saved: Saved) => DuePayload | null,
  ): void {
    this.#heldBack = state.heldBack.map(({ kind, payload }) => ({
      kind,
      payload: restorePayload(kind, payload),
    }));
    this.#settlements = state.settlements;
  }
}
