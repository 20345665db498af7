/**
 * One socket of the venue: decodes its frames, hands data on, and says what became of the connection.
 *
 * Invariant: whatever a frame contains, it is either data of a registered stream, a known control frame, an error that is
 * classed, or quarantined and counted. While the session's loop lags by more than {@link CONFLATE_ABOVE_ROWS} rows, of
 * books and tickers only the newest of each stream waits, because each replaces the one before; trades, prices and klines
 * are always handed on. Limit: quarantined and conflated frames are logged at most once in {@link REPORT_EVERY_MS} each,
 * with their number.
 */

import type { FeedState } from '../../core/domain/commands.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import {
  Connection,
  type ConnectionState,
  type ConnectionTimes,
  FRAME_GREETING,
  FRAME_OTHER,
  FRAME_PONG,
} from '../transport/connection.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import type { FrameDecoder } from './decode.ts';
import { type DecodedFrame, FrameKind } from './decoded-frame.ts';
import { pingFrame, subscribeFrame } from './endpoints.ts';
import { errorOfFrame, errorOfHttp, isSymbolError } from './errors.ts';

const REPORT_EVERY_MS = 10_000;
/** Rows that wait for the loop, above which a frame that only replaces an earlier one is held back. */
export const CONFLATE_ABOVE_ROWS = 2_048;
const REPLACEABLE: ReadonlySet<FrameKind> = new Set([FrameKind.book, FrameKind.ticker]);
/** Shortest wait after the venue said that we talk too much. */
const RATE_LIMIT_WAIT_MS = 5_000;

export interface FeedStream {
  readonly symbol: string;
  readonly channel: string;
  /** What its frames decode to, and of which instrument. */
  readonly kind: FrameKind;
  readonly instrument: number;
  readonly silenceMs: number | null;
}

export interface MarketFeedOptions {
  readonly feed: FeedState['feed'];
  /** The name in the log line that scripts look for. */
  readonly title: string;
  readonly url: string;
  readonly streams: readonly FeedStream[];
  readonly decoder: FrameDecoder;
  readonly inlet: EventInlet;
  readonly logger: Logger;
  readonly clock: WallClock;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  /** Venue time. */
  readonly nowMs: () => number;
  /** Takes a data frame; false where its stamp cannot be: it is quarantined then. */
  readonly onData: (frame: DecodedFrame) => boolean;
  readonly onConnected: (isReconnect: boolean) => void;
  readonly onFatal: (error: VenueError) => void;
  readonly onLost: (detail: string) => void;
  readonly times?: Partial<ConnectionTimes>;
}

export interface FeedHealth {
  readonly state: ConnectionState;
  /** Since the last data frame; null before the first. */
  readonly ageMs: number | null;
  readonly reconnects: number;
  readonly gaps: number;
  /** Books and tickers that a newer one replaced before the session's loop could take them. */
  readonly conflated: number;
}

