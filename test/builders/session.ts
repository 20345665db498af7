/** Builders of sessions for tests: a start document, a strategy of loose handlers, and a market written by hand. */

import {
  EventBlock,
  EventKind,
  FLAG_HISTORY,
  FLAG_RECONSTRUCTED,
  NO_TIME,
} from '../../src/core/domain/event-block.ts';
import { DEFAULT_FILL_TERMS } from '../../src/core/domain/fill-terms.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { Output } from '../../src/core/domain/outputs.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { type MarkPrice, lots, markPrice, rate, ticks } from '../../src/core/domain/units.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import type { StrategyHandlers, StrategyInstance } from '../../src/core/strategy/strategy.ts';

export const BTCUSDT: InstrumentSpec = {
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
  tiers: [
    { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
    {
      level: 2,
      start_notional: '50000',
      end_notional: '2000000',
      max_leverage: 50,
      maintenance_rate: '0.01',
    },
  ],
};

/** 2026-01-01T00:00:00Z, a settlement instant. */
export const START_MS = Date.UTC(2026, 0, 1);

export function sessionStart(changes: Partial<SessionStart> = {}): SessionStart {
  return {
    session_id: 's1',
    seed: 7,
    source: 'test',
    instruments: [BTCUSDT],
    interval: '1m',
    strategy: { name: 'test', params: {} },
    duration_ms: 600_000,
    market_ends_after_ms: null,
    min_history_bars: 0,
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
    request_latency_ms: 100,
    response_latency_ms: 50,
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
    ...changes,
  };
}

export function strategyOf(
  handlers: StrategyHandlers,
  historyBars = 0,
  intervals: Readonly<Record<string, number>> = {},
): StrategyInstance {
  return { name: 'test', params: {}, historyBars, intervals, handlers };
}

type Level = readonly [price: number, quantity: number];
export type Candle = readonly [open: number, high: number, low: number, close: number];

/** One engine and a market typed in by hand; prices in ticks, quantities in lots, times relative to {@link START_MS}. */
export class TestMarket {
  readonly engine: Engine;
  readonly outputs: Output[] = [];
  /** Every event ever fed, for replays. */
  readonly fed = new EventBlock(100_000);
  readonly #block = new EventBlock(4_096);
  #sequence = 0;
  /** Whose book, trades, prices and bars are typed in. */
  #instrument = 0;

  constructor(
    start: SessionStart,
    handlers: StrategyHandlers,
    historyBars = 0,
    intervals: Readonly<Record<string, number>> = {},
  ) {
    this.engine = new Engine(start, strategyOf(handlers, historyBars, intervals));
    this.#feed((block) => block.appendSessionStarted(START_MS, start));
  }

  /** What follows happens to this instrument of the session. */
  on(instrument: number): this {
    this.#instrument = instrument;
    return this;
  }

  book(atMs: number, bids: readonly Level[], asks: readonly Level[], exchangeAtMs = atMs): this {
    return this.#feed((block) => {
      const time = START_MS + atMs;
      const exchangeTime = START_MS + exchangeAtMs;
      const levels = bids.length + asks.length;
      block.appendBook(EventKind.bookSnapshot, this.#instrument, time, exchangeTime, levels);
      let left = levels;
      for (const [price, quantity] of bids) {
        block.appendLevel(
          this.#instrument,
          time,
          exchangeTime,
          true,
          ticks(price),
          lots(quantity),
          --left === 0,
        );
      }
      for (const [price, quantity] of asks) {
        block.appendLevel(
          this.#instrument,
          time,
          exchangeTime,
          false,
          ticks(price),
          lots(quantity),
          --left === 0,
        );
      }
    });
  }

  /** A full book that was fetched: what stands behind the window. */
  tail(atMs: number, bids: readonly Level[], asks: readonly Level[]): this {
    return this.#feed((block) => {
      const time = START_MS + atMs;
      let left = bids.length + asks.length;
      block.appendBook(EventKind.bookTail, this.#instrument, time, NO_TIME, left);
      for (const [isBid, levels] of [[true, bids] as const, [false, asks] as const]) {
        for (const [price, quantity] of levels)
          block.appendLevel(
            this.#instrument,
            time,
            NO_TIME,
            isBid,
            ticks(price),
            lots(quantity),
            --left === 0,
          );
      }
    });
  }

  trade(atMs: number, taker: 'buy' | 'sell', price: number, quantity: number, exchangeAtMs = atMs): this {
    return this.#feed((block) =>
      block.appendTrade(
        this.#instrument,
        START_MS + atMs,
        START_MS + exchangeAtMs,
        taker,
        ticks(price),
        lots(quantity),
      ),
    );
  }

  /** `price` in ticks; the next settlement relative to the start. */
  mark(atMs: number, price: number, nextSettlementAtMs: number | null = null): this {
    return this.#feed((block) =>
      block.appendMark(this.#instrument, START_MS + atMs, START_MS + atMs, {
        mark: markPrice(price * 10_000_000),
        index: null,
        settledRate: null,
        lastSettlementMs: null,
        nextSettlementMs: nextSettlementAtMs === null ? null : START_MS + nextSettlementAtMs,
      }),
    );
  }

  /** A mark that tells the last settled rate, a fraction; `price` in ticks. */
  markWithRate(
    atMs: number,
    price: number,
    settledRate: number,
    nextSettlementAtMs: number | null = null,
  ): this {
    return this.#feed((block) =>
      block.appendMark(this.#instrument, START_MS + atMs, START_MS + atMs, {
        mark: markPrice(price * 10_000_000),
        index: null,
        settledRate: rate(Math.round(settledRate * 1e12)),
        lastSettlementMs: null,
        nextSettlementMs: nextSettlementAtMs === null ? null : START_MS + nextSettlementAtMs,
      }),
    );
  }

  /** `fraction` in 10^-12, `price` in ticks. */
  funding(atMs: number, settlementAtMs: number, fraction: number, price: number): this {
    return this.#feed((block) =>
      block.appendFunding(
        this.#instrument,
        START_MS + atMs,
        START_MS + settlementAtMs,
        rate(fraction),
        markPrice(price * 10_000_000),
      ),
    );
  }

  bar(atMs: number, openAtMs: number, close: number, isHistory = false): this {
    const bar = {
      openTimeMs: START_MS + openAtMs,
      lengthMs: 60_000,
      open: ticks(close),
      high: ticks(close),
      low: ticks(close),
      close: ticks(close),
      volume: lots(1),
    };
    return this.#feed((block) =>
      block.appendBar(this.#instrument, START_MS + atMs, bar, isHistory ? FLAG_HISTORY : 0),
    );
  }

  /** A bar of one minute that closes as it is received: open, high, low, close in ticks, volume in lots. */
  candle(openAtMs: number, prices: Candle, volume = 10_000, flags = 0, atMs = openAtMs + 60_000): this {
    const [open, high, low, close] = prices;
    const bar = {
      ...{ openTimeMs: START_MS + openAtMs, lengthMs: 60_000 },
      ...{ open: ticks(open), high: ticks(high), low: ticks(low), close: ticks(close), volume: lots(volume) },
    };
    return this.#feed((block) => block.appendBar(this.#instrument, START_MS + atMs, bar, flags));
  }

  /** The mark's own bar, ahead of the candle of its minute. */
  markCandle(openAtMs: number, prices: Candle, atMs = openAtMs + 60_000): this {
    const [open, high, low, close] = prices.map((price) => markPrice(price * 10_000_000)) as [
      MarkPrice,
      MarkPrice,
      MarkPrice,
      MarkPrice,
    ];
    const bar = { openTimeMs: START_MS + openAtMs, lengthMs: 60_000, open, high, low, close };
    return this.#feed((block) =>
      block.appendMarkBar(this.#instrument, START_MS + atMs, bar, FLAG_RECONSTRUCTED),
    );
  }

  time(atMs: number): this {
    return this.#feed((block) => block.appendTimeAdvanced(START_MS + atMs));
  }

  command(atMs: number, command: Parameters<EventBlock['appendCommand']>[1]): this {
    return this.#feed((block) => block.appendCommand(START_MS + atMs, command));
  }

  clock(atMs: number, offsetMs: number): this {
    return this.#feed((block) => block.appendClock(START_MS + atMs, offsetMs, 20, 5));
  }

  feedState(atMs: number, state: 'connected' | 'disconnected'): this {
    return this.#feed((block) =>
      block.appendFeed(START_MS + atMs, { feed: 'ticker', state, reconnects: 0, detail: null }),
    );
  }

  of<Type extends Output['type']>(type: Type): Extract<Output, { type: Type }>[] {
    return this.outputs.filter((output): output is Extract<Output, { type: Type }> => output.type === type);
  }

  #feed(append: (block: EventBlock) => void): this {
    const block = this.#block;
    block.reset(this.#sequence);
    append(block);
    append(this.fed);
    this.#sequence += block.events;
    this.engine.process(block);
    this.outputs.push(...this.engine.takeOutputs());
    return this;
  }
}

/** One engine that trades a strategy for ten seconds, with a book every second. */
export function playTenSeconds(strategy: StrategyInstance): {
  readonly engine: Engine;
  readonly outputs: Output[];
} {
  const start = sessionStart({ instruments: [BTCUSDT] });
  const engine = new Engine(start, strategy);
  const block = new EventBlock(1_000);
  block.reset(0);
  block.appendSessionStarted(START_MS, start);
  const none = { index: null, settledRate: null, lastSettlementMs: null, nextSettlementMs: null };
  for (let second = 0; second <= 10; second++) {
    const time = START_MS + second * 1_000;
    block.appendMark(0, time, time, { mark: markPrice(1000_0 * 10_000_000), ...none });
    block.appendBook(EventKind.bookSnapshot, 0, time, time, 2);
    block.appendLevel(0, time, time, true, ticks(1000_0), lots(1_000), false);
    block.appendLevel(0, time, time, false, ticks(1000_1), lots(1_000), true);
  }
  engine.process(block);
  return { engine, outputs: engine.takeOutputs() };
}
