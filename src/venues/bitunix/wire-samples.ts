/** Frames and contracts as the venue documents or was seen to send them: the material of the tests here. */

import { type Instrument, type InstrumentSpec, createInstrument } from '../../core/domain/instrument.ts';

export const BTC_SPEC: InstrumentSpec = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  price_decimals: 1,
  quantity_decimals: 4,
  min_quantity: '0.0001',
  max_limit_quantity: '1000',
  max_market_quantity: '120',
  price_protect: '0.01',
  min_leverage: 1,
  max_leverage: 200,
  funding_interval_hours: 8,
  tiers: [],
};

export const BTC: Instrument = createInstrument(BTC_SPEC, 0);

/** A second contract with other grids. */
export const DOGE: Instrument = createInstrument(
  {
    ...BTC_SPEC,
    symbol: 'DOGEUSDT',
    base: 'DOGE',
    price_decimals: 5,
    quantity_decimals: 0,
    min_quantity: '53',
  },
  1,
);

/** One frame of every documented kind that carries data. */
export const DATA_FRAMES: Readonly<Record<string, string>> = {
  kline:
    '{"ch":"market_kline_1min","symbol":"BTCUSDT","ts":1775541412718,"data":{"o":"68581.4","c":"68583.4","h":"68590","l":"68579.5","b":"5.2395","q":"359348.14078"}}',
  ticker:
    '{"ch":"ticker","symbol":"BTCUSDT","ts":1790126515684,"data":{"s":"BTCUSDT","o":"85567","la":"86688.2","h":"86815.6","l":"85080","b":"27478.1701","q":"2362759522.50052","r":"1.3103182302"}}',
  price:
    '{"ch":"price","symbol":"BTCUSDT","ts":1790126515695,"data":{"ip":"86720.6","mp":"86688.3","fr":"-0.00077","ft":"2026-09-23T00:00:00Z","nft":"2026-09-23T08:00:00Z"}}',
  trade:
    '{"ch":"trade","symbol":"BTCUSDT","ts":1775540872598,"data":[{"t":"2026-04-07T05:47:52Z","p":"68621.4","v":"0.7142","s":"buy"},{"t":"2026-04-07T05:47:52Z","p":"68621.4","v":"0.0018","s":"sell"}]}',
  tradeSorted:
    '{"ch":"trade","data":[{"p":"104350","s":"buy","t":"2025-06-01T18:44:52Z","v":"1.1536"}],"symbol":"BTCUSDT","ts":1748803492958}',
  book15:
    '{"ch":"depth_book15","symbol":"BTCUSDT","ts":1790126515693,"data":{"b":[["86699.6","2.274"],["86699.5","2.7407"],["86699.4","3.093"]],"a":[["86699.7","0.7095"],["86699.8","2.1992"],["86699.9","1.457"]]}}',
  book1:
    '{"ch":"depth_book1","symbol":"DOGEUSDT","ts":1790126515693,"data":{"b":[["0.21033","5300"]],"a":[["0.21034","120"]]}}',
  book5:
    '{"ch":"depth_book5","symbol":"BTCUSDT","ts":1790126515693,"data":{"b":[["86699.6","2.274"],["",""]],"a":[["86699.7","0.7095"],["",""]]}}',
  books:
    '{"ch":"depth_books","data":{"a":[["104350","1.6317"]],"b":[["104349.9","0.9674"]]},"symbol":"BTCUSDT","ts":1748803493217}',
};

export const GREETING = '{"op":"connect","data":{"result":true}}';

/** The window with which the venue answers a symbol it does not have. */
export const EMPTY_BOOK =
  '{"ch":"depth_book15","symbol":"BTCUSDT","ts":1790126491101,"data":{"b":[["",""],["",""],["",""]],"a":[["",""],["",""],["",""]]}}';
