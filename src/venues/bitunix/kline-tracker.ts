/**
 * Closed bars from a kline stream that never says that a bar has closed.
 *
 * A frame belongs to the bar of its stamp. When a frame of a later bar arrives, every bar since the last one handed on is
 * asked for by REST and handed on in order, each once; what REST does not confirm in time is taken from the last socket
 * frame and flagged, what neither has stays a recorded hole. The same walk joins history to live and bridges reconnects.
 * Limits: intervals that divide the UTC day; at most {@link MAX_KLINE_PAGES} pages of missed bars.
 */

import { barOpenTimeMs } from '../../core/base/time.ts';
import { type BarFields, FLAG_UNCONFIRMED } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import { type Scheduler, pause } from '../transport/scheduler.ts';
import { untilAborted } from '../transport/until-aborted.ts';
import type { DecodedFrame } from './decoded-frame.ts';

/** How long a bar that a socket frame describes waits for its confirmation. */
export const CONFIRM_WITHIN_MS = 3_000;
/** How long bars that only REST can bring are asked for. */
export const BACKFILL_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 500;
/** After a rollover, frames of the old bar can still arrive this long. */
const CARRY_MS = 2_000;
/** Bars of socket frames kept while REST is asked. */
const MAX_SEEN_BARS = 16;

export interface KlineTrackerOptions {
  readonly instrument: Instrument;
  readonly lengthMs: number;
  /** Open time of the newest bar of the history, which is not handed on again; null where there is none. */
  readonly lastOpenMs: number | null;
  readonly inlet: EventInlet;
  readonly logger: Logger;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  /** Closed bars from `fromMs` to before `endMs`, oldest first, without those the venue does not have. */
  readonly fetchBars: (fromMs: number, endMs: number, signal: AbortSignal) => Promise<readonly BarFields[]>;
  readonly onFatal: (error: VenueError) => void;
}

export class KlineTracker {
  readonly #options: KlineTrackerOptions;
  readonly #ended = new AbortController();
  /** Last state of recent bars as the socket showed them, by open time. */
  readonly #seen = new Map<number, BarFields>();
  #handedOnMs: number | null;
  #currentMs: number | null = null;
  #isClosing = false;
  #gaps = 0;
  /** Bars of a detected gap that are being asked for. */
  #asked: readonly number[] = [];

  constructor(options: KlineTrackerOptions) {
    this.#options = options;
    this.#handedOnMs = options.lastOpenMs;
  }

  /** Stretches of bars that no socket frame described. */
  get gaps(): number {
    return this.#gaps;
  }

  stop(): void {
    this.#ended.abort();
  }

