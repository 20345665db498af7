/** Judges whether time and bars can be trusted with new risk: jumps of the venue's clock, bars that did not come. */

import { SECOND_MS } from '../base/time.ts';
import type { QualityRecord } from '../domain/commands.ts';
import { NO_TIME } from '../domain/event-block.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { EngineParts } from './engine-parts.ts';

/** A closed bar may be this late: its confirmation takes a request to the venue. */
const BAR_GRACE_MS = 10 * SECOND_MS;
/** The venue's clock, or ours, stepped when the offset between them changes by more than this. */
const CLOCK_JUMP_MS = SECOND_MS;

export class DataWatch {
  readonly #parts: EngineParts;
  readonly #outputs: OutputBuffer;
  #offsetMs: number | null = null;
  /** How far engine time was ahead of the venue's clock after its last step, and when. */
  #leadMs = 0;
  #leadAtMs = 0;

  constructor(parts: EngineParts, outputs: OutputBuffer) {
    this.#parts = parts;
    this.#outputs = outputs;
  }

  /**
   * Takes the time that a step of the clock, or a sleep of this machine, skips; returns the time to go on from. Nobody
   * lived through it: what fell due in it is done after it, it is no time without data, and no book from before it is the
   * market until its next frame.
   */
  skip(nowMs: number, timeMs: number): number {
    if (timeMs - nowMs <= CLOCK_JUMP_MS) return nowMs;
    for (const market of this.#parts.markets) {
      market.bookTimeMs += timeMs - nowMs;
      if (!market.isLastBook) market.isBookValid = false;
    }
    return timeMs;
  }

  /**
   * Engine time of what the exchange stamped so: never after now. Data without a stamp counts as new. After the venue's
   * clock stepped back, engine time runs ahead of it until it has caught up; that lead is no age of the data.
   */
  shownMs(nowMs: number, exchangeTimeMs: number): number {
    return exchangeTimeMs === NO_TIME ? nowMs : Math.min(nowMs, exchangeTimeMs + this.#lead(nowMs));
  }

  /** Engine time catches up at half its pace, so the lead shrinks by what passes of it. */
  #lead(nowMs: number): number {
    return Math.max(0, this.#leadMs - (nowMs - this.#leadAtMs));
  }

  /** Says what a venue client found wrong with its data. */
  pass(nowMs: number, record: QualityRecord): void {
    this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
  }

  clock(nowMs: number, offsetMs: number): void {
    const before = this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (before === null || Math.abs(offsetMs - before) <= CLOCK_JUMP_MS) return;
    this.#leadMs = Math.max(0, this.#lead(nowMs) + before - offsetMs);
    this.#leadAtMs = nowMs;
    const detail = `offset of the venue's clock went from ${before} to ${offsetMs} ms`;
    const times = { fromMs: nowMs, toMs: nowMs };
    const record: QualityRecord = {
      ...times,
      instrument: 0,
      feed: 'clock',
      kind: 'clock',
      detail,
      backfilled: false,
    };
    this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
  }

  /** How long the newest closed bar of an instrument is overdue beyond its grace; null while it is not. */
  overdueMs(nowMs: number, instrument: number): number | null {
    const { intervalMs, tradeBars } = this.#parts;
    const lastOpenMs = this.#parts.markets[instrument]?.bars.lastOpenTimeMs ?? Number.NEGATIVE_INFINITY;
    if (tradeBars.length > 0 || lastOpenMs === Number.NEGATIVE_INFINITY) return null;
    const overdueMs = nowMs - (lastOpenMs + 2 * intervalMs + BAR_GRACE_MS);
    return overdueMs > 0 ? overdueMs : null;
  }

  save() {
    return { offsetMs: this.#offsetMs, leadMs: this.#leadMs, leadAtMs: this.#leadAtMs };
  }

  restore({ offsetMs, leadMs, leadAtMs }: ReturnType<DataWatch['save']>): void {
    this.#offsetMs = offsetMs;
    this.#leadMs = leadMs;
    this.#leadAtMs = leadAtMs;
  }
}
