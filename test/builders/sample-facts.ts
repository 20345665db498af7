/** A small made-up session for the tests of this folder. */

import type { FinalReportInputs } from '../../src/report/final-report.ts';
import type { EquityRow, QualityRow, TradeRow } from '../../src/ports/journal-rows.ts';
import type { FillFacts } from '../../src/report/session-facts.ts';

/** 2024-11-22T15:40:00Z. */
export const T0 = 1_732_290_000_000;

export function equityPoint(index: number, equity: string): EquityRow {
  return { time_ms: T0 + index * 1_000, equity, wallet: equity, unrealized_pnl: '0', position: '0' };
}

export function fill(afterMs: number, side: 'buy' | 'sell', quantity: string): FillFacts {
  return {
    ...{ symbol: 'BTCUSDT', side, quantity, time_ms: T0 + afterMs },
    ...{ spread_cost: '0.1', latency_cost: '-0.05', impact_cost: '0', slippage_cost: '0' },
  };
}

export function trade(id: number, netPnl: string): TradeRow {
  return {
    ...{ trade_id: id, symbol: 'BTCUSDT', side: 'long', quantity: '0.01', entry_time_ms: T0 + id * 60_000 },
    ...{ entry_price: '68590.1', exit_time_ms: T0 + id * 60_000 + 30_500, exit_price: '68600.33333333' },
    ...{ exit_reason: 'signal', gross_pnl: netPnl, fees: '0.1', funding: '-0.1', net_pnl: netPnl },
    ...{ r_multiple: null, bars_held: 1, strategy: 'sma_cross' },
  };
}

export function gap(lengthMs: number, backfilled: boolean): QualityRow {
  return {
    ...{ from_ms: T0, to_ms: T0 + lengthMs, symbol: 'BTCUSDT', feed: 'kline', kind: 'gap' },
    ...{ detail: '1 bar', backfilled },
  };
}

export const SAMPLE_EQUITY: readonly EquityRow[] = [
  equityPoint(0, '10000'),
  equityPoint(100, '10000.5'),
  equityPoint(600, '10000.3'),
];

export const SAMPLE_INPUTS: FinalReportInputs = {
  ...{
    sessionId: 's-1',
    symbols: ['BTCUSDT'],
    positions: [],
    strategy: 'sma_cross',
    source: 'simulated',
    seed: 42,
  },
  ...{ stoppedReason: 'duration_reached', startedMs: T0, endedMs: T0 + 600_000 },
  ...{ startingEquity: '10000', endingEquity: '10000.3', openingWallet: '0', endingWallet: '10000.3' },
  ...{ openingPositions: [], events: 1_234, stateHash: '0011223344556677', reconnects: 1, errorCount: 0 },
  orders: [
    { order_id: 's1-o1', status: 'filled' },
    { order_id: 's1-o2', status: 'rejected' },
    { order_id: 's1-o3', status: 'denied' },
  ],
  fills: [fill(60_000, 'buy', '0.01'), fill(90_500, 'sell', '0.01')],
  ledger: [
    { kind: 'deposit', symbol: null, amount: '10000' },
    { kind: 'fee', symbol: 'BTCUSDT', amount: '-0.1' },
    { kind: 'realized_pnl', symbol: 'BTCUSDT', amount: '0.4' },
    { kind: 'fee', symbol: 'BTCUSDT', amount: '-0.2' },
    { kind: 'funding', symbol: 'BTCUSDT', amount: '0.2' },
  ],
  trades: [trade(1, '0.4'), trade(2, '-0.1'), trade(3, '0')],
  equity: SAMPLE_EQUITY,
  band: [],
  quality: [],
  lifecycle: [{ time_ms: T0, state: 'running', reason: null }],
};
