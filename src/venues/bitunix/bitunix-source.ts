/**
 * The live venue as a session uses it: contracts, history, and two sockets of public market data.
 *
 * Invariant: a fatal refusal, wherever it is met first, is told once and ends every request, socket and timer of this
 * client; no new connection is tried after it. Nothing here can place a real order: no request is signed.
 */

import { type Interval, type VenueInterval, intervalMs, isVenueInterval } from '../../core/base/time.ts';
import type { FeedState } from '../../core/domain/commands.ts';
import type { BarFields } from '../../core/domain/event-block.ts';
import type { Instrument, InstrumentSpec } from '../../core/domain/instrument.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { WallClock } from '../../ports/wall-clock.ts';
import type { ConnectionTimes } from '../transport/connection.ts';
import { type Scheduler, systemScheduler } from '../transport/scheduler.ts';
import { ClockSync } from './clock-sync.ts';
import { createFrameDecoder } from './decode.ts';
import { type DecodedFrame, FrameKind } from './decoded-frame.ts';
import { isSymbolError } from './errors.ts';
import { FullBookWatch } from './full-book-watch.ts';
import { FundingWatch } from './funding-watch.ts';
import { KlineTracker } from './kline-tracker.ts';
import { type FeedHealth, type FeedStream, MarketFeed } from './market-feed.ts';
import { klineStreams, tickerStreams } from './market-streams.ts';
import { appendBook, appendPrice, appendTicker, appendTrades } from './normalize.ts';
import { OutageWatch } from './outage-watch.ts';
import { RestClient } from './rest-client.ts';
import { TradeReplay } from './trade-replay.ts';

/** A stamp further ahead of the estimated venue time is a broken frame: one alone could close a bar too early. */
const MAX_STAMP_AHEAD_MS = 2_000;
/** Holes of the history that are asked for a second time. */
const MAX_HISTORY_HOLES = 10;

export interface BitunixVenueOptions {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly logger: Logger;
  readonly clock: WallClock;
  /** Uniform in [0, 1): jitter of waits. */
  readonly random: () => number;
  readonly scheduler?: Scheduler;
  /** How often the full book of each contract is fetched; absent or null: never. */
  readonly fullBookIntervalMs?: number | null;
  /** Deadlines of the sockets, where they should differ from the venue's recipe. */
  readonly times?: Partial<ConnectionTimes>;
}

export interface VenueCallbacks {
  /** The venue refused us for good; the client has ended. Called once. */
  onFatal(error: VenueError): void;
  /** A socket could not be had for long; attempts go on until {@link BitunixVenue.stop}. */
  onLost(feed: FeedState['feed'], detail: string): void;
  /** The market was not heard for whole minutes, session time; books and prices wait until what happened then is told. */
  readonly onOutage?: (fromMs: number, toMs: number, signal: AbortSignal) => Promise<void>;
  /** Funding settlements after this are brought in, venue time; default: from now on. */
  readonly fundingSinceMs?: number;
}

export interface BitunixVenue {
  /** The venue's clock, sampling from the beginning; await `clock.ready` before trusting `nowMs()`. */
  readonly clock: ClockSync;
  readonly rest: RestClient;
  /** Describes a contract. Throws a fatal VenueError naming the symbol where it is unknown or not open to API trading. */
  instrument(symbol: string): Promise<InstrumentSpec>;
  /** The newest `bars` closed bars, oldest first; fewer where the venue has fewer. Empty below one minute. */
  history(instrument: Instrument, interval: Interval, bars: number): Promise<BarFields[]>;
  /** Hands the inlet what was still to be said of the stream when the session ends: gaps that are being filled. */
  settle(): void;
  /** Opens both sockets; events go to the inlet until {@link BitunixVenue.stop}. May be called once. */
  start(
    instruments: readonly Instrument[],
    interval: Interval | null,
    inlet: EventInlet,
    callbacks: VenueCallbacks,
  ): void;
  stop(): Promise<void>;
  feeds(): { readonly kline: FeedHealth; readonly ticker: FeedHealth };
}

/** Connects to nothing but the clock's first probes; returns at once. */
export function openBitunixVenue(options: BitunixVenueOptions): BitunixVenue {
  return new LiveVenue(options);
}

