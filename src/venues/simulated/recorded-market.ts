/**
 * A market played from recorded files: an order-book session of Binance or Hyperliquid, or a file of klines.
 *
 * The market runs on recorded time plus `shift`. Bars from the recording's first minute on are the fold of its trades;
 * bars before it are generated (and `notes` says so), so that a strategy can warm up. Where the recording has no mark
 * prices, the index is the middle of the book and the mark follows the venue's rule.
 * Limits: one contract; the whole recording is held in memory; at its end the market freezes and `ended` is set.
 */

import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { InstrumentMarket } from './market/instrument-market.ts';
import { instrumentSpec } from './market/instrument-spec.ts';
import type { MarketSource } from './market-source.ts';
import { readBinanceSession } from './recorded/binance-session.ts';
import { DataFileError } from './recorded/data-file.ts';
import { readHyperliquidSession } from './recorded/hyperliquid-session.ts';
import { readKlineFile, type KlineFile } from './recorded/kline-file.ts';
import { KlinePlayer } from './recorded/kline-player.ts';
import type { Player } from './recorded/player.ts';
import { EVENT_MARK, EVENT_SNAPSHOT, EVENT_TRADE, type Recording } from './recorded/recording.ts';
import { SessionPlayer } from './recorded/session-player.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Used where a recording is too short to tell: about that of BTC. */
const USUAL_MINUTE_VOLATILITY = 4e-4;

export interface RecordedMarketOptions {
  /** A session prefix (`…/binance-um-btcusdt-20230404T2358`), one of its files, or a klines file. */
  readonly path: string;
  /** What is added to all recorded times; a function gets the recorded start. `recorded` adds nothing. */
  readonly shift: 'recorded' | number | ((recordedStartMs: number) => number);
  /** Seeds what is made up: bars before the recording, and the paths inside recorded klines. Default 1. */
  readonly seed?: number;
  /** Needed only where the file name does not tell it. */
  readonly symbol?: string;
}

/** A recorded market; unlike a synthetic one it has an end. */
export interface RecordedMarket extends MarketSource {
  readonly durationMs: number;
  /** Start on the recording's own clock; `startMs` is this plus the shift. */
  readonly recordedStartMs: number;
}

/** What the two kinds of recordings give to the market. */
interface Playback {
  readonly market: InstrumentMarket;
  readonly player: Player;
  readonly hasMarks: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly shiftMs: number;
  readonly notes: readonly string[];
}

class PlayedMarket implements RecordedMarket {
  readonly instruments: readonly InstrumentMarket[];
  readonly startMs: number;
  readonly recordedStartMs: number;
  readonly durationMs: number;
  readonly notes: readonly string[];
  readonly #playback: Playback;
  readonly #endMs: number;
  #secondMs: number;
  #reachedMs: number;

  constructor(playback: Playback) {
    this.#playback = playback;
    this.instruments = [playback.market];
    this.recordedStartMs = playback.startMs;
    this.startMs = playback.startMs + playback.shiftMs;
    this.durationMs = playback.endMs - playback.startMs;
    this.#endMs = playback.endMs + playback.shiftMs;
    this.notes = playback.notes;
    this.#secondMs = Math.floor(this.startMs / SECOND_MS) * SECOND_MS;
    this.#reachedMs = this.startMs;
    this.advance(this.startMs);
  }

  get ended(): boolean {
    return this.#reachedMs > this.#endMs;
  }

