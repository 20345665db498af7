/**
 * The payloads of the wire: exact key names, decimal strings with trailing zeros trimmed, times as each channel shows them.
 *
 * Pure functions from the market's state to objects that are ready for `JSON.stringify`; the key order is that of the
 * recorded frames. Source: the wire reference, sections 2 and 3.
 */

import { formatBigDecimal, formatDecimal } from '../../core/base/fixed-point.ts';
import type { Bar } from './market/bar-store.ts';
import type { BookSide } from './market/book-side.ts';
import type { Settlement } from './market/funding-schedule.ts';
import type { InstrumentMarket } from './market/instrument-market.ts';
import type { TapeTrade } from './market/trade-tape.ts';

export type WireLevel = readonly [string, string];

/** Funding rates are integers of 10^-8; a percent is that with two decimals fewer. */
const RATE_DECIMALS = 8;
const PERCENT_DECIMALS = 6;
const RATIO_DECIMALS = 10;

function priceText(market: InstrumentMarket, ticks: number): string {
  return formatDecimal(ticks, market.spec.priceDecimals);
}

function lotsText(market: InstrumentMarket, lots: number): string {
  return formatDecimal(lots, market.spec.lotDecimals);
}

function referenceText(market: InstrumentMarket, units: number): string {
  return formatDecimal(units, market.spec.referenceDecimals);
}

function turnoverText(market: InstrumentMarket, quote: bigint): string {
  return formatBigDecimal(quote, market.spec.priceDecimals + market.spec.lotDecimals);
}

/** ISO-8601 in UTC with whole seconds. */
function secondText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

export function tradingPairRow(market: InstrumentMarket): object {
  const { spec } = market;
  const cap = formatDecimal(spec.maxFundingRate, PERCENT_DECIMALS);
  return {
    symbol: spec.symbol,
    base: spec.base,
    quote: spec.quote,
    minTradeVolume: spec.minTradeVolume,
    minBuyPriceOffset: '-0.5',
    maxSellPriceOffset: '100',
    maxLimitOrderVolume: spec.maxLimitOrderVolume,
    maxMarketOrderVolume: spec.maxMarketOrderVolume,
    basePrecision: spec.lotDecimals,
    quotePrecision: spec.priceDecimals,
    minLeverage: 1,
    maxLeverage: spec.maxLeverage,
    defaultLeverage: 20,
    defaultMarginMode: '2',
    priceProtectScope: spec.priceProtectScope,
    symbolStatus: spec.symbolStatus,
    isApiSupported: spec.isApiSupported,
    maxFundingRate: cap,
    minFundingRate: `-${cap}`,
  };
}

export function tierRows(market: InstrumentMarket): object[] {
  return market.spec.tiers.map((tier, index) => ({ symbol: market.spec.symbol, level: index + 1, ...tier }));
}

/** Levels of a side, best first; `limit` levels, padded with empty strings when `isPadded`. */
export function wireLevels(
  market: InstrumentMarket,
  side: BookSide,
  limit: number,
  isPadded: boolean,
): WireLevel[] {
  const levels: WireLevel[] = [];
  for (let rank = 0; rank < Math.min(limit, side.size); rank++) {
    levels.push([priceText(market, side.ticksAt(rank) ?? 0), lotsText(market, side.lotsAt(rank))]);
  }
  if (isPadded) while (levels.length < limit) levels.push(['', '']);
  return levels;
}

/** The one frame of a symbol nobody knows. */
export function emptyLevels(limit: number): WireLevel[] {
  return Array.from({ length: limit }, (): WireLevel => ['', '']);
}

export interface KlineNaming {
  readonly naming: 'new' | 'old';
  readonly type: 'LAST_PRICE' | 'MARK_PRICE';
}