const NO_FEED: FeedHealth = { state: 'disconnected', ageMs: null, reconnects: 0, gaps: 0, conflated: 0 };

class LiveVenue implements BitunixVenue {
  readonly clock: ClockSync;
  readonly rest: RestClient;
  readonly #options: BitunixVenueOptions;
  readonly #scheduler: Scheduler;
  /** Open time of the newest bar handed out as history, by symbol and interval. */
  readonly #historyEndMs = new Map<string, number>();
  readonly #watches: FundingWatch[] = [];
  readonly #books: FullBookWatch[] = [];
  readonly #trackers: KlineTracker[] = [];
  readonly #replays: TradeReplay[] = [];
  /** Whether a market was ever shown, by instrument. */
  readonly #hasBook: boolean[] = [];
  #outage: OutageWatch | null = null;
  #klineFeed: MarketFeed | null = null;
  #tickerFeed: MarketFeed | null = null;
  #callbacks: VenueCallbacks | null = null;
  #fatal: VenueError | null = null;

  constructor(options: BitunixVenueOptions) {
    this.#options = options;
    const { restUrl, clock, random, logger } = options;
    const scheduler = options.scheduler ?? systemScheduler;
    this.#scheduler = scheduler;
    const onReply = (timing: Parameters<ClockSync['noteReply']>[0]): void => this.clock.noteReply(timing);
    this.rest = new RestClient({ restUrl, clock, scheduler, random, onReply });
    this.clock = new ClockSync({
      clock,
      scheduler,
      logger,
      probe: (signal) => this.rest.probe(signal),
      onFatal: (error) => this.#fail(error),
    });
    this.clock.start();
  }

  async instrument(symbol: string): Promise<InstrumentSpec> {
    return this.#guard(() => this.rest.instrument(symbol));
  }