  advance(timeMs: number): void {
    if (timeMs > this.#reachedMs) this.#reachedMs = timeMs;
    const untilMs = Math.min(timeMs, this.#endMs);
    const { player, shiftMs } = this.#playback;
    for (let nextMs = player.nextTimeMs(); nextMs !== null; nextMs = player.nextTimeMs()) {
      const venueMs = Math.max(this.startMs, nextMs + shiftMs);
      if (venueMs > untilMs) break;
      this.#runSeconds(venueMs);
      player.play(venueMs);
    }
    this.#runSeconds(untilMs);
  }

  /** What happens by the clock: settlements, new minutes, and the mark price where it is not recorded. */
  #runSeconds(untilMs: number): void {
    const { market, hasMarks } = this.#playback;
    while (this.#secondMs + SECOND_MS <= untilMs) {
      this.#secondMs += SECOND_MS;
      market.rollTo(this.#secondMs);
      if (!hasMarks) {
        market.reference.setIndex(Math.round(market.midTicks() * market.referencePerTick));
        market.reference.sampleBasis(0);
        market.deriveMark(this.#secondMs);
      }
      market.funding.settleIfDue(this.#secondMs, market.reference.mark);
      if (!hasMarks && this.#secondMs % MINUTE_MS === 0) market.funding.samplePremium(0);
    }
  }
}

/** Opens a recording; rejects with {@link DataFileError} where a file is missing or wrong. */
export async function openRecordedMarket(options: RecordedMarketOptions): Promise<RecordedMarket> {
  const { path } = options;
  const prefix = path.replace(/-(l2|trades|bbo|mark|book)\.csv(\.gz)?$/, '');
  const l2 = await existing(`${prefix}-l2`);
  const book = await existing(`${prefix}-book`);
  const trades = await existing(`${prefix}-trades`);
  if (l2 !== null && trades !== null) {
    const mark = await existing(`${prefix}-mark`);
    return new PlayedMarket(sessionPlayback(options, prefix, await readBinanceSession({ l2, trades, mark })));
  }
  if (book !== null && trades !== null) {
    return new PlayedMarket(sessionPlayback(options, prefix, await readHyperliquidSession({ book, trades })));
  }
  if (/\.csv(\.gz)?$/.test(path) && (await isThere(path)))
    return new PlayedMarket(await klinePlayback(options));
  const expected =
    'a session prefix with -l2 and -trades or -book and -trades files beside it, or a klines file';
  throw new DataFileError(path, 0, expected, 'neither');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function existing(stem: string): Promise<string | null> {
  for (const file of [`${stem}.csv.gz`, `${stem}.csv`]) if (await isThere(file)) return file;
  return null;
}

/** The contract a file name speaks of: `btc`, `btcusd` and `btcusdt` all mean BTCUSDT. */
function symbolOf(options: RecordedMarketOptions): string {
  if (options.symbol !== undefined) return options.symbol.toUpperCase();
  const name = basename(options.path).toLowerCase();
  const coin = /(?:^|[-_])([a-z0-9]+?)usdt?(?=[-_.])/.exec(name)?.[1] ?? /-perp-([a-z0-9]+)-/.exec(name)?.[1];
  if (coin === undefined)
    throw new DataFileError(options.path, 0, 'a symbol in the file name', JSON.stringify(name));
  return `${coin.toUpperCase()}USDT`;
}

function shiftOf(options: RecordedMarketOptions, startMs: number): number {
  if (options.shift === 'recorded') return 0;
  return typeof options.shift === 'number' ? options.shift : options.shift(startMs);
}

const GENERATED_HISTORY =
  'Bars before the start of the recording are generated by a seed: they did not happen.';

function sessionPlayback(options: RecordedMarketOptions, prefix: string, recording: Recording): Playback {
  const { kind, timeMs, first, second, third, count } = recording;
  const start = kind.indexOf(EVENT_SNAPSHOT);
  const startMs = timeMs[start] ?? 0;
  const endMs = timeMs[count - 1] ?? 0;
  const shiftMs = shiftOf(options, startMs);
  const originMs = Math.floor((startMs + shiftMs) / MINUTE_MS) * MINUTE_MS;
  const firstTrade = kind.indexOf(EVENT_TRADE);
  const firstMark = kind.indexOf(EVENT_MARK);
  const hasMarks = recording.referenceDecimals !== null;
  const referenceDecimals = recording.referenceDecimals ?? recording.priceDecimals;
  const { minuteVolatility, meanMinuteLots } = activityOf(recording);
  const market = new InstrumentMarket({
    spec: instrumentSpec(
      symbolOf({ ...options, path: prefix }),
      recording.priceDecimals,
      recording.lotDecimals,
      referenceDecimals,
    ),
    seed: options.seed ?? 1,
    originMs,
    originTicks: first[firstTrade] ?? 1,
    minuteVolatility,
    meanMinuteLots,
    fundingOffsetMs: shiftMs % (8 * HOUR_MS),
    typicalPremium: hasMarks ? (first[firstMark] ?? 0) / (second[firstMark] ?? 1) - 1 : 0,
  });
  if (hasMarks) {
    market.reference.state(second[firstMark] ?? 0, first[firstMark] ?? 0);
    market.funding.quote(third[firstMark] ?? 0);
  }
  const notes = [...recording.notes, GENERATED_HISTORY];
  const folded = foldEarlyTrades(recording, start, market, originMs - shiftMs, shiftMs);
  if (folded > 0)
    notes.push(`${folded} trades that arrived before the first book are in the bars but are not pushed.`);
  if (!hasMarks)
    notes.push(
      'The recording has no mark prices: the index is the middle of the book, the mark follows from it.',
    );
  return {
    market,
    player: new SessionPlayer(recording, market, start),
    hasMarks,
    startMs,
    endMs,
    shiftMs,
    notes,
  };
}

/** Trades before the first book belong to the bar of the first minute, but nobody could have been pushed them. */
function foldEarlyTrades(
  recording: Recording,
  start: number,
  market: InstrumentMarket,
  fromMs: number,
  shiftMs: number,
): number {
  let folded = 0;
  for (let at = 0; at < start; at++) {
    const timeMs = recording.timeMs[at] ?? 0;
    if (recording.kind[at] !== EVENT_TRADE || timeMs < fromMs) continue;
    market.bars.add(timeMs + shiftMs, recording.first[at] ?? 0, recording.second[at] ?? 0);
    folded++;
  }
  return folded;
}

/** Volatility and volume of a minute, as far as the recording can tell. */
function activityOf(recording: Recording): {
  readonly minuteVolatility: number;
  readonly meanMinuteLots: number;
} {
  const closes = new Map<number, number>();
  let lots = 0;
  for (let at = 0; at < recording.count; at++) {
    if (recording.kind[at] !== EVENT_TRADE) continue;
    closes.set(Math.floor((recording.timeMs[at] ?? 0) / MINUTE_MS), recording.first[at] ?? 1);
    lots += recording.second[at] ?? 0;
  }
  return {
    minuteVolatility: volatilityOf([...closes.values()]),
    meanMinuteLots: lots / Math.max(1, closes.size),
  };
}

function volatilityOf(closes: readonly number[]): number {
  let sum = 0;
  let previous: number | null = null;
  for (const close of closes) {
    if (previous !== null) sum += Math.log(close / previous) ** 2;
    previous = close;
  }
  return sum === 0 ? USUAL_MINUTE_VOLATILITY : Math.sqrt(sum / (closes.length - 1));
}

async function klinePlayback(options: RecordedMarketOptions): Promise<Playback> {
  const file = await readKlineFile(options.path);
  const startMs = file.openMs[0] ?? 0;
  const endMs = (file.openMs[file.count - 1] ?? 0) + file.lengthMs;
  const shiftMs = shiftOf(options, startMs);
  const minutesPerBar = file.lengthMs / MINUTE_MS;
  const meanMinuteLots = file.lots.reduce((sum, lots) => sum + lots, 0) / file.count / minutesPerBar;
  const seed = options.seed ?? 1;
  const market = new InstrumentMarket({
    spec: instrumentSpec(symbolOf(options), file.priceDecimals, file.lotDecimals, file.priceDecimals),
    seed,
    originMs: Math.floor((startMs + shiftMs) / MINUTE_MS) * MINUTE_MS,
    originTicks: file.open[0] ?? 1,
    minuteVolatility: volatilityOf([...file.close]) / Math.sqrt(minutesPerBar),
    meanMinuteLots,
    fundingOffsetMs: shiftMs % (8 * HOUR_MS),
    typicalPremium: 0,
  });
  const notes = [
    `Order book and trades are made up around ${file.count} recorded bars; each bar is the fold of its trades.`,
    'The recording has no mark prices: the index is the middle of the book, the mark follows from it.',
    GENERATED_HISTORY,
    ...unfaithfulBars(file),
  ];
  return {
    market,
    player: new KlinePlayer(file, market, seed, meanMinuteLots),
    hasMarks: false,
    startMs,
    endMs,
    shiftMs,
    notes,
  };
}

/** Bars whose volume is too small for the trades that their prices need. */
function unfaithfulBars(file: KlineFile): string[] {
  let bars = 0;
  for (let at = 0; at < file.count; at++) {
    const lots = file.lots[at] ?? 0;
    if (lots < 4 && file.high[at] !== file.low[at]) bars++;
  }
  return bars === 0 ? [] : [`${bars} bars have too little volume to be met exactly by trades.`];
}