export class MarketFeed {
  readonly #options: MarketFeedOptions;
  readonly #connection: Connection;
  /** Stream index of (kind, instrument). */
  readonly #streamOf = new Map<number, number>();
  #lostAtMs: number | null = null;
  #losses = 0;
  #refused = 0;
  #unreported = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  /** Bytes of the newest frame of a stream that waits for the loop, by stream. */
  readonly #held = new Map<number, Buffer>();
  #isDrainAwaited = false;
  #conflated = 0;
  #conflatedSaid = 0;
  #conflatedSaidAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: MarketFeedOptions) {
    this.#options = options;
    const { streams, url, clock, scheduler, random, nowMs, times } = options;
    for (const [index, stream] of streams.entries())
      this.#streamOf.set(streamKey(stream.kind, stream.instrument), index);
    this.#connection = new Connection({
      url,
      clock,
      scheduler,
      random,
      ...(times === undefined ? {} : { times }),
      protocol: {
        streams: streams.map(({ symbol, channel, silenceMs }) => ({
          name: `${channel} ${symbol}`,
          silenceMs,
        })),
        pingFrame: () => pingFrame(Math.floor(nowMs() / 1_000)),
        subscribeFrame: (wanted) => subscribeFrame(streams.filter((_, index) => wanted.includes(index))),
        classifyRefusal: (status, headers, body) =>
          errorOfHttp(status, (name) => first(headers[name]), body, `${options.title} upgrade`),
      },
      callbacks: {
        onFrame: (bytes) => this.#receive(bytes),
        onState: (state, detail) => this.#changed(state, detail),
        onFatal: options.onFatal,
        onLost: options.onLost,
      },
    });
  }

  /** Frames quarantined so far. */
  get refused(): number {
    return this.#refused;
  }

  start(): void {
    this.#connection.start();
  }

  stop(): Promise<void> {
    this.#dropHeld();
    return this.#connection.stop();
  }

  /** Ends for good, and says so: the data it brought will not come any more. */
  abandon(detail: string): void {
    const wasUp = this.#connection.state !== 'disconnected';
    void this.stop();
    if (wasUp) this.#changed('disconnected', detail);
  }

  /** `gaps`: times that an established connection was lost. */
  health(): FeedHealth {
    const { state, dataAgeMs, reconnects } = this.#connection;
    return {
      state,
      ageMs: dataAgeMs === null ? null : Math.round(dataAgeMs),
      reconnects,
      gaps: this.#losses,
      conflated: this.#conflated,
    };
  }

  #receive(bytes: Buffer): number {
    const frame = this.#options.decoder.decode(bytes);
    switch (frame.kind) {
      case FrameKind.greeting:
        return FRAME_GREETING;
      case FrameKind.pong:
        return FRAME_PONG;
      case FrameKind.control:
        this.#control(frame.document);
        return FRAME_OTHER;
      case FrameKind.refused:
        this.#quarantine(frame.reason ?? 'unknown');
        return FRAME_OTHER;
      case FrameKind.book:
      case FrameKind.trades:
      case FrameKind.price:
      case FrameKind.ticker:
      case FrameKind.kline: {
        const stream = this.#streamOf.get(streamKey(frame.kind, frame.instrument));
        if (stream === undefined) {
          this.#quarantine('a stream that was not subscribed');
          return FRAME_OTHER;
        }
        const isLagging = this.#held.has(stream) || this.#options.inlet.waitingRows > CONFLATE_ABOVE_ROWS;
        if (isLagging && REPLACEABLE.has(frame.kind)) this.#hold(stream, bytes);
        else this.#handOn(frame);
        return stream;
      }
    }
  }

  #handOn(frame: DecodedFrame): void {
    if (!this.#options.onData(frame)) this.#quarantine("a stamp ahead of the venue's clock");
  }

  /** Keeps the frame until the loop has caught up, in place of the one that waits already. */
  #hold(stream: number, bytes: Buffer): void {
    if (this.#held.has(stream)) this.#conflated++;
    // The connection's buffer is valid during the call only.
    this.#held.set(stream, Buffer.from(bytes));
    if (this.#isDrainAwaited) return;
    this.#isDrainAwaited = true;
    this.#options.inlet.whenDrained(() => this.#releaseHeld());
  }

  #releaseHeld(): void {
    const { decoder } = this.#options;
    this.#isDrainAwaited = false;
    const frames = [...this.#held.values()];
    this.#held.clear();
    for (const bytes of frames) this.#handOn(decoder.decode(bytes));
    this.#sayConflated();
  }

  /** A frame from before a loss must not be handed on after it. */
  #dropHeld(): void {
    this.#conflated += this.#held.size;
    this.#held.clear();
  }

  #sayConflated(): void {
    const { clock, logger, feed } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#conflated === this.#conflatedSaid || nowMs - this.#conflatedSaidAtMs < REPORT_EVERY_MS) return;
    logger.log('warning', 'frames_conflated', 'Frames conflated: the session lags behind the market', {
      feed,
      frames: this.#conflated - this.#conflatedSaid,
      total: this.#conflated,
    });
    this.#conflatedSaid = this.#conflated;
    this.#conflatedSaidAtMs = nowMs;
  }

  #control(document: unknown): void {
    const { logger, onFatal, feed } = this.#options;
    const error = errorOfFrame(document);
    if (error === null) return;
    if (isSymbolError(error)) {
      onFatal(new VenueError('fatal', error.code, error.message, { cause: error }));
    } else if (error.errorClass === 'fatal') {
      onFatal(error);
    } else if (error.errorClass === 'rate_limit') {
      this.#connection.restart(error.message, Math.max(RATE_LIMIT_WAIT_MS, error.retryAfterMs ?? 0));
    } else {
      // The streams' own timers decide whether anything is wrong with the line.
      logger.log('warning', 'venue_error_frame', error.message, { feed });
    }
  }

  #quarantine(reason: string): void {
    const { clock, logger, inlet, feed } = this.#options;
    this.#refused++;
    this.#unreported++;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#reportedAtMs < REPORT_EVERY_MS) return;
    this.#reportedAtMs = nowMs;
    logger.log('warning', 'frame_refused', 'Frame refused', { feed, reason, frames: this.#unreported });
    const timeMs = inlet.nowMs();
    inlet.open(1).appendQuality(timeMs, {
      fromMs: timeMs,
      toMs: timeMs,
      instrument: 0,
      feed,
      kind: 'malformed',
      detail: `${this.#unreported} frames refused, last: ${reason}`,
      backfilled: false,
    });
    inlet.ready();
    this.#unreported = 0;
  }

  #changed(state: ConnectionState, detail: string | null): void {
    const { feed, title, logger, inlet, onConnected } = this.#options;
    const { reconnects } = this.#connection;
    const nowMs = inlet.nowMs();
    this.#dropHeld();
    const feedState: FeedState = { feed, state, reconnects, detail };
    inlet.open(1).appendFeed(nowMs, feedState);
    if (state === 'connected') {
      logger.log('info', `${feed}_ws_connected`, `Connected to ${title}`, { reconnects });
      if (this.#lostAtMs !== null) this.#recordReconnect(this.#lostAtMs, nowMs);
      this.#lostAtMs = null;
    } else if (state === 'disconnected') {
      logger.log('warning', `${feed}_ws_disconnected`, `Disconnected from ${title}`, { detail });
      if (this.#lostAtMs === null) {
        this.#lostAtMs = nowMs;
        this.#losses++;
      }
    }
    inlet.ready();
    if (state === 'connected') onConnected(reconnects > 0);
  }

  #recordReconnect(fromMs: number, toMs: number): void {
    const { feed, inlet } = this.#options;
    inlet.open(1).appendQuality(toMs, {
      fromMs,
      toMs,
      instrument: 0,
      feed,
      kind: 'reconnect',
      detail: `${feed} connection was down`,
      backfilled: false,
    });
  }
}

function streamKey(kind: FrameKind, instrument: number): number {
  return kind * 256 + instrument;
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
