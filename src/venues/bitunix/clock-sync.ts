/**
 * The venue's clock, estimated: it has no time endpoint.
 *
 * Venue time = monotonic time + base. A reply whose Date header reads D, sent and received at monotonic s and r, bounds
 * base to (D - r, D + 1 s - s); a socket frame stamped ts and received at r bounds it from below by ts - r. The estimate
 * is the middle of what all recent bounds share, each widened by what clocks may have drifted apart since. Replies are timed
 * to straddle a change of the venue's second, so a few of them narrow the range to about one round trip. Local wall time enters only the offset that is shown, so its steps
 * move nothing else. A session lives on {@link ClockSync.sessionNowMs}, which never goes back; a step ahead is told to the
 * listener before any other time after it is. Assumption: Date header and frame stamps come from the same clock.
 */

import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import { type Scheduler, pause } from '../transport/scheduler.ts';
import type { ReplyTiming } from './rest-client.ts';

/** Bounds of replies kept; those older than {@link MAX_AGE_MS} say nothing any more. */
const MAX_BOUNDS = 64;
const MAX_AGE_MS = 300_000;
/** How far two clocks are taken to drift apart at most, ms a ms: 60 ms a minute. */
const DRIFT = 0.001;
const SYNC_BUDGET_MS = 4_000;
const SYNC_ROUNDS = 4;
/** Width above which a round tries three instants of the range instead of its middle. */
const WIDE_MS = 100;
const SYNC_INTERVAL_MS = 30_000;
/** Width at which further probes gain nothing. */
const GOOD_WIDTH_MS = 40;
/** Probes of one look at a clock that is followed already. */
const LOOK_PROBES = 3;
/** A frame's stamp must tighten the range by this much to be kept. */
const FRAME_STEP_MS = 1;
/** A frame stamped this far above the range says that a clock has stepped: replies are asked to decide. */
const FRAME_AHEAD_MS = 250;
/** As far below it a frame is late, or the clock has stepped back: replies are asked, too. */
const FRAME_BEHIND_MS = 1_000;
const RESYNC_INTERVAL_MS = 10_000;
const LOGGED_CHANGE_MS = 50;
/** A change of the estimate by more than this is a step of the venue's clock, or time in which this machine slept. */
const STEP_MS = 1_000;
/** Pace of the session's time while the venue's clock, having stepped back, catches up with it. */
const HELD_PACE = 0.5;
const DATE_RESOLUTION_MS = 1_000;

export interface ClockSample {
  /** Venue minus local wall time, ms. */
  readonly offsetMs: number;
  readonly roundTripMs: number;
  /** Half width of the range that the venue's clock must lie in. */
  readonly uncertaintyMs: number;
}

export interface ClockSyncOptions {
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** One small request, timed. */
  readonly probe: (signal: AbortSignal) => Promise<ReplyTiming>;
  /** A probe was refused for good. */
  readonly onFatal: (error: VenueError) => void;
}

interface Bound {
  readonly atMs: number;
  readonly lowMs: number;
  readonly highMs: number;
}

export class ClockSync {
  readonly #options: ClockSyncOptions;
  readonly #ended = new AbortController();
  /** Of replies, oldest first. */
  #bounds: Bound[] = [];
  /** The frame that bounds most from below. */
  #frame: Pick<Bound, 'atMs' | 'lowMs'> | null = null;
  #baseMs: number;
  /** The range of base as it stood at {@link #rangeAtMs}. */
  #lowMs = Number.NEGATIVE_INFINITY;
  #highMs = Infinity;
  #rangeAtMs = 0;
  #resyncedAtMs = Number.NEGATIVE_INFINITY;
  #roundTripMs: number | null = null;
  #loggedOffsetMs: number | null = null;
  #listener: ((sample: ClockSample) => void) | null = null;
  #ready: Promise<void> | null = null;
  #isSyncing = false;
  #sessionMs = Number.NEGATIVE_INFINITY;
  #sessionReadAtMs = 0;

  constructor(options: ClockSyncOptions) {
    this.#options = options;
    // Until the venue has said anything, its clock is taken to be ours.
    this.#baseMs = options.clock.nowMs() - options.clock.monotonicMs();
  }

  /** Resolves once the first estimate stands or could not be had within its budget. Never rejects. */
  get ready(): Promise<void> {
    return this.#ready ?? Promise.resolve();
  }

