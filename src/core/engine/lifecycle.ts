/**
 * The session's states: starting -> warming -> running <-> halted -> stopping -> ended.
 *
 * warming until history, book and prices are there; halted while a book is stale; stopping cancels and closes as asked
 * and waits for it, at most {@link STOP_LIMIT_MS}. An end that should be flat and is not never counts as a success.
 */

import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { formatQuantity } from '../domain/instrument.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { LifecycleState, LogLevel } from '../domain/outputs.ts';
import type { DenialReason, StoppedReason } from '../domain/reasons.ts';
import type { SessionStart } from '../domain/session-start.ts';
import type { EngineParts } from './engine-parts.ts';
import type { FundingDesk } from './funding-desk.ts';
import type { OrderDesk } from './order-desk.ts';

/** How long a stop may wait for its closing fills and for the rate of a settlement just passed. */
const STOP_LIMIT_MS = 8 * SECOND_MS;
/** How often a stop looks whether it is done. */
export const STOP_STEP_MS = 50;
/** Closing orders are sent again after this long without becoming flat. */
const CLOSE_RETRY_MS = SECOND_MS;
/** A session ends when its market data is this many stale timeouts old. */
const LOST_AFTER_TIMEOUTS = 10;

/** Ends that cannot wait for a market that may never come back. */
const LAST_BOOK_REASONS: ReadonlySet<StoppedReason> = new Set([
  'venue_fatal',
  'market_data_lost',
  'kill_switch',
]);

interface Stop {
  readonly reason: StoppedReason;
  readonly detail: string | null;
  readonly isFlattening: boolean;
  deadlineMs: number;
  closedAtMs: number;
}

export class Lifecycle {
  state: LifecycleState = 'starting';
  reason: string | null = null;
  startedMs = Number.NaN;
  /** When the session began to run; NaN before. */
  runningMs = Number.NaN;
  endReason: StoppedReason | null = null;
  endDetail: string | null = null;
  /** An operator keeps new orders from leaving; what works at the exchange stays there. */
  isPaused = false;
  /** The end of the last time in which the program did not run; nothing of its own happens before. */
  awayUntilMs = Number.NEGATIVE_INFINITY;
  #plannedEndMs: number | null = Number.NaN;
  #stop: Stop | null = null;
  #staleSinceMs = Number.NaN;
  #warmthSaidMs = Number.NEGATIVE_INFINITY;
  readonly #start: SessionStart;
  readonly #parts: EngineParts;
  readonly #desk: OrderDesk;
  readonly #funding: FundingDesk;
  readonly #outputs: OutputBuffer;

  constructor(
    start: SessionStart,
    parts: EngineParts,
    desk: OrderDesk,
    funding: FundingDesk,
    outputs: OutputBuffer,
  ) {
    this.#start = start;
    this.#parts = parts;
    this.#desk = desk;
    this.#funding = funding;
    this.#outputs = outputs;
  }

  /** Beyond this age a book is no market. */
  get staleMs(): number {
    return this.#start.stale_timeout_ms;
  }

  get isTrading(): boolean {
    return this.state === 'running' && !this.isPaused;
  }

  /** When the session ends by itself; null for one without an end of its own, NaN before it has begun. */
  get plannedEndMs(): number | null {
    return this.#plannedEndMs;
  }

  /** Whether the planned end has come. */
  isOver(nowMs: number): boolean {
    return this.#plannedEndMs !== null && nowMs >= this.#plannedEndMs;
  }

  /** Whether the program was away and its market is not known again yet. */
  get isAway(): boolean {
    return this.state === 'warming' && !Number.isNaN(this.runningMs);
  }

  /** Whether orders at the exchange can fill: also while stopping, so that closing orders do. */
  get canFill(): boolean {
    return this.state === 'running' || this.state === 'stopping';
  }

  begin(nowMs: number): void {
    this.startedMs = nowMs;
    this.#enter(nowMs, 'warming', 'loading history');
  }