  /** Ends like {@link stop}, and records a gap that is still being asked for as one that was not filled. */
  settle(): void {
    this.stop();
    if (this.#asked.length > 0) this.#recordGap(this.#asked, this.#asked.length);
    this.#asked = [];
  }

  /** Takes a kline frame of this instrument and interval. */
  noteFrame(frame: DecodedFrame): void {
    const { lengthMs } = this.#options;
    const openMs = barOpenTimeMs(frame.exchangeTimeMs, lengthMs);
    const currentMs = this.#currentMs;
    if (currentMs !== null && openMs < currentMs) return;
    const bar = this.#barOf(frame, openMs);
    const current = currentMs === null ? undefined : this.#seen.get(currentMs);
    if (
      current !== undefined &&
      openMs > current.openTimeMs &&
      isCarried(bar, current, frame.exchangeTimeMs)
    ) {
      this.#seen.set(current.openTimeMs, { ...bar, openTimeMs: current.openTimeMs });
      return;
    }
    this.#seen.set(openMs, bar);
    for (const seenMs of this.#seen.keys()) {
      if (this.#seen.size <= MAX_SEEN_BARS) break;
      this.#seen.delete(seenMs);
    }
    if (openMs === currentMs) return;
    this.#currentMs = openMs;
    // Without history there is nothing before the first frame's bar that anyone waits for.
    this.#handedOnMs ??= openMs - lengthMs;
    if (!this.#isClosing) void this.#close();
  }

  #barOf(frame: DecodedFrame, openTimeMs: number): BarFields {
    const { instrument, lengthMs } = this.#options;
    return {
      openTimeMs,
      lengthMs,
      open: ticks(frame.open),
      high: ticks(Math.max(frame.open, frame.high, frame.low, frame.close)),
      low: ticks(Math.min(frame.open, frame.high, frame.low, frame.close)),
      close: ticks(frame.close),
      volume: lots(coinVolume(frame, frame.close / 10 ** instrument.priceDecimals)),
    };
  }

  /** Hands on every bar before the current one, in order; runs once at a time and catches up with itself. */
  async #close(): Promise<void> {
    this.#isClosing = true;
    for (;;) {
      const fromMs = (this.#handedOnMs ?? Number.NaN) + this.#options.lengthMs;
      const endMs = this.#currentMs ?? Number.NaN;
      if (!(fromMs < endMs) || this.#ended.signal.aborted) break;
      await this.#closeRange(fromMs, endMs);
    }
    this.#isClosing = false;
  }

  async #closeRange(fromMs: number, endMs: number): Promise<void> {
    const { lengthMs, logger, instrument } = this.#options;
    const unseen = this.#openTimes(fromMs, endMs).filter((openMs) => !this.#seen.has(openMs));
    // One bar may close between the end of the history and the first frame: no gap in what was received.
    const isSeam = this.#seen.size <= 1 && unseen.length <= 1;
    if (unseen.length > 0 && !isSeam) {
      this.#gaps++;
      this.#logGap(unseen);
      this.#asked = unseen;
    }
    const confirmed = await this.#confirm(
      fromMs,
      endMs,
      unseen.length > 0 ? BACKFILL_WITHIN_MS : CONFIRM_WITHIN_MS,
    );
    if (this.#ended.signal.aborted) return;
    this.#asked = [];
    const holes: number[] = [];
    for (const openMs of this.#openTimes(fromMs, endMs)) {
      const bar = confirmed.get(openMs);
      const seen = this.#seen.get(openMs);
      if (bar !== undefined) this.#handOn(bar, 0);
      else if (seen !== undefined) this.#handOn(seen, FLAG_UNCONFIRMED);
      else holes.push(openMs);
      this.#seen.delete(openMs);
    }
    this.#handedOnMs = endMs - lengthMs;
    if (holes.length > 0 && isSeam) {
      this.#gaps++;
      this.#logGap(holes);
    }
    if (unseen.length > 0 && (holes.length > 0 || !isSeam)) this.#recordGap(unseen, holes.length);
    if (holes.length > 0) {
      logger.log('warning', 'bars_missing', 'The venue does not have these bars', {
        symbol: instrument.symbol,
        missing: holes.length,
      });
    }
  }

  /** Asks until every bar came, or the time is up; the bars it has by then. */
  async #confirm(fromMs: number, endMs: number, withinMs: number): Promise<ReadonlyMap<number, BarFields>> {
    const { clock, scheduler, fetchBars, onFatal, logger, instrument } = this.#options;
    const deadlineMs = clock.monotonicMs() + withinMs;
    const confirmed = new Map<number, BarFields>();
    const stale = new Map<number, BarFields>();
    const wanted = this.#openTimes(fromMs, endMs);
    const giveUp = new AbortController();
    const timer = scheduler.after(withinMs, () => giveUp.abort());
    const signal = AbortSignal.any([giveUp.signal, this.#ended.signal]);
    let answersWithHoles = 0;
    while (!signal.aborted) {
      try {
        for (const bar of await untilAborted(fetchBars(fromMs, endMs, signal), signal)) {
          (this.#isStale(bar) ? stale : confirmed).set(bar.openTimeMs, bar);
        }
        if (wanted.every((openMs) => confirmed.has(openMs))) break;
        // Two answers that lack a bar only REST can bring: the venue does not have it.
        const isSeenAll = wanted.every((openMs) => confirmed.has(openMs) || this.#seen.has(openMs));
        if (++answersWithHoles * ASK_AGAIN_MS >= CONFIRM_WITHIN_MS && !isSeenAll) break;
        if (isSeenAll && clock.monotonicMs() - (deadlineMs - withinMs) >= CONFIRM_WITHIN_MS) break;
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof VenueError)) throw error;
        logger.log('warning', 'backfill_failed', error.message, { symbol: instrument.symbol });
        if (error.errorClass === 'fatal') {
          onFatal(error);
          break;
        }
      }
      await pause(scheduler, ASK_AGAIN_MS, signal);
    }
    timer.cancel();
    // What REST still says when the time is up is its last word, also where the socket had counted more.
    return new Map([...stale, ...confirmed]);
  }

  /** Right after a rollover REST can still show the bar as it stood before the last trades. */
  #isStale(bar: BarFields): boolean {
    const seen = this.#seen.get(bar.openTimeMs);
    return seen !== undefined && bar.volume < seen.volume;
  }

  #handOn(bar: BarFields, flags: number): void {
    const { inlet, instrument } = this.#options;
    inlet.open(1).appendBar(instrument.index, inlet.nowMs(), bar, flags);
    inlet.ready();
    this.#handedOnMs = bar.openTimeMs;
  }

  #logGap(missing: readonly number[]): void {
    const { logger, lengthMs, instrument } = this.#options;
    logger.log('warning', 'gap_detected', 'Gap detected!', {
      symbol: instrument.symbol,
      from: missing[0] ?? null,
      to: (missing.at(-1) ?? Number.NaN) + lengthMs,
      missing: missing.length,
    });
  }

  #recordGap(missing: readonly number[], holes: number): void {
    const { inlet, instrument, lengthMs } = this.#options;
    inlet.open(1).appendQuality(inlet.nowMs(), {
      fromMs: missing[0] ?? 0,
      toMs: (missing.at(-1) ?? 0) + lengthMs,
      instrument: instrument.index,
      feed: 'kline',
      kind: 'gap',
      detail: `${missing.length} bars missed, ${missing.length - holes} fetched`,
      backfilled: holes === 0,
    });
    inlet.ready();
  }

  #openTimes(fromMs: number, endMs: number): number[] {
    const { lengthMs } = this.#options;
    return Array.from(
      { length: Math.max(0, Math.round((endMs - fromMs) / lengthMs)) },
      (_, row) => fromMs + row * lengthMs,
    );
  }
}

/** Whether a frame just after a rollover still shows the old bar: same open, and a volume that did not start again. */
function isCarried(bar: BarFields, old: BarFields, frameMs: number): boolean {
  return (
    bar.openTimeMs === old.openTimeMs + old.lengthMs &&
    frameMs - bar.openTimeMs < CARRY_MS &&
    bar.open === old.open &&
    bar.volume > 0 &&
    bar.volume >= old.volume
  );
}

/** The volume that counts coins: quote over coins is about the price. Swapped labels were seen on REST. */
function coinVolume(frame: DecodedFrame, price: number): number {
  if (frame.baseVolume === 0 || frame.quoteVolume === 0) return Math.min(frame.baseVolume, frame.quoteVolume);
  const ratio = Math.log(frame.quoteVolume / frame.baseVolume);
  return Math.abs(-ratio - Math.log(price)) < Math.abs(ratio - Math.log(price))
    ? frame.quoteVolume
    : frame.baseVolume;
}
