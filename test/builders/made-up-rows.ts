/** The rows of a made-up session that do not depend on how its market walks. */

import { addAmounts, subtractAmounts } from '../../src/web/display/amount-text.ts';
import type { SessionInfo, Status } from '../../src/protocol/messages.ts';
import type { SessionSummary } from '../../src/protocol/rest.ts';
import type {
  Candle,
  Denial,
  Fill,
  Instrument,
  Market,
  Order,
  Position,
  Quality,
  Trade,
  Verdict,
} from '../../src/protocol/rows.ts';

export const SYMBOL = 'BTCUSDT';
export const MINUTE_MS = 60_000;
const QUANTITY = '0.02';
const SESSION_ID = '20261122-225103-abcd';

export const INSTRUMENT: Instrument = {
  symbol: SYMBOL,
  base: 'BTC',
  quote: 'USDT',
  price_decimals: 1,
  quantity_decimals: 4,
  min_quantity: '0.0001',
  max_leverage: 125,
  tiers: [
    {
      level: 1,
      start_notional: '0',
      end_notional: '50000',
      max_leverage: 125,
      maintenance_rate: '0.004',
    },
  ],
};

export function sessionInfoOf(startMs: number): SessionInfo {
  return {
    session_id: SESSION_ID,
    program_version: '0.1.0',
    mode: 'paper',
    source: 'simulated',
    strategy: 'pullback_ribbon',
    params: {},
    seed: 1,
    symbols: [SYMBOL],
    interval: '1m',
    interval_ms: MINUTE_MS,
    started_time_ms: startMs,
    duration_ms: 600_000,
    leverage: 5,
    margin_mode: 'isolated',
    fill_model: 'book',
    maker_fee_rate: '0.0002',
    taker_fee_rate: '0.0006',
    on_end: 'flatten',
  };
}

export function denialOf(startMs: number): Denial {
  return {
    time_ms: startMs,
    order_id: 'o0',
    client_order_id: null,
    symbol: SYMBOL,
    side: 'buy',
    quantity: '4',
    price: null,
    reason: 'leverage',
    numbers: { leverage: 34.4, limit: 5 },
  };
}

export function stretchOf(startMs: number): Quality {
  return {
    from_ms: startMs - 30 * MINUTE_MS,
    to_ms: startMs - 24 * MINUTE_MS,
    symbol: SYMBOL,
    feed: 'kline',
    kind: 'gap',
    detail: '6 bars were missing and came from REST',
    backfilled: true,
  };
}

export function summaryOf(startMs: number): SessionSummary {
  return {
    session_id: '20261121-101500-beef',
    kind: 'paper',
    strategy: 'sma_cross',
    symbols: [SYMBOL],
    source: 'simulated',
    started_time_ms: startMs - 86_400_000,
    ended_time_ms: startMs - 85_800_000,
    status: 'success',
    stopped_reason: 'duration_reached',
    pnl_absolute: '-12.99',
    pnl_percent: -0.13,
    trades: 4,
    max_drawdown_percent: 0.13,
  };
}

/** A machine that is well. */
export const HEALTHY = {
  pid: 1,
  session_id: SESSION_ID,
  symbol: SYMBOL,
  open_orders: 2,
  ram_mb: 121.4,
  cpu_percent: 6.2,
  event_loop_lag_ms: 3,
  clock_offset_ms: -412,
  round_trip_ms: 38,
  errors: 0,
  feeds: {
    kline: { state: 'connected', age_ms: 820, reconnects: 0, gaps: 1 },
    ticker: { state: 'connected', age_ms: 40, reconnects: 1, gaps: 0 },
  },
  dashboard_url: null,
} satisfies Partial<Status>;

export function fillOf(
  id: string,
  orderId: string,
  side: Fill['side'],
  price: string,
  fee: string,
  timeMs: number,
): Fill {
  return {
    fill_id: id,
    order_id: orderId,
    symbol: SYMBOL,
    side,
    quantity: QUANTITY,
    price,
    liquidity: 'taker',
    fee,
    fee_rate: '0.0006',
    time_ms: timeMs,
    decision_time_ms: timeMs - 140,
    arrival_time_ms: timeMs - 40,
    mark_price: price,
    spread_cost: '0.001',
    latency_cost: '-0.012',
    impact_cost: '0',
    slippage_cost: '0',
    queue_ahead_at_acceptance: null,
    extrapolated_quantity: '0',
    reconstructed: false,
    model: 'book',
  };
}