  /** Sets the length of the session, counted from its start; returns when it ends, null for never. */
  planEnd(durationMs: number | null): number | null {
    this.#plannedEndMs = durationMs === null ? null : this.startedMs + durationMs;
    return this.#plannedEndMs;
  }

  /** The program did not run from now until `untilMs`: a session that ran warms up again, one that was ending goes on with it. */
  leave(nowMs: number, untilMs: number): void {
    this.awayUntilMs = untilMs;
    this.#noteStale(nowMs);
    if (this.state === 'running' || this.state === 'halted') this.#enter(nowMs, 'warming', 'resuming');
    if (this.#stop !== null) {
      this.#stop.deadlineMs = untilMs + STOP_LIMIT_MS;
      this.#stop.closedAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Begins to run, or runs again, once everything is there; returns whether it did so now. */
  checkWarm(nowMs: number): boolean {
    if (this.state !== 'warming' || nowMs < this.awayUntilMs) return false;
    const needsBook = this.#start.fill_model === 'book';
    for (const market of this.#parts.markets) {
      if (market.bars.length < this.#parts.neededBars) return false;
      if (needsBook ? market.midX2 === null : market.lastPriceOrMid === null) return false;
      if (market.valuationPrice === null) return false;
    }
    const isAgain = this.isAway;
    this.#enter(nowMs, 'running', null);
    if (isAgain) {
      const awayMs = nowMs - this.awayUntilMs;
      this.#log(nowMs, 'info', 'session_resumed', 'Trading goes on after an interruption', {
        after_ms: awayMs,
      });
      return true;
    }
    this.runningMs = nowMs;
    const bars = Math.min(...this.#parts.markets.map((market) => market.bars.length));
    this.#log(nowMs, 'info', 'warmup_complete', 'WARMUP_COMPLETE', { bars });
    return true;
  }

  pause(nowMs: number, isPaused: boolean): void {
    this.isPaused = isPaused;
    this.#log(
      nowMs,
      'info',
      isPaused ? 'paused' : 'resumed',
      isPaused ? 'Trading paused' : 'Trading resumed',
      {},
    );
  }

  /** Why no order of this instrument may leave now: state, pause, a book that cannot be trusted, bars that are missing. */
  refusal(nowMs: number, instrument: number): DenialReason | null {
    const limitMs = this.#start.stale_timeout_ms;
    if (this.state === 'halted') return { code: 'market_data_stale', ageMs: this.#bookAgeMs(nowMs), limitMs };
    if (this.state !== 'running') return { code: 'not_running', state: this.state };
    if (this.isPaused) return { code: 'paused' };
    const market = this.#parts.markets[instrument];
    if (this.#start.fill_model === 'book' && market !== undefined && !market.isBookValid) {
      return { code: 'market_data_stale', ageMs: nowMs - market.bookTimeMs, limitMs };
    }
    return null;
  }

  /** Halts on stale books, resumes on fresh ones, ends when the data is lost for good. */
  checkStale(nowMs: number): void {
    if (this.#start.fill_model !== 'book') return;
    if (this.isAway) this.#checkReturn(nowMs);
    if (this.state !== 'running' && this.state !== 'halted') return;
    const ageMs = this.#bookAgeMs(nowMs);
    const limitMs = this.#start.stale_timeout_ms;
    if (this.state === 'running' && ageMs > limitMs) {
      this.#staleSinceMs = nowMs - ageMs;
      this.#distrustStaleBooks(nowMs);
      this.#enter(nowMs, 'halted', 'ORDER_BOOK_STALE');
      this.#log(nowMs, 'warning', 'order_book_stale', 'ORDER_BOOK_STALE', {
        age_ms: ageMs,
        limit_ms: limitMs,
      });
    } else if (this.state === 'halted' && ageMs <= limitMs) {
      this.#noteStale(nowMs);
      this.#enter(nowMs, 'running', null);
      this.#log(nowMs, 'info', 'order_book_fresh', 'Market data is fresh again; trading resumes', {
        age_ms: ageMs,
      });
    } else if (ageMs > limitMs * LOST_AFTER_TIMEOUTS) {
      this.#noteStale(nowMs);
      const isFlattening = this.#start.on_end === 'flatten';
      this.stop(
        nowMs,
        'market_data_lost',
        `no order book for ${Math.round(ageMs / SECOND_MS)} s`,
        isFlattening,
      );
    }
  }

  /** After an interruption the market must be there again as soon as after any other loss of it. */
  #checkReturn(nowMs: number): void {
    const waitedMs = nowMs - this.awayUntilMs;
    if (waitedMs <= this.#start.stale_timeout_ms * LOST_AFTER_TIMEOUTS) return;
    const detail = `no order book for ${Math.round(waitedMs / SECOND_MS)} s after an interruption`;
    this.stop(nowMs, 'market_data_lost', detail, this.#start.on_end === 'flatten');
  }

  /** Begins to stop. A second, more urgent reason replaces an orderly one that is still under way. */
  stop(nowMs: number, reason: StoppedReason, detail: string | null, isFlattening: boolean): void {
    if (this.state === 'ended') return;
    if (this.#stop !== null && reason !== 'kill_switch') return;
    const hasTraded = !Number.isNaN(this.runningMs);
    const isClosing = isFlattening && hasTraded;
    this.#stop = {
      reason,
      detail,
      isFlattening: isClosing,
      deadlineMs: nowMs + STOP_LIMIT_MS,
      closedAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#enter(nowMs, 'stopping', reason);
    this.#log(nowMs, 'info', 'stopping', `Stopping: ${reason}`, { reason, detail });
    if (isClosing) {
      this.#parts.exchange.endBars();
      if (LAST_BOOK_REASONS.has(reason)) this.#trustLastBooks(nowMs);
      this.#desk.cancelAll('session_end');
    }
  }

  /** Moves a stop on; returns whether the session ended. */
  step(nowMs: number): boolean {
    const stop = this.#stop;
    if (stop === null || this.state === 'ended') return false;
    const { account, exchange } = this.#parts;
    if (
      stop.isFlattening &&
      exchange.workingCount === 0 &&
      !account.isFlat &&
      nowMs - stop.closedAtMs >= CLOSE_RETRY_MS
    ) {
      stop.closedAtMs = nowMs;
      this.#desk.closePositions(stop.reason === 'kill_switch' ? 'kill_switch' : 'session_end');
    }
    const isClosed = !stop.isFlattening || (exchange.workingCount === 0 && account.isFlat);
    const isSettled = !this.#funding.isWaiting(nowMs);
    if ((isClosed && isSettled) || nowMs >= stop.deadlineMs) {
      this.end(
        nowMs,
        isClosed ? stop.reason : unflatReason(stop.reason),
        isClosed ? stop.detail : this.#heldText(),
      );
      return true;
    }
    return false;
  }

  /** Ends at once, whatever is open. */
  end(nowMs: number, reason: StoppedReason, detail: string | null): void {
    if (this.state === 'ended') return;
    this.#noteStale(nowMs);
    this.endReason = reason;
    this.endDetail = detail;
    this.#enter(nowMs, 'ended', reason);
    this.#outputs.push({ type: 'ended', timeMs: nowMs, reason, detail });
  }

  /** Orders that are still on their way must not meet a stale book: the next frame makes it good again. */
  #distrustStaleBooks(nowMs: number): void {
    for (const market of this.#parts.markets) {
      if (nowMs - market.bookTimeMs > this.#start.stale_timeout_ms) market.isBookValid = false;
    }
  }

  /** Books that cannot be trusted any more are taken as they last were; what is closed on them is marked. */
  #trustLastBooks(nowMs: number): void {
    for (const market of this.#parts.markets) {
      if (market.isBookValid || !market.trustLastBook()) continue;
      const { symbol } = market.instrument;
      const ageMs = nowMs - market.bookTimeMs;
      this.#log(nowMs, 'warning', 'last_good_book', `Closing ${symbol} on its last good book`, {
        symbol,
        age_ms: ageMs,
      });
    }
  }

  #enter(nowMs: number, state: LifecycleState, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    this.#outputs.push({ type: 'lifecycle', timeMs: nowMs, state, reason });
  }

  /** Says once a minute why nothing trades yet. */
  sayWarmth(nowMs: number): void {
    if (this.state !== 'warming' || nowMs - this.#warmthSaidMs < MINUTE_MS) return;
    this.#warmthSaidMs = nowMs;
    const bars = Math.min(...this.#parts.markets.map((market) => market.bars.length));
    const needed = this.#parts.neededBars;
    this.reason = bars < needed ? `history has ${bars} of ${needed} bars` : 'waiting for a book and a price';
    this.#log(nowMs, 'info', 'warming', `Warming up: ${this.reason}`, { bars, needed });
  }

  #bookAgeMs(nowMs: number): number {
    return Math.max(...this.#parts.markets.map((market) => nowMs - market.bookTimeMs));
  }

  #noteStale(nowMs: number): void {
    if (Number.isNaN(this.#staleSinceMs)) return;
    const record = {
      fromMs: this.#staleSinceMs,
      toMs: nowMs,
      instrument: 0,
      feed: 'ticker',
      kind: 'stale',
      detail: 'no valid order book; trading was halted',
      backfilled: false,
    } as const;
    this.#staleSinceMs = Number.NaN;
    this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
  }

  #heldText(): string {
    const held = this.#parts.account.positions.filter((position) => position.quantity !== 0);
    const parts = held.map(
      ({ instrument, quantity }) => `${formatQuantity(instrument, quantity)} ${instrument.symbol}`,
    );
    return `could not close in ${STOP_LIMIT_MS / SECOND_MS} s: ${parts.length === 0 ? 'working orders' : parts.join(', ')} left open`;
  }

  #log(
    nowMs: number,
    level: LogLevel,
    event: string,
    msg: string,
    fields: Readonly<Record<string, string | number | null>>,
  ): void {
    this.#outputs.push({ type: 'log', timeMs: nowMs, level, event, msg, fields });
  }

  save() {
    return {
      state: this.state,
      reason: this.reason,
      startedMs: this.startedMs,
      runningMs: this.runningMs,
      endReason: this.endReason,
      endDetail: this.endDetail,
      isPaused: this.isPaused,
      awayUntilMs: this.awayUntilMs,
      plannedEndMs: this.#plannedEndMs,
      stop: this.#stop === null ? null : { ...this.#stop },
      staleSinceMs: this.#staleSinceMs,
      warmthSaidMs: this.#warmthSaidMs,
    };
  }

  restore(state: ReturnType<Lifecycle['save']>): void {
    this.state = state.state;
    this.reason = state.reason;
    this.startedMs = state.startedMs;
    this.runningMs = state.runningMs;
    this.endReason = state.endReason;
    this.endDetail = state.endDetail;
    this.isPaused = state.isPaused;
    this.awayUntilMs = state.awayUntilMs;
    this.#plannedEndMs = state.plannedEndMs;
    this.#stop = state.stop;
    this.#staleSinceMs = state.staleSinceMs;
    this.#warmthSaidMs = state.warmthSaidMs;
  }
}

/** An end that was to be flat and is not: an orderly one becomes lost market data, a worse one keeps its own reason. */
function unflatReason(reason: StoppedReason): StoppedReason {
  switch (reason) {
    case 'duration_reached':
    case 'recording_ended':
    case 'stop_requested':
    case 'signal':
      return 'market_data_lost';
    default:
      return reason;
  }
}
