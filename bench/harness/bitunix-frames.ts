/**
 * The recorded session as the venue would have pushed it: frames in its wire form, made by the simulated venue's own code.
 *
 * `venue` is its cadence for one symbol; `heavy` pushes the book 20 times a second, trades 100 times and the rest ten
 * times; `windows` and `whole` are book frames alone, of 15 levels a side and of every level.
 */

import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { InstrumentMarket } from '../../src/venues/simulated/market/instrument-market.ts';
import { type Stream, parseChannel, streamFrames } from '../../src/venues/simulated/push-streams.ts';
import { openRecordedMarket } from '../../src/venues/simulated/recorded-market.ts';
import { DEFAULT_KNOBS } from '../../src/venues/simulated/venue-knobs.ts';
import { sessionPrefix } from './recorded-tiles.ts';

/** The market is looked at this often; every interval of a mix is a multiple. */
const STEP_MS = 5;

export type Mix = 'venue' | 'heavy' | 'windows' | 'whole';

/** Time between pushes by channel, ms. */
const INTERVALS_MS: Readonly<Record<Mix, Readonly<Record<string, number>>>> = {
  venue: {
    depth_book15: DEFAULT_KNOBS.depthMeanMs,
    trade: DEFAULT_KNOBS.tradeBatchMs,
    price: DEFAULT_KNOBS.priceMs,
    ticker: DEFAULT_KNOBS.tickerMs,
    market_kline_1min: DEFAULT_KNOBS.klineMs,
  },
  heavy: { depth_book15: 50, trade: 10, price: 100, ticker: 100, market_kline_1min: 100 },
  windows: { depth_book15: 50 },
  whole: { depth_books: 2_500 },
};

export interface WireFrame {
  readonly bytes: Buffer;
  /** When it is pushed: the `ts` that it carries. */
  readonly timeMs: number;
}

export interface WireSession {
  readonly instrument: InstrumentSpec;
  readonly frames: readonly WireFrame[];
  readonly bytes: number;
}

export async function recordFrames(mix: Mix): Promise<WireSession> {
  const market = await openRecordedMarket({ path: sessionPrefix(), shift: 'recorded' });
  const [contract] = market.instruments;
  if (contract === undefined) throw new Error('the recording has no instrument');
  const streams = Object.entries(INTERVALS_MS[mix]).map(([name, intervalMs]) => ({
    stream: streamOf(name, contract),
    intervalMs,
  }));
  const frames: WireFrame[] = [];
  let bytes = 0;
  for (let elapsedMs = STEP_MS; elapsedMs <= market.durationMs; elapsedMs += STEP_MS) {
    const timeMs = market.startMs + elapsedMs;
    const due = streams.filter(({ intervalMs }) => elapsedMs % intervalMs === 0);
    if (due.length === 0) continue;
    market.advance(timeMs);
    for (const { stream } of due) {
      for (const text of streamFrames(stream, {
        stampMs: timeMs,
        padsThinBook: true,
        opensEmptyBars: true,
      })) {
        const frame = { bytes: Buffer.from(text, 'latin1'), timeMs };
        frames.push(frame);
        bytes += frame.bytes.length;
      }
    }
  }
  return { instrument: describe(contract), frames, bytes };
}

function streamOf(name: string, market: InstrumentMarket): Stream {
  const channel = parseChannel(name);
  if (channel === null) throw new Error(`no channel ${name}`);
  return { channel, market, tradeSequence: 0 };
}

/** The contract as our side knows it, without limits that could bind. */
function describe({ spec }: InstrumentMarket): InstrumentSpec {
  return {
    symbol: spec.symbol,
    base: spec.base,
    quote: spec.quote,
    price_decimals: spec.priceDecimals,
    quantity_decimals: spec.lotDecimals,
    min_quantity: spec.minTradeVolume,
    max_limit_quantity: spec.maxLimitOrderVolume,
    max_market_quantity: spec.maxMarketOrderVolume,
    price_protect: '1',
    min_leverage: 1,
    max_leverage: spec.maxLeverage,
    funding_interval_hours: spec.fundingIntervalHours,
    tiers: [
      {
        level: 1,
        start_notional: '0',
        end_notional: '1000000000000',
        max_leverage: spec.maxLeverage,
        maintenance_rate: '0.004',
      },
    ],
  };
}
