/** The small made-up session of `sample-facts.ts` as the page of a session gets it. */

import type { PageFacts, PageFill, PageOrder } from '../../src/report/page/page-facts.ts';
import { buildFinalReport } from '../../src/report/final-report.ts';
import type { ReceiptDocument } from '../../src/core/domain/receipt-document.ts';
import type { BandRow } from '../../src/ports/journal-rows.ts';
import { SAMPLE_EQUITY, SAMPLE_INPUTS, T0 } from './sample-facts.ts';

const ORDER: PageOrder = {
  ...{
    order_id: 's1-o1',
    status: 'filled',
    symbol: 'BTCUSDT',
    side: 'buy',
    reason: null,
    decision_time_ms: T0 + 59_000,
  },
  ...{ type: 'market', time_in_force: 'ioc', quantity: '0.01', price: null },
};

const TOUCH = { best_bid: '68590', best_ask: '68590.1' };

const RECEIPT: ReceiptDocument = {
  ...{
    fill_id: 's1-f1',
    order_id: 's1-o1',
    symbol: 'BTCUSDT',
    side: 'buy',
    quantity: '0.01',
    price: '68590.1',
  },
  ...{ notional: '685.901', liquidity: 'taker', time_ms: T0 + 60_000 },
  decision: { ...TOUCH, time_ms: T0 + 59_000, mid: '68590.05' },
  latency: { arrival_time_ms: T0 + 60_000, request_ms: 1_000, response_ms: 50 },
  book: { ...TOUCH, sequence: 76, exchange_time_ms: T0, hash: '0011223344556677' },
  level: {
    ...{
      number: 1,
      price: '68590.1',
      displayed: '1.5',
      taken_before: '0',
      filled: '0.01',
      extrapolated: false,
    },
  },
  queue: null,
  print: null,
  fee: { tier: 0, rate: '0.0006', amount: '0.1' },
  mark_price: '68590',
  model: { name: 'book', parameters: { queue: 'displayed' } },
  costs: { total: '0.0005', spread: '0.0005', latency: '0', impact: '0', slippage: '0' },
  ...{ extrapolated_quantity: '0', reconstructed: false, evidence_sequence: 77 },
};

const FILLS: readonly PageFill[] = SAMPLE_INPUTS.fills.map((fill, index) => ({
  ...fill,
  ...{ fill_id: `s1-f${index + 1}`, order_id: `s1-o${index + 1}` },
  ...{ price: index === 0 ? '68590.1' : '68600.3', liquidity: index === 0 ? 'taker' : 'maker', fee: '0.1' },
}));

const BAND: readonly BandRow[] = [
  { time_ms: T0 + 1_000, optimistic: '0.5', realistic: '0.2', pessimistic: '-1', hash: null },
  { time_ms: T0 + 500_000, optimistic: '0.9', realistic: '0.3', pessimistic: '-2', hash: 'ab' },
];

export const SAMPLE_PAGE: PageFacts = {
  report: buildFinalReport({ ...SAMPLE_INPUTS, band: BAND }),
  rows: {
    orders: [
      ORDER,
      { ...ORDER, order_id: 's1-o2', status: 'rejected', reason: 'insufficient_balance', price: '68000.1' },
    ],
    fills: FILLS,
    ledger: SAMPLE_INPUTS.ledger,
    trades: SAMPLE_INPUTS.trades,
    equity: SAMPLE_EQUITY,
    band: BAND,
    quality: [],
    denials: [
      { time_ms: T0 + 5_000, symbol: 'BTCUSDT', reason: 'leverage', numbers: { leverage: 7, limit: 5 } },
      { time_ms: T0 + 9_000, symbol: 'BTCUSDT', reason: 'leverage', numbers: { leverage: 8, limit: 5 } },
    ],
    lifecycle: [
      { time_ms: T0, state: 'running', reason: null },
      { time_ms: T0 + 100_000, state: 'halted', reason: 'market_data_stale' },
      { time_ms: T0 + 142_500, state: 'running', reason: null },
    ],
    lessons: [],
    verdictCounts: [],
    finalPositions: [{ symbol: 'BTCUSDT', quantity: '0' }],
    receiptOf: (fillId) => (fillId === 's1-f1' ? RECEIPT : null),
  },
  alerts: [],
  identity: {
    ...{ programVersion: '0.1.0', nodeVersion: 'v26.10.0', logChain: 'abcdef' },
    ...{ engineHash: 'e1', strategyHash: null, configHash: 'c1', strategyParams: { fast: 5 } },
  },
};
