/**
 * The public push channels: from the arguments of a subscription to streams, from the market's state to frames.
 *
 * A frame is `{ch, symbol, ts, data}`; `tickers` has no symbol. Source: the wire reference, section 3.5.
 */

import type { MissingBars } from './faults/missing-bars.ts';
import type { InstrumentMarket } from './market/instrument-market.ts';
import { KLINE_INTERVALS, nextOpenTimeMs, openTimeMs, type KlineInterval } from './market/kline-grid.ts';
import { emptyLevels, klinePush, pricePush, tickerPush, tradePush, wireLevels } from './wire-format.ts';

/** Streams of a group are pushed together by one timer. */
export type StreamGroup = 'depth' | 'price' | 'ticker' | 'kline' | 'trade';

export type Channel =
  | { readonly group: 'depth'; readonly name: string; readonly levels: number | null }
  | { readonly group: 'price'; readonly name: 'price' }
  | { readonly group: 'ticker'; readonly name: 'ticker' | 'tickers' }
  | {
      readonly group: 'kline';
      readonly name: string;
      readonly interval: KlineInterval;
      readonly isMark: boolean;
    }
  | { readonly group: 'trade'; readonly name: 'trade' };

/** The most trades one frame carries; a longer backlog takes several frames. */
const TRADES_PER_FRAME_MAX = 200;

/** The channel of a name; null where the venue knows none. */
export function parseChannel(name: string): Channel | null {
  if (name === 'price') return { group: 'price', name };
  if (name === 'ticker' || name === 'tickers') return { group: 'ticker', name };
  if (name === 'trade') return { group: 'trade', name };
  if (name === 'depth_books') return { group: 'depth', name, levels: null };
  const depth = /^depth_book(1|5|15)$/.exec(name);
  if (depth !== null) return { group: 'depth', name, levels: Number(depth[1]) };
  const kline = /^(market|mark)_kline_(\w+)$/.exec(name);
  const interval = KLINE_INTERVALS.find(({ pushName }) => pushName === kline?.[2]);
  if (kline === null || interval === undefined) return null;
  return { group: 'kline', name, interval, isMark: kline[1] === 'mark' };
}

/** One stream of one socket. */
export interface Stream {
  readonly channel: Channel;
  readonly market: InstrumentMarket;
  /** Sequence of the next trade to push. */
  tradeSequence: number;
}

export interface PushOptions {
  /** `ts` of the frame. */
  readonly stampMs: number;
  readonly padsThinBook: boolean;
  readonly opensEmptyBars: boolean;
  /** Set by a fault. `crossed`: the sides stand for each other; `empty`: none has a level. */
  readonly book?: 'crossed' | 'empty' | undefined;
  /** Set by a fault: trades after this instant are kept for a later push. */
  readonly tradesUntilMs?: number | undefined;
  readonly missingBars?: MissingBars;
}

/** The next frames of a stream; none where there is nothing to say. `tickers` rows are grouped by the caller. */
export function streamFrames(stream: Stream, options: PushOptions): string[] {
  const { channel, market } = stream;
  return streamData(stream, options).map((data) => {
    return frame(channel.name, market.spec.symbol, options.stampMs, data);
  });
}

/** A data frame; without `symbol` the key is left out. */
export function frame(channel: string, symbol: string | null, stampMs: number, data: unknown): string {
  return JSON.stringify(
    symbol === null ? { ch: channel, ts: stampMs, data } : { ch: channel, symbol, ts: stampMs, data },
  );
}

/** The single frame that answers a book subscription of a symbol nobody knows. */
export function emptyBookFrame(
  channel: string,
  symbol: string | null,
  stampMs: number,
  levels: number,
): string {
  return frame(channel, symbol, stampMs, { b: emptyLevels(levels), a: emptyLevels(levels) });
}

function streamData(stream: Stream, options: PushOptions): unknown[] {
  const { channel, market } = stream;
  switch (channel.group) {
    case 'depth': {
      const limit = channel.levels ?? Number.POSITIVE_INFINITY;
      const isPadded = options.padsThinBook && channel.levels !== null;
      if (options.book === 'empty') {
        const levels = isPadded ? emptyLevels(limit) : [];
        return [{ b: levels, a: levels }];
      }
      const b = wireLevels(market, market.bids, limit, isPadded);
      const a = wireLevels(market, market.asks, limit, isPadded);
      return [options.book === 'crossed' ? { b: a, a: b } : { b, a }];
    }
    case 'price':
      return [pricePush(market)];
    case 'ticker': {
      const day = market.dayBar(options.stampMs);
      return day === null ? [] : [tickerPush(market, day)];
    }
    case 'kline':
      return klineData(market, channel.interval, channel.isMark, options);
    case 'trade':
      return tradeBatches(stream, options.tradesUntilMs ?? Infinity);
  }
}

/** What printed since the last push and up to an instant, oldest first. */
function tradeBatches(stream: Stream, untilMs: number): object[][] {
  const { market } = stream;
  const printed = market.tape.since(stream.tradeSequence);
  const due = printed.filter(({ timeMs }) => timeMs <= untilMs);
  const trades = due.map((trade) => tradePush(market, trade));
  stream.tradeSequence = market.tape.sequence - (printed.length - due.length);
  const batches: object[][] = [];
  for (let at = 0; at < trades.length; at += TRADES_PER_FRAME_MAX) {
    batches.push(trades.slice(at, at + TRADES_PER_FRAME_MAX));
  }
  return batches;
}

/** The bar that contains the stamp; where empty bars are not opened, the last one that traded. */
function klineData(
  market: InstrumentMarket,
  interval: KlineInterval,
  isMark: boolean,
  options: PushOptions,
): object[] {
  const store = isMark ? market.markBars : market.bars;
  const openMs = openTimeMs(interval, options.stampMs);
  if (options.missingBars?.has(interval, openMs, 'socket') === true) return [];
  let bar = store.fold(openMs, nextOpenTimeMs(interval, openMs));
  if (bar !== null && bar.lots === 0 && !isMark && !options.opensEmptyBars) {
    bar = store.barAt(interval, openTimeMs(interval, openMs - 1));
  }
  return bar === null ? [] : [klinePush(market, bar, isMark)];
}