  async history(instrument: Instrument, interval: Interval, bars: number): Promise<BarFields[]> {
    if (!isVenueInterval(interval)) return [];
    return this.#guard(async () => {
      await this.clock.ready;
      const lengthMs = intervalMs(interval);
      const nowMs = this.clock.nowMs();
      const endMs = Math.floor(nowMs / lengthMs) * lengthMs;
      const fetched = await this.rest.bars(instrument, interval, endMs - bars * lengthMs, endMs, nowMs);
      const complete = await this.#fillHoles(instrument, interval, fetched, nowMs);
      const last = complete.at(-1);
      if (last !== undefined) this.#historyEndMs.set(`${instrument.symbol} ${interval}`, last.openTimeMs);
      return complete;
    });
  }

  start(
    instruments: readonly Instrument[],
    interval: Interval | null,
    inlet: EventInlet,
    callbacks: VenueCallbacks,
  ): void {
    this.#callbacks = callbacks;
    if (this.#fatal !== null) {
      callbacks.onFatal(this.#fatal);
      return;
    }
    const outage = new OutageWatch({
      inlet,
      tell: callbacks.onOutage ?? null,
      onOpen: () => this.#distrust(inlet),
      onFatal: (error) => this.#fail(error),
    });
    this.#outage = outage;
    const barInterval = interval !== null && isVenueInterval(interval) ? interval : null;
    this.clock.listen(({ offsetMs, roundTripMs, uncertaintyMs }) => {
      inlet.open(1).appendClock(inlet.nowMs(), offsetMs, roundTripMs, uncertaintyMs);
      inlet.ready();
    });
    for (const instrument of instruments) {
      this.#watches.push(this.#watchOf(instrument, inlet, callbacks.fundingSinceMs));
      this.#watchBook(instrument, inlet);
      this.#replays.push(new TradeReplay());
      this.#hasBook.push(false);
      if (barInterval !== null) this.#trackers.push(this.#trackerOf(instrument, barInterval, inlet));
    }
    this.#klineFeed = this.#feedOf(
      'kline',
      instruments,
      klineStreams(instruments, barInterval ?? '1m'),
      inlet,
      (frame) => {
        this.#trackers[frame.instrument]?.noteFrame(frame);
      },
    );
    this.#tickerFeed = this.#feedOf('ticker', instruments, tickerStreams(instruments), inlet, (frame) => {
      const isHeard = outage.hear();
      // A print that is not handed on would be lost; without a book it fills nothing.
      if (isHeard || frame.kind === FrameKind.trades) this.#marketFrame(frame, instruments, inlet);
    });
    this.#klineFeed.start();
    this.#tickerFeed.start();
  }

  async stop(): Promise<void> {
    this.#callbacks = null;
    await this.#end(new VenueError('request', null, 'the venue client was stopped'));
  }

  feeds(): { readonly kline: FeedHealth; readonly ticker: FeedHealth } {
    const kline = this.#klineFeed?.health() ?? NO_FEED;
    const gaps = this.#trackers.reduce((sum, tracker) => sum + tracker.gaps, 0);
    return { kline: { ...kline, gaps }, ticker: this.#tickerFeed?.health() ?? NO_FEED };
  }

  /** Asks once more for the bars that a walk left out between others, and says which the venue does not have. */
  async #fillHoles(
    instrument: Instrument,
    interval: VenueInterval,
    bars: readonly BarFields[],
    nowMs: number,
  ): Promise<BarFields[]> {
    const lengthMs = intervalMs(interval);
    const complete: BarFields[] = [];
    let holes = 0;
    for (const bar of bars) {
      const previous = complete.at(-1);
      const fromMs = previous === undefined ? bar.openTimeMs : previous.openTimeMs + lengthMs;
      if (fromMs < bar.openTimeMs && holes++ < MAX_HISTORY_HOLES) {
        const found = await this.rest.bars(instrument, interval, fromMs, bar.openTimeMs, nowMs);
        complete.push(...found);
        const missing = Math.round((bar.openTimeMs - fromMs) / lengthMs) - found.length;
        if (missing > 0) {
          this.#options.logger.log('warning', 'gap_detected', 'Gap detected!', {
            symbol: instrument.symbol,
            from: fromMs,
            to: bar.openTimeMs,
            missing,
          });
        }
      }
      complete.push(bar);
    }
    return complete;
  }

  #watchOf(instrument: Instrument, inlet: EventInlet, sinceMs: number | undefined): FundingWatch {
    return new FundingWatch({
      instrument,
      sinceMs: sinceMs ?? this.clock.nowMs(),
      inlet,
      scheduler: this.#scheduler,
      logger: this.#options.logger,
      nowMs: () => this.clock.nowMs(),
      // What was held at a settlement is known once the time before it is.
      history: (afterMs) =>
        this.#outage?.isOpen === true
          ? Promise.resolve([])
          : this.rest.fundingHistory(instrument.symbol, afterMs),
      onFatal: (error) => this.#fail(error),
    });
  }

  #watchBook(instrument: Instrument, inlet: EventInlet): void {
    const { fullBookIntervalMs, logger } = this.#options;
    if (fullBookIntervalMs === undefined || fullBookIntervalMs === null) return;
    const watch = new FullBookWatch({
      instrument,
      intervalMs: fullBookIntervalMs,
      inlet,
      logger,
      scheduler: this.#scheduler,
      fetchBook: (signal) => this.rest.depth(instrument.symbol, 'max', signal),
      onFatal: (error) => this.#fail(error),
    });
    this.#books.push(watch);
  }

  #trackerOf(instrument: Instrument, interval: VenueInterval, inlet: EventInlet): KlineTracker {
    const { clock, logger } = this.#options;
    return new KlineTracker({
      instrument,
      lengthMs: intervalMs(interval),
      lastOpenMs: this.#historyEndMs.get(`${instrument.symbol} ${interval}`) ?? null,
      inlet,
      logger,
      clock,
      scheduler: this.#scheduler,
      // A frame of a later bar proved that the bars before `endMs` are closed, whatever our estimate of the time is.
      fetchBars: (fromMs, endMs, signal) =>
        this.rest.bars(instrument, interval, fromMs, endMs, endMs, signal),
      onFatal: (error) => this.#fail(error),
    });
  }

  #feedOf(
    feed: FeedState['feed'],
    instruments: readonly Instrument[],
    streams: readonly FeedStream[],
    inlet: EventInlet,
    onData: (frame: DecodedFrame) => void,
  ): MarketFeed {
    const { wsUrl, logger, clock, random, times } = this.#options;
    return new MarketFeed({
      feed,
      title: feed === 'kline' ? 'Kline WS' : 'Ticker WS',
      url: wsUrl,
      streams,
      decoder: createFrameDecoder(instruments),
      inlet,
      logger,
      clock,
      scheduler: this.#scheduler,
      random,
      ...(times === undefined ? {} : { times }),
      nowMs: () => this.clock.nowMs(),
      onData: (frame) => {
        this.clock.noteFrame(frame.exchangeTimeMs);
        // After a step of the venue's clock the stamps are believed as soon as its replies confirm it.
        const isPossible =
          !this.clock.isKnown || frame.exchangeTimeMs <= this.clock.nowMs() + MAX_STAMP_AHEAD_MS;
        if (isPossible) onData(frame);
        return isPossible;
      },
      onConnected: (isReconnect) => {
        if (feed !== 'ticker' || !isReconnect) return;
        for (const replay of this.#replays) replay.noteReconnect();
      },
      onFatal: (error) => this.#fail(error),
      onLost: (detail) => this.#callbacks?.onLost(feed, detail),
    });
  }

  #marketFrame(frame: DecodedFrame, instruments: readonly Instrument[], inlet: EventInlet): void {
    const { instrument } = frame;
    if (frame.kind === FrameKind.book) {
      const isEmpty = frame.bids + frame.asks === 0;
      if (isEmpty && frame.emptyLevels > 0 && this.#hasBook[instrument] !== true) {
        // How the venue answers a symbol it does not have: one frame of empty levels, then silence.
        const symbol = instruments[instrument]?.symbol ?? 'unknown';
        this.#fail(new VenueError('fatal', null, `the venue streams no market for ${symbol}`));
        return;
      }
      if (!isEmpty) this.#hasBook[instrument] = true;
      appendBook(frame, inlet);
    } else if (frame.kind === FrameKind.trades) {
      const replay = this.#replays[instrument];
      if (replay === undefined) return;
      replay.begin(frame);
      appendTrades(frame, inlet, replay.previousFrameMs, (row) => replay.accept(frame, row));
    } else if (frame.kind === FrameKind.price) {
      appendPrice(frame, inlet);
      this.#watches[instrument]?.notePrice(frame.lastSettlementMs, frame.nextSettlementMs);
    } else if (frame.kind === FrameKind.ticker) {
      appendTicker(frame, inlet);
    }
  }

  /** Runs a request of the start; what is fatal there ends the client as anywhere else. */
  async #guard<T>(request: () => Promise<T>): Promise<T> {
    if (this.#fatal !== null) throw this.#fatal;
    try {
      return await request();
    } catch (error) {
      if (error instanceof VenueError && (error.errorClass === 'fatal' || isSymbolError(error)))
        this.#fail(error);
      throw error;
    }
  }

  #fail(error: VenueError): void {
    if (this.#fatal !== null) return;
    this.#fatal = error;
    // The session learns that its market is gone before it learns why it ends.
    for (const feed of [this.#klineFeed, this.#tickerFeed]) feed?.abandon(error.message);
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    void this.#end(error);
    callbacks?.onFatal(error);
  }

  settle(): void {
    for (const tracker of this.#trackers) tracker.settle();
  }

  /** No book counts until the next frame that is handed on. */
  #distrust(inlet: EventInlet): void {
    const { reconnects } = this.#tickerFeed?.health() ?? NO_FEED;
    const detail = 'waits until the time that was missed is told';
    inlet.open(1).appendFeed(inlet.nowMs(), { feed: 'ticker', state: 'connecting', reconnects, detail });
    inlet.ready();
  }

  async #end(reason: VenueError): Promise<void> {
    this.#outage?.stop();
    this.rest.close(reason);
    this.clock.stop();
    for (const part of [...this.#watches, ...this.#books, ...this.#trackers]) part.stop();
    await Promise.all([this.#klineFeed?.stop(), this.#tickerFeed?.stop()]);
  }
}
