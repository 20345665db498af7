import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMoney } from '../core/domain/instrument.ts';
import type { FillRecord, OrderRecord } from '../core/domain/order.ts';
import type { LedgerEntry, Output } from '../core/domain/outputs.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { type Lots, type Rate, lots, markPrice, ticks } from '../core/domain/units.ts';
import { Journal } from './journal.ts';
import { JournalReader } from './journal-reader.ts';
import { SAMPLE_RECEIPT } from '../../test/builders/sample-receipt.ts';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { StorageError } from './storage-error.ts';

const T0 = 1_732_290_000_000;

let root = '';
let file = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'journal-'));
  file = path.join(root, 'journal.db');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const order: OrderRecord = {
  id: 'o-1',
  clientOrderId: 'a',
  instrument: 0,
  side: 'buy',
  type: 'limit',
  quantity: lots(300),
  price: ticks(685_901),
  timeInForce: 'post_only',
  reduceOnly: false,
  trigger: null,
  tag: 'entry',
  status: 'new',
  reason: null,
  decisionTimeMs: T0,
  arrivalTimeMs: null,
  closedTimeMs: null,
  filled: lots(0),
  filledNotional: parseMoney('0'),
};

function fill(id: string, side: 'buy' | 'sell', quantity: number, price: number): FillRecord {
  return {
    id,
    orderId: 'o-1',
    instrument: 0,
    side,
    quantity: lots(quantity),
    price: ticks(price),
    liquidity: 'maker',
    fee: parseMoney('0.12345678'),
    feeRate: 200_000_000 as Rate,
    timeMs: T0 + 50,
    decisionTimeMs: T0,
    arrivalTimeMs: T0 + 20,
    markPrice: 6_859_012_345_678,
    spreadCost: parseMoney('-0.5'),
    latencyCost: null,
    impactCost: null,
    slippageCost: null,
    queueAheadAtAcceptance: 15_000 as Lots,
    extrapolatedQuantity: lots(0),
    reconstructed: false,
    model: 'book',
    evidenceSequence: 77,
    receipt: SAMPLE_RECEIPT,
  };
}

function entry(id: number, kind: LedgerEntry['kind'], amount: string): Output {
  return {
    type: 'ledger',
    timeMs: T0,
    entry: {
      ...{ id, timeMs: T0, kind, instrument: kind === 'deposit' ? null : 0, amount: parseMoney(amount) },
      ...{ fillId: kind === 'fee' ? 'f-1' : null, settlementTimeMs: null, rate: null, markPrice: null },
    },
  };
}

function fillOutput(record: FillRecord): Output {
  return { type: 'fill', timeMs: record.timeMs, fill: record };
}

function deliver(outputs: readonly Output[], start: SessionStart = SAMPLE_START): JournalReader {
  const journal = Journal.open(file, start);
  journal.deliver(outputs);
  journal.close();
  return JournalReader.open(file);
}

