/** A small made-up session for the tests of this folder: its opening document and arbitrary events of every kind. */

import fc from 'fast-check';
import {
  type EventBlock,
  type FrameEventKind,
  EventKind,
  FLAG_HISTORY,
  FLAG_RECONSTRUCTED,
  NO_TIME,
} from '../../src/core/domain/event-block.ts';
import type { QualityRecord } from '../../src/core/domain/commands.ts';
import { DEFAULT_FILL_TERMS } from '../../src/core/domain/fill-terms.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import type { Lots, MarkPrice, Rate, Ticks } from '../../src/core/domain/units.ts';

function instrumentSpec(symbol: string, priceDecimals: number, quantityDecimals: number): InstrumentSpec {
  return {
    symbol,
    base: symbol.replace(/USDT$/, ''),
    quote: 'USDT',
    price_decimals: priceDecimals,
    quantity_decimals: quantityDecimals,
    min_quantity: '1',
    max_limit_quantity: '1000',
    max_market_quantity: '500',
    price_protect: '0.02',
    min_leverage: 1,
    max_leverage: 125,
    funding_interval_hours: 8,
    tiers: [
      { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
    ],
  };
}

export const SAMPLE_START: SessionStart = {
  session_id: 'sample-1',
  seed: 42,
  source: 'simulated',
  instruments: [instrumentSpec('BTCUSDT', 1, 4), instrumentSpec('DOGEUSDT', 5, 0)],
  interval: '1m',
  strategy: { name: 'none', params: { fast: 5, nested: { text: 'a "quoted"\nline' } } },
  duration_ms: 600_000,
  market_ends_after_ms: null,
  min_history_bars: 50,
  account: {
    kind: 'new',
    wallet: '10000',
    opening_balance: '10000',
    day: null,
    day_opening_equity: null,
    positions: [],
    orders: [],
  },
  leverage: 5,
  margin_mode: 'isolated',
  maker_fee_rate: '0.0002',
  taker_fee_rate: '0.0006',
  fill_model: 'book',
  request_latency_ms: 20,
  response_latency_ms: 20,
  fills: DEFAULT_FILL_TERMS,
  stale_timeout_ms: 30_000,
  on_end: 'flatten',
  risk: {
    max_orders_per_second: 10,
    max_day_loss_percent: 5,
    max_account_loss_percent: 20,
    max_notional: null,
    max_leverage: 5,
  },
};

/** Appends one event at the given receive time. */
export type SampleEvent = (block: EventBlock, receivedTimeMs: number) => void;

const instrument = fc.nat({ max: 1 });
const price = fc.nat({ max: 2_000_000_000 }).map((value) => value as Ticks);
const quantity = fc.oneof(fc.constantFrom(0, -0), fc.maxSafeInteger()).map((value) => value as Lots);
const rate = fc.maxSafeInteger().map((value) => value as Rate);
const mark = fc.maxSafeNat().map((value) => value as MarkPrice);
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const exchangeTime = fc.oneof(fc.constant(NO_TIME), time);
const milliseconds = fc.oneof(
  fc.constantFrom(Number.NaN, -0),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const side = fc.constantFrom('buy' as const, 'sell' as const);
const level = fc.record({ isBid: fc.boolean(), price, quantity });
const barFields = fc.record({
  openTimeMs: time,
  lengthMs: fc.constantFrom(5_000, 60_000),
  open: price,
  high: price,
  low: price,
  close: price,
  volume: quantity,
});
const markBarFields = fc.record({
  openTimeMs: time,
  lengthMs: fc.constantFrom(5_000, 60_000),
  open: mark,
  high: mark,
  low: mark,
  close: mark,
});
const markFields = fc.record({
  mark: fc.oneof(mark, fc.constant(Number.NaN as MarkPrice)),
  index: fc.option(mark),
  settledRate: fc.option(rate),
  lastSettlementMs: fc.option(time),
  nextSettlementMs: fc.option(time),
});
const quality: fc.Arbitrary<QualityRecord> = fc.record({
  fromMs: time,
  toMs: time,
  instrument,
  feed: fc.string(),
  kind: fc.constantFrom('gap', 'stale', 'crossed', 'clock'),
  detail: fc.string({ unit: 'binary' }),
  backfilled: fc.boolean(),
});
const feed = fc.record({
  feed: fc.constantFrom('kline' as const, 'ticker' as const),
  state: fc.constantFrom('connecting' as const, 'connected' as const, 'disconnected' as const),
  reconnects: fc.nat(),
  detail: fc.option(fc.string({ unit: 'binary' })),
});
const command = fc.oneof(
  fc.constantFrom({ type: 'pause' as const }, { type: 'resume' as const }, { type: 'flatten' as const }),
  fc.record({
    type: fc.constantFrom('stop' as const, 'end_now' as const),
    reason: fc.constantFrom('signal' as const, 'disk_full' as const),
    detail: fc.option(fc.string()),
  }),
);

function frame(
  kind: FrameEventKind,
  levels: readonly { isBid: boolean; price: Ticks; quantity: Lots }[],
  index: number,
  exchangeMs: number,
): SampleEvent {
  return (block, at) => {
    block.appendBook(kind, index, at, exchangeMs, levels.length);
    for (const [place, row] of levels.entries()) {
      block.appendLevel(
        index,
        at,
        exchangeMs,
        row.isBid,
        row.price,
        row.quantity,
        place === levels.length - 1,
      );
    }
  };
}

/** One arbitrary event of any kind but session_started. */
export const sampleEvent: fc.Arbitrary<SampleEvent> = fc.oneof(
  fc.constant<SampleEvent>((block, at) => {
    block.appendTimeAdvanced(at);
  }),
  fc
    .tuple(
      fc.constantFrom(EventKind.bookSnapshot, EventKind.bookDelta, EventKind.bookTail),
      fc.array(level, { maxLength: 12 }),
      instrument,
      exchangeTime,
    )
    .map(([kind, levels, index, exchangeMs]) => frame(kind, levels, index, exchangeMs)),
  fc
    .tuple(instrument, exchangeTime, side, price, quantity)
    .map(([index, exchangeMs, taker, ticks, lots]): SampleEvent => (block, at) => {
      block.appendTrade(index, at, exchangeMs, taker, ticks, lots);
    }),
  fc.tuple(instrument, exchangeTime, price).map(([index, exchangeMs, ticks]): SampleEvent => (block, at) => {
    block.appendLastPrice(index, at, exchangeMs, ticks);
  }),
  fc
    .tuple(
      instrument,
      barFields,
      fc.nat({ max: 7 }).map((bits) => bits * FLAG_HISTORY),
    )
    .map(([index, bar, flags]): SampleEvent => (block, at) => {
      block.appendBar(index, at, bar, flags);
    }),
  fc
    .tuple(instrument, markBarFields, fc.constantFrom(0, FLAG_RECONSTRUCTED))
    .map(([index, bar, flags]): SampleEvent => (block, at) => {
      block.appendMarkBar(index, at, bar, flags);
    }),
  fc
    .tuple(instrument, exchangeTime, markFields)
    .map(([index, exchangeMs, fields]): SampleEvent => (block, at) => {
      block.appendMark(index, at, exchangeMs, fields);
    }),
  fc
    .tuple(instrument, time, rate, mark)
    .map(([index, settlementMs, fraction, at8]): SampleEvent => (block, at) => {
      block.appendFunding(index, at, settlementMs, fraction, at8);
    }),
  fc
    .tuple(milliseconds, milliseconds, milliseconds)
    .map(([offset, roundTrip, uncertainty]): SampleEvent => (block, at) => {
      block.appendClock(at, offset, roundTrip, uncertainty);
    }),
  feed.map((state): SampleEvent => (block, at) => {
    block.appendFeed(at, state);
  }),
  command.map((value): SampleEvent => (block, at) => {
    block.appendCommand(at, value);
  }),
  quality.map((record): SampleEvent => (block, at) => {
    block.appendQuality(at, record);
  }),
);

/** Everything that a block says, as plain values that can be compared. */
export function blockContent(block: EventBlock): unknown {
  const rows = block.length;
  return {
    firstSequence: block.firstSequence,
    events: block.events,
    kind: [...block.kind.subarray(0, rows)],
    flags: [...block.flags.subarray(0, rows)],
    instrument: [...block.instrument.subarray(0, rows)],
    receivedTimeMs: [...block.receivedTimeMs.subarray(0, rows)],
    exchangeTimeMs: [...block.exchangeTimeMs.subarray(0, rows)],
    price: [...block.price.subarray(0, rows)],
    quantity: [...block.quantity.subarray(0, rows)],
    wide: [...block.wide],
    details: structuredClone(block.details),
  };
}