export function klineRow(market: InstrumentMarket, bar: Bar, { naming, type }: KlineNaming): object {
  const text = type === 'LAST_PRICE' ? priceText : referenceText;
  const turnover = type === 'LAST_PRICE' ? turnoverText(market, bar.quote) : '0';
  const volume = type === 'LAST_PRICE' ? lotsText(market, bar.lots) : '0';
  return {
    open: text(market, bar.open),
    high: text(market, bar.high),
    low: text(market, bar.low),
    close: text(market, bar.close),
    quoteVol: naming === 'new' ? turnover : volume,
    baseVol: naming === 'new' ? volume : turnover,
    time: String(bar.openMs),
    type,
  };
}

export function klinePush(market: InstrumentMarket, bar: Bar, isMark: boolean): object {
  const text = isMark ? referenceText : priceText;
  return {
    o: text(market, bar.open),
    c: text(market, bar.close),
    h: text(market, bar.high),
    l: text(market, bar.low),
    b: isMark ? '0' : lotsText(market, bar.lots),
    q: isMark ? '0' : turnoverText(market, bar.quote),
  };
}

export function tickerRow(market: InstrumentMarket, day: Bar): object {
  return {
    symbol: market.spec.symbol,
    markPrice: referenceText(market, market.reference.mark),
    lastPrice: priceText(market, market.lastTicks),
    open: priceText(market, day.open),
    last: priceText(market, market.lastTicks),
    quoteVol: turnoverText(market, day.quote),
    baseVol: lotsText(market, day.lots),
    high: priceText(market, day.high),
    low: priceText(market, day.low),
  };
}

export function tickerPush(market: InstrumentMarket, day: Bar): object {
  const change = ((market.lastTicks - day.open) / day.open) * 100;
  return {
    s: market.spec.symbol,
    o: priceText(market, day.open),
    la: priceText(market, market.lastTicks),
    h: priceText(market, day.high),
    l: priceText(market, day.low),
    b: lotsText(market, day.lots),
    q: turnoverText(market, day.quote),
    r: formatDecimal(Math.round(change * 10 ** RATIO_DECIMALS), RATIO_DECIMALS),
  };
}

/** A row of `tickers`: the ticker with the best prices and their quantities. */
export function tickersRow(market: InstrumentMarket, day: Bar): object {
  const { bids, asks } = market;
  return {
    ...tickerPush(market, day),
    bd: priceText(market, bids.best() ?? 0),
    ak: priceText(market, asks.best() ?? 0),
    bv: lotsText(market, bids.lotsAt(0)),
    av: lotsText(market, asks.lotsAt(0)),
  };
}

export function fundingRow(market: InstrumentMarket): object {
  const { funding, spec } = market;
  const cap = formatDecimal(spec.maxFundingRate, PERCENT_DECIMALS);
  return {
    symbol: spec.symbol,
    markPrice: referenceText(market, market.reference.mark),
    lastPrice: priceText(market, market.lastTicks),
    indexPrice: referenceText(market, market.reference.index),
    fundingRate: formatDecimal(funding.runningRate, PERCENT_DECIMALS),
    fundingInterval: spec.fundingIntervalHours,
    nextFundingTime: String(funding.nextSettlementMs),
    maxFundingRate: cap,
    minFundingRate: `-${cap}`,
  };
}

export function settlementRow(market: InstrumentMarket, settlement: Settlement): object {
  return {
    fundingRate: formatDecimal(settlement.rate, RATE_DECIMALS),
    fundingTime: String(settlement.timeMs),
    markPrice: referenceText(market, settlement.mark),
  };
}

/** `fr` is the rate settled at `ft`, in percent. */
export function pricePush(market: InstrumentMarket): object {
  const settled = market.funding.lastSettlement();
  return {
    ip: referenceText(market, market.reference.index),
    mp: referenceText(market, market.reference.mark),
    fr: formatDecimal(settled.rate, PERCENT_DECIMALS),
    ft: secondText(settled.timeMs),
    nft: secondText(market.funding.nextSettlementMs),
  };
}

export function tradePush(market: InstrumentMarket, trade: TapeTrade): object {
  return {
    t: secondText(trade.timeMs),
    p: priceText(market, trade.ticks),
    v: lotsText(market, trade.lots),
    s: trade.isBuy ? 'buy' : 'sell',
  };
}