function errorOf(action: () => unknown): StorageError {
  try {
    action();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('journal', () => {
  test('keeps the last state of an order, in the order of the decisions', () => {
    const filled: OrderRecord = {
      ...order,
      ...{ status: 'filled', arrivalTimeMs: T0 + 20, closedTimeMs: T0 + 50 },
      ...{ filled: lots(300), filledNotional: parseMoney('2057.7') },
    };
    const reader = deliver([
      { type: 'order', timeMs: T0, order },
      { type: 'order', timeMs: T0, order: { ...order, id: 'o-2', type: 'market', price: null } },
      { type: 'order', timeMs: T0 + 50, order: filled },
    ]);
    const [first, second] = reader.orders();
    expect(first).toEqual({
      ...{
        order_id: 'o-1',
        client_order_id: 'a',
        symbol: 'BTCUSDT',
        side: 'buy',
        type: 'limit',
        quantity: '0.03',
      },
      ...{ price: '68590.1', time_in_force: 'post_only', reduce_only: false, status: 'filled', reason: null },
      ...{ decision_time_ms: T0, arrival_time_ms: T0 + 20, closed_time_ms: T0 + 50 },
      ...{ filled_quantity: '0.03', average_price: '68590' },
    });
    expect(second).toMatchObject({ order_id: 'o-2', price: null, status: 'new', average_price: null });
    reader.close();
  });

  test('keeps what fires an order and why it was placed, beside what the report has of it', () => {
    const trigger = { on: 'mark', price: ticks(685_000), trailBps: 12.5 } as const;
    const reader = deliver([
      { type: 'order', timeMs: T0, order },
      {
        type: 'order',
        timeMs: T0,
        order: { ...order, id: 'o-2', type: 'trailing_stop', trigger, tag: 'trail' },
      },
    ]);
    expect(reader.order('o-1')).toMatchObject({ trigger: null, tag: 'entry', reduce_only: false });
    expect(reader.order('o-2')).toMatchObject({
      trigger: { on: 'mark', price: '68500', trail_bps: 12.5 },
      tag: 'trail',
    });
    for (const row of reader.orders()) expect(Object.keys(row)).toHaveLength(16);
    reader.close();
  });

  test('gives fills, ledger entries, trades, equity, denials, quality and lifecycle back under their names', () => {
    const reader = deliver([
      { type: 'lifecycle', timeMs: T0, state: 'running', reason: null },
      { type: 'lifecycle', timeMs: T0 + 9, state: 'halted', reason: 'market_data_stale' },
      fillOutput(fill('f-1', 'buy', 300, 685_901)),
      entry(1, 'deposit', '10000'),
      {
        type: 'ledger',
        timeMs: T0,
        entry: {
          ...{
            id: 2,
            timeMs: T0 + 60,
            kind: 'funding',
            instrument: 0,
            amount: parseMoney('-0.00000001'),
            fillId: null,
          },
          ...{ settlementTimeMs: T0, rate: -27_600_000 as Rate, markPrice: markPrice(6_859_012_345_678) },
        },
      },
      {
        type: 'trade',
        timeMs: T0 + 100,
        trade: {
          ...{
            id: 1,
            instrument: 0,
            side: 'short',
            quantity: lots(2),
            entryTimeMs: T0,
            exitTimeMs: T0 + 100,
          },
          ...{
            entryNotional: parseMoney('20.00001'),
            entryQuantity: lots(3),
            exitNotional: parseMoney('19'),
          },
          ...{
            exitQuantity: lots(3),
            exitReason: 'signal',
            grossPnl: parseMoney('1.00001'),
            fees: parseMoney('0.5'),
          },
          ...{
            funding: parseMoney('-0.1'),
            netPnl: parseMoney('0.40001'),
            risk: parseMoney('0.3'),
            barsHeld: 4,
          },
        },
      },
      {
        type: 'equity',
        timeMs: T0,
        point: {
          ...{ timeMs: T0, equity: parseMoney('9999.5'), wallet: parseMoney('10000') },
          ...{ unrealizedPnl: parseMoney('-0.5'), position: lots(-300) },
        },
      },
      {
        type: 'denial',
        timeMs: T0,
        orderId: 'o-9',
        intent: {
          ...{
            action: 'submit',
            instrument: 1,
            side: 'sell',
            type: 'limit',
            quantity: lots(5),
            price: ticks(12),
          },
          ...{
            timeInForce: 'gtc',
            reduceOnly: false,
            trigger: null,
            bracket: null,
            clientOrderId: 'x',
            tag: 'entry',
          },
        },
        reason: { code: 'order_rate', ordersInLastSecond: 11, limit: 10 },
      },
      {
        ...{ type: 'denial', timeMs: T0 + 1, orderId: null, intent: null },
        reason: { code: 'order_unknown', orderId: 'o-8' },
      },
      {
        type: 'quality',
        timeMs: T0,
        record: {
          ...{ fromMs: T0, toMs: T0 + 5, instrument: 1, feed: 'kline', kind: 'gap', detail: "it's 1 bar" },
          backfilled: true,
        },
      },
    ]);
    expect(reader.lifecycle()).toEqual([
      { time_ms: T0, state: 'running', reason: null },
      { time_ms: T0 + 9, state: 'halted', reason: 'market_data_stale' },
    ]);
    const stored = {
      ...{
        fill_id: 'f-1',
        order_id: 'o-1',
        symbol: 'BTCUSDT',
        side: 'buy',
        quantity: '0.03',
        price: '68590.1',
      },
      ...{
        liquidity: 'maker',
        fee: '0.12345678',
        fee_rate: '0.0002',
        time_ms: T0 + 50,
        decision_time_ms: T0,
      },
      ...{ arrival_time_ms: T0 + 20, mark_price: '68590.12345678', spread_cost: '-0.5', latency_cost: null },
      ...{
        impact_cost: null,
        slippage_cost: null,
        queue_ahead_at_acceptance: '1.5',
        extrapolated_quantity: '0',
      },
      ...{ reconstructed: false, model: 'book', evidence_sequence: 77 },
    };
    expect(reader.fills()).toEqual([stored]);
    expect(reader.fill('f-1')).toEqual(stored);
    expect(reader.fill('f-2')).toBeNull();
    expect(reader.ledger()).toEqual([
      {
        ...{ entry_id: 1, time_ms: T0, kind: 'deposit', symbol: null, amount: '10000', fill_id: null },
        ...{ settlement_time_ms: null, rate: null, mark_price: null },
      },
      {
        ...{
          entry_id: 2,
          time_ms: T0 + 60,
          kind: 'funding',
          symbol: 'BTCUSDT',
          amount: '-0.00000001',
          fill_id: null,
        },
        ...{ settlement_time_ms: T0, rate: '-0.0000276', mark_price: '68590.12345678' },
      },
    ]);
    expect(reader.trades()).toEqual([
      {
        ...{ trade_id: 1, symbol: 'BTCUSDT', side: 'short', quantity: '0.0003', entry_time_ms: T0 },
        ...{
          entry_price: '66666.7',
          exit_time_ms: T0 + 100,
          exit_price: '63333.33333333',
          exit_reason: 'signal',
        },
        ...{ gross_pnl: '1.00001', fees: '0.5', funding: '-0.1', net_pnl: '0.40001', r_multiple: 1.3333 },
        ...{ bars_held: 4, strategy: 'none' },
      },
    ]);
    expect(reader.equity()).toEqual([
      { time_ms: T0, equity: '9999.5', wallet: '10000', unrealized_pnl: '-0.5', position: '-0.03' },
    ]);
    expect(reader.denials()).toEqual([
      {
        ...{
          time_ms: T0,
          order_id: 'o-9',
          client_order_id: 'x',
          symbol: 'DOGEUSDT',
          side: 'sell',
          type: 'limit',
        },
        ...{
          quantity: '5',
          price: '0.00012',
          reason: 'order_rate',
          numbers: { ordersInLastSecond: 11, limit: 10 },
        },
      },
      {
        ...{ time_ms: T0 + 1, order_id: null, client_order_id: null, symbol: null, side: null, type: null },
        ...{ quantity: null, price: null, reason: 'order_unknown', numbers: { orderId: 'o-8' } },
      },
    ]);
    expect(reader.quality()).toEqual([
      {
        ...{
          from_ms: T0,
          to_ms: T0 + 5,
          symbol: 'DOGEUSDT',
          feed: 'kline',
          kind: 'gap',
          detail: "it's 1 bar",
        },
        backfilled: true,
      },
    ]);
    reader.close();
  });

  test('follows positions at average cost, from what was carried in, through reductions and through zero', () => {
    const start: SessionStart = {
      ...SAMPLE_START,
      account: {
        ...SAMPLE_START.account,
        kind: 'carried',
        positions: [{ symbol: 'BTCUSDT', quantity: '0.01', cost: '680', opened_time_ms: T0 - 1 }],
      },
    };
    const positionAfter = (...fills: FillRecord[]): unknown => {
      rmSync(file, { force: true });
      const reader = deliver(fills.map(fillOutput), start);
      const [position, other] = reader.positions();
      reader.close();
      expect(other).toMatchObject({ symbol: 'DOGEUSDT', quantity: '0', average_price: null, time_ms: null });
      return position;
    };
    expect(positionAfter()).toMatchObject({ quantity: '0.01', entry_notional: '680', time_ms: null });
    expect(positionAfter(fill('f-1', 'buy', 100, 700_000))).toMatchObject({
      ...{ quantity: '0.02', entry_notional: '1380', average_price: '69000', time_ms: T0 + 50 },
    });
    expect(positionAfter(fill('f-1', 'sell', 25, 999_990))).toMatchObject({
      quantity: '0.0075',
      entry_notional: '510',
    });
    expect(positionAfter(fill('f-1', 'sell', 100, 999_990))).toMatchObject({
      quantity: '0',
      entry_notional: '0',
    });
    expect(positionAfter(fill('f-1', 'sell', 300, 700_000))).toMatchObject({
      ...{ quantity: '-0.02', entry_notional: '-1400', average_price: '70000' },
    });
  });

  test('stores a delivery whole or not at all, and refuses to say a thing twice', () => {
    const journal = Journal.open(file, SAMPLE_START);
    journal.deliver([entry(1, 'deposit', '10000')]);
    const error = errorOf(() => {
      journal.deliver([fillOutput(fill('f-1', 'buy', 300, 685_901)), entry(1, 'fee', '-1')]);
    });
    expect(error.code).toBe('journal');
    const reader = JournalReader.open(file);
    expect(reader.fills()).toEqual([]);
    expect(reader.positions()[0]?.quantity).toBe('0');
    journal.deliver([fillOutput(fill('f-1', 'buy', 300, 685_901)), entry(2, 'fee', '-1')]);
    expect(reader.fills()).toHaveLength(1);
    expect(reader.positions()[0]?.quantity).toBe('0.03');
    expect(reader.ledger().map(({ amount }) => amount)).toEqual(['10000', '-1']);
    reader.close();
    journal.close();
  });

  test('is opened again by a session that goes on', () => {
    deliver([entry(1, 'deposit', '10000')]).close();
    const reader = deliver([entry(2, 'fee', '-1')]);
    expect(reader.ledger()).toHaveLength(2);
    reader.close();
  });

  test('says so when the file is missing, of another version or no database', () => {
    expect(errorOf(() => JournalReader.open(file)).code).toBe('not_found');
    deliver([]).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(errorOf(() => JournalReader.open(file)).message).toContain('version 99');
    expect(errorOf(() => Journal.open(file, SAMPLE_START)).message).toContain('version 99');
    rmSync(file);
    writeFileSync(file, 'this is no database, and it is long enough to be read as a header of one, really');
    expect(errorOf(() => Journal.open(file, SAMPLE_START)).code).toBe('journal');
    expect(errorOf(() => Journal.open(path.join(root, 'no', 'folder.db'), SAMPLE_START)).code).toBe(
      'not_found',
    );
  });
});