  /** Venue time as now estimated, integer ms; a correction may move it back. */
  nowMs(): number {
    return Math.floor(this.#options.clock.monotonicMs() + this.#baseMs);
  }

  /**
   * Venue time that never goes back nor stands still, integer ms. Where it lies ahead, because the venue's clock stepped
   * back, it runs at half its pace until that has caught up.
   */
  sessionNowMs(): number {
    const monotonicMs = this.#options.clock.monotonicMs();
    const heldMs = this.#sessionMs + (monotonicMs - this.#sessionReadAtMs) * HELD_PACE;
    this.#sessionMs = Math.max(monotonicMs + this.#baseMs, heldMs);
    this.#sessionReadAtMs = monotonicMs;
    return Math.floor(this.#sessionMs);
  }

  /** Whether the venue has told its time at all. */
  get isKnown(): boolean {
    return this.#roundTripMs !== null;
  }

  /** Venue minus local wall time, ms; null while unknown. */
  get offsetMs(): number | null {
    if (!this.isKnown) return null;
    const { clock } = this.#options;
    return Math.round(clock.monotonicMs() + this.#baseMs - clock.nowMs());
  }

  /** Of the latest reply, ms; null while unknown. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** Half width of the range that the venue's clock must lie in, ms; null while unknown. */
  get uncertaintyMs(): number | null {
    return this.isKnown ? this.#widthMs / 2 : null;
  }

  /** Begins to sample; `listener` set by {@link listen} hears of each estimate. */
  start(): void {
    if (this.#ready !== null) return;
    this.#ready = this.#sync().then(() => {
      this.#publish();
      void this.#repeat();
    });
  }

  stop(): void {
    this.#ended.abort();
    this.#listener = null;
  }

  /** Hears of the standing estimate at once, then of each new one. */
  listen(listener: (sample: ClockSample) => void): void {
    this.#listener = listener;
    const sample = this.#sample();
    if (sample !== null) listener(sample);
  }

  /** Takes what any reply says about the venue's clock. */
  noteReply(timing: ReplyTiming): void {
    if (timing.dateMs === null) return;
    const { dateMs, sentAtMs, receivedAtMs } = timing;
    this.#roundTripMs = receivedAtMs - sentAtMs;
    const isRecent = ({ atMs }: Bound): boolean => receivedAtMs - atMs <= MAX_AGE_MS;
    this.#bounds = this.#bounds.filter(isRecent).slice(1 - MAX_BOUNDS);
    this.#bounds.push({
      atMs: receivedAtMs,
      lowMs: dateMs - receivedAtMs,
      highMs: dateMs + DATE_RESOLUTION_MS - sentAtMs,
    });
    this.#combine(receivedAtMs);
  }