export function candleOf(openMs: number, prices: readonly number[], isClosed: boolean): Candle {
  return {
    symbol: SYMBOL,
    open_time_ms: openMs,
    open: (prices[0] ?? 0).toFixed(1),
    high: Math.max(...prices).toFixed(1),
    low: Math.min(...prices).toFixed(1),
    close: (prices.at(-1) ?? 0).toFixed(1),
    volume: '12.5',
    is_closed: isClosed,
  };
}

export function orderOf(
  id: string,
  side: Order['side'],
  type: Order['type'],
  price: string | null,
  timeMs: number,
  status: Order['status'],
  averagePrice: string | null,
): Order {
  return {
    order_id: id,
    client_order_id: null,
    symbol: SYMBOL,
    side,
    type,
    quantity: QUANTITY,
    price,
    time_in_force: 'gtc',
    reduce_only: false,
    status,
    reason: null,
    decision_time_ms: timeMs,
    arrival_time_ms: timeMs,
    closed_time_ms: status === 'filled' ? timeMs : null,
    filled_quantity: status === 'filled' ? QUANTITY : '0',
    average_price: averagePrice,
    trigger: null,
    queue_ahead: null,
    tag: 'signal',
  };
}

/** `direction`: -1 short, 0 flat, 1 long. */
export function positionOf(direction: number, entry: number, price: number, unrealized: string): Position {
  const isFlat = direction === 0;
  const liquidation = entry * (1 - direction * 0.19);
  return {
    symbol: SYMBOL,
    quantity: isFlat ? '0' : String(direction * 0.02),
    average_price: isFlat ? null : entry.toFixed(1),
    mark_price: price.toFixed(1),
    notional: isFlat ? null : (price * 0.02).toFixed(4),
    unrealized_pnl: unrealized,
    initial_margin: isFlat ? null : (entry * 0.004).toFixed(4),
    maintenance_margin: isFlat ? null : (price * 0.02 * 0.004).toFixed(4),
    leverage: 5,
    margin_mode: 'isolated',
    liquidation_price: isFlat ? null : liquidation.toFixed(1),
    liquidation_distance_percent: isFlat ? null : (Math.abs(price - liquidation) / price) * 100,
  };
}

export function marketOf(price: number, timeMs: number, startMs: number): Market {
  return {
    symbol: SYMBOL,
    time_ms: timeMs,
    last_price: price.toFixed(1),
    mark_price: (price + 0.3).toFixed(1),
    index_price: (price + 2).toFixed(1),
    funding_rate: '0.0001',
    next_funding_time_ms: startMs + 3_600_000,
  };
}

export function verdictsOf(barMs: number): Verdict[] {
  const said = [
    ['market_intake', 'trend_up'],
    ['cvd_divergence', 'neutral'],
    ['setup_signal', 'long'],
    ['execution_risk', 'approved'],
  ] as const;
  return said.map(([agent, verdict]) => ({
    symbol: SYMBOL,
    bar_open_time_ms: barMs,
    time_ms: barMs + MINUTE_MS,
    agent,
    verdict,
    confidence: 0.64,
    reason: 'The ribbon is ordered and the price came back to it.',
    numbers: { ema_8: 85_940.2, ema_21: 85_911.7 },
  }));
}

interface Legs {
  readonly isLong: boolean;
  readonly entry: number;
  readonly entryMs: number;
  readonly exit: number;
  readonly exitMs: number;
}

/** `fee`: of each of its two fills. */
export function tradeOf(id: number, legs: Legs, gross: string, fee: string): Trade {
  return {
    trade_id: id,
    symbol: SYMBOL,
    side: legs.isLong ? 'long' : 'short',
    quantity: QUANTITY,
    entry_time_ms: legs.entryMs,
    entry_price: legs.entry.toFixed(1),
    exit_time_ms: legs.exitMs,
    exit_price: legs.exit.toFixed(1),
    exit_reason: 'signal',
    gross_pnl: gross,
    fees: addAmounts([fee, fee]),
    funding: '0',
    net_pnl: subtractAmounts(gross, addAmounts([fee, fee])),
    r_multiple: null,
    bars_held: 1,
    strategy: 'pullback_ribbon',
  };
}
