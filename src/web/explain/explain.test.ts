import { beforeEach, expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { Replica } from '../replica/replica.ts';
import { explain } from './explain.ts';
import type { Explanation, WhyTopic } from './explanation.ts';

let replica: Replica;

beforeEach(() => {
  const session = new MadeUpSession(11, Date.UTC(2026, 10, 22, 22));
  for (let step = 0; step < 500; step++) session.step(500);
  replica = new Replica();
  replica.apply(session.snapshot(1));
});

function ask(topic: WhyTopic): Explanation {
  const explanation = explain(topic, replica);
  if (explanation === null) throw new Error(`nothing is said of ${JSON.stringify(topic)}`);
  return explanation;
}

test('the wallet is the sum of its ledger, and the explanation checks it', () => {
  const wallet = ask({ kind: 'account', field: 'wallet' });
  expect(wallet.addsUp).toBe(true);
  expect(wallet.parts.map(({ label }) => label.replace(/ \(.*/, ''))).toEqual([
    'Wallet when the session began',
    'Deposits',
    'Fees',
    'Realized profit and loss',
  ]);
});

test('a wallet that is not the sum of its ledger is called wrong', () => {
  if (replica.account === null) throw new Error('no account');
  replica.account = { ...replica.account, wallet_balance: '1' };
  expect(ask({ kind: 'account', field: 'wallet' }).addsUp).toBe(false);
  expect(ask({ kind: 'account', field: 'equity' }).addsUp).toBe(false);
});

test('equity leads on to the wallet, and the wallet to the entries and fills behind it', () => {
  const [first] = ask({ kind: 'account', field: 'equity' }).parts;
  expect(first?.topic).toEqual({ kind: 'account', field: 'wallet' });
  const fees = ask({ kind: 'ledger_total', ledgerKind: 'fee' });
  const [entry] = fees.parts;
  if (entry?.topic === undefined) throw new Error('a fee cannot be asked');
  expect(ask(entry.topic).parts.some(({ fillId }) => fillId !== undefined)).toBe(true);
});

test('a trade adds up from its gross, its fees and its funding, and names its fills', () => {
  const [trade] = replica.trades;
  if (trade === undefined) throw new Error('no trade');
  const explanation = ask({ kind: 'trade', tradeId: trade.trade_id });
  expect(explanation.addsUp).toBe(true);
  expect(explanation.parts.filter(({ fillId }) => fillId !== undefined)).toHaveLength(2);
});

test('a resting order says what stands before it and why a touch does not fill it', () => {
  const resting = [...replica.orders.values()].find(
    (order) => order.queue_ahead !== null && order.status === 'new',
  );
  if (resting === undefined) throw new Error('no resting order');
  const { parts, sentences } = ask({ kind: 'order', orderId: resting.order_id });
  expect(parts.find(({ label }) => label.startsWith('Ahead'))?.value).toBe('1.2345');
  expect(sentences.join(' ')).toContain('merely touches');
});

test('a denial gives the numbers that decided it', () => {
  const [denial] = replica.denials;
  if (denial === undefined) throw new Error('no denial');
  expect(ask({ kind: 'denial', timeMs: denial.time_ms }).parts).toEqual([
    { label: 'leverage', value: '34.4' },
    { label: 'limit', value: '5' },
  ]);
});

test('every number of the account, the position, the market and the machine has an answer', () => {
  const topics: WhyTopic[] = [
    ...(['equity', 'wallet', 'unrealized', 'profit', 'available', 'initial_margin'] as const).map(
      (field) => ({ kind: 'account', field }) as const,
    ),
    ...(
      [
        'quantity',
        'average_price',
        'notional',
        'unrealized',
        'liquidation',
        'distance',
        'initial_margin',
        'maintenance_margin',
        'leverage',
      ] as const
    ).map((field) => ({ kind: 'position', symbol: 'BTCUSDT', field }) as const),
    ...(['last', 'mark', 'index', 'funding'] as const).map(
      (field) => ({ kind: 'market', symbol: 'BTCUSDT', field }) as const,
    ),
    ...(['memory', 'cpu', 'lag', 'clock', 'round_trip', 'events', 'errors'] as const).map(
      (field) => ({ kind: 'health', field }) as const,
    ),
    { kind: 'feed', feed: 'kline' },
    { kind: 'state' },
    { kind: 'time', field: 'remaining' },
    {
      kind: 'book',
      symbol: 'BTCUSDT',
      side: 'bids',
      price: replica.books.get('BTCUSDT')?.bids[0]?.[0] ?? '',
    },
  ];
  for (const topic of topics) {
    const { title, value, sentences } = ask(topic);
    expect(title).not.toBe('');
    expect(value).not.toBe('');
    expect(sentences.length).toBeGreaterThan(0);
  }
});

test('what is not there any more is said to be so', () => {
  expect(explain({ kind: 'order', orderId: 'gone' }, replica)).toBeNull();
});