  /** Takes the stamp of a frame received now. Frames narrow the range; only replies move it. */
  noteFrame(exchangeTimeMs: number): void {
    const atMs = this.#options.clock.monotonicMs();
    const lowMs = exchangeTimeMs - atMs;
    const spreadMs = this.#spreadMs(atMs);
    if (!this.isKnown) return;
    if (lowMs < this.#lowMs - spreadMs - FRAME_BEHIND_MS) this.#resync();
    if (lowMs < this.#lowMs - spreadMs + FRAME_STEP_MS) return;
    if (lowMs <= this.#highMs + spreadMs) {
      this.#frame = { atMs, lowMs };
      this.#combine(atMs);
    } else if (lowMs > this.#highMs + spreadMs + FRAME_AHEAD_MS) this.#resync();
  }

  get #widthMs(): number {
    return this.#highMs - this.#lowMs + 2 * this.#spreadMs(this.#options.clock.monotonicMs());
  }

  /** What each end of the range has drifted away since it was found. */
  #spreadMs(nowMs: number): number {
    return (nowMs - this.#rangeAtMs) * DRIFT;
  }

  /** Intersects the bounds, newest first. Older ones that contradict them are of a clock that has stepped since, and go. */
  #combine(nowMs: number): void {
    let lowMs = Number.NEGATIVE_INFINITY;
    let highMs = Infinity;
    let first = this.#bounds.length;
    for (let row = this.#bounds.length - 1; row >= 0; row--) {
      const bound = this.#bounds[row];
      if (bound === undefined) break;
      const spreadMs = (nowMs - bound.atMs) * DRIFT;
      const low = Math.max(lowMs, bound.lowMs - spreadMs);
      const high = Math.min(highMs, bound.highMs + spreadMs);
      if (low > high) break;
      lowMs = low;
      highMs = high;
      first = row;
    }
    // The replies have aged out and frames alone bound nothing from above: the standing estimate holds.
    if (highMs === Infinity) return;
    this.#bounds = this.#bounds.slice(first);
    const frame = this.#frame;
    const frameLowMs = frame === null ? lowMs : frame.lowMs - (nowMs - frame.atMs) * DRIFT;
    const isContradicted = first > 0 || frameLowMs > highMs;
    if (frameLowMs > highMs) this.#frame = null;
    else lowMs = Math.max(lowMs, frameLowMs);
    this.#adopt(lowMs, highMs, nowMs);
    if (isContradicted) this.#resync();
  }

  #adopt(lowMs: number, highMs: number, nowMs: number): void {
    const isFirst = this.#highMs === Infinity;
    const stepMs = (lowMs + highMs) / 2 - this.#baseMs;
    this.#lowMs = lowMs;
    this.#highMs = highMs;
    this.#rangeAtMs = nowMs;
    this.#baseMs += stepMs;
    // What was read before the venue had told its time was a guess, and binds nobody.
    if (isFirst) this.#sessionMs = Number.NEGATIVE_INFINITY;
    else if (Math.abs(stepMs) > STEP_MS) this.#publish();
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#ended;
    for (;;) {
      await pause(this.#options.scheduler, SYNC_INTERVAL_MS, signal);
      if (signal.aborted) return;
      for (let probe = 0; probe < LOOK_PROBES; probe++) {
        await this.#probe(0.5);
        if (signal.aborted || this.#widthMs <= GOOD_WIDTH_MS) break;
      }
      this.#publish();
    }
  }

  /** Looks at the clock at once, for steps, and then narrows the estimate. */
  #resync(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#isSyncing || this.#ready === null || nowMs - this.#resyncedAtMs < RESYNC_INTERVAL_MS) return;
    this.#resyncedAtMs = nowMs;
    void this.#ask()
      .then(() => this.#sync())
      .then(() => {
        if (!this.#ended.signal.aborted) this.#publish();
      });
  }

  /** Probes until the range is narrow, or its budget of time or rounds is spent. */
  async #sync(): Promise<void> {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + SYNC_BUDGET_MS;
    for (let round = 0; round < SYNC_ROUNDS; round++) {
      const isWide = this.isKnown && this.#widthMs > WIDE_MS;
      await Promise.all((isWide ? [0.25, 0.5, 0.75] : [0.5]).map((fraction) => this.#probe(fraction)));
      const isNarrow = this.#widthMs <= GOOD_WIDTH_MS;
      if (this.#ended.signal.aborted || isNarrow || clock.monotonicMs() >= endMs - DATE_RESOLUTION_MS) break;
    }
    this.#isSyncing = false;
  }

  /** Sends one probe so that the venue's second changes while it is on its way, if base lies at this part of the range. */
  async #probe(fraction: number): Promise<void> {
    const { clock, scheduler } = this.#options;
    const { signal } = this.#ended;
    if (this.isKnown) {
      const baseMs = this.#baseMs + (fraction - 0.5) * this.#widthMs;
      const venueMs = clock.monotonicMs() + baseMs + (this.#roundTripMs ?? 0) / 2;
      await pause(scheduler, DATE_RESOLUTION_MS - (venueMs % DATE_RESOLUTION_MS), signal);
    }
    await this.#ask();
  }

  async #ask(): Promise<void> {
    const { probe, logger, onFatal } = this.#options;
    const { signal } = this.#ended;
    if (signal.aborted) return;
    try {
      this.noteReply(await probe(signal));
    } catch (error) {
      if (signal.aborted || !(error instanceof VenueError)) return;
      if (error.errorClass === 'fatal') onFatal(error);
      else logger.log('debug', 'clock_probe_failed', error.message);
    }
  }

  #sample(): ClockSample | null {
    const { offsetMs, roundTripMs, uncertaintyMs } = this;
    return offsetMs === null || roundTripMs === null || uncertaintyMs === null
      ? null
      : { offsetMs, roundTripMs, uncertaintyMs };
  }

  #publish(): void {
    const sample = this.#sample();
    if (sample === null) return;
    this.#listener?.(sample);
    if (this.#loggedOffsetMs !== null && Math.abs(sample.offsetMs - this.#loggedOffsetMs) <= LOGGED_CHANGE_MS)
      return;
    this.#loggedOffsetMs = sample.offsetMs;
    this.#options.logger.log('info', 'time_offset', 'Time offset', {
      offset_ms: sample.offsetMs,
      round_trip_ms: tenths(sample.roundTripMs),
      uncertainty_ms: tenths(sample.uncertaintyMs),
    });
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
