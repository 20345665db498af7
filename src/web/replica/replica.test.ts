import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { ROWS_MAX, snapshotSchema, updateSchema } from '../../protocol/messages.ts';
import { Replica } from './replica.ts';

const START_MS = Date.UTC(2026, 10, 22, 22, 51);

function begin(): { session: MadeUpSession; replica: Replica } {
  const session = new MadeUpSession(7, START_MS);
  const replica = new Replica();
  expect(replica.apply(session.snapshot(10))).toBe('applied');
  return { session, replica };
}

test('what the made-up session says is what the protocol allows', () => {
  const session = new MadeUpSession(7, START_MS);
  for (let step = 0; step < 200; step++) {
    expect(updateSchema.safeParse({ type: 'update', seq: step, ...session.step(500) }).error).toBeUndefined();
  }
  expect(snapshotSchema.safeParse(session.snapshot(1)).error).toBeUndefined();
});

test('updates bring the replica to where a later snapshot would', () => {
  const { session, replica } = begin();
  for (let step = 1; step <= 400; step++) {
    expect(replica.apply({ type: 'update', seq: 10 + step, ...session.step(500) })).toBe('applied');
  }
  const later = session.snapshot(0);
  expect(replica.fills).toEqual(later.fills);
  expect(replica.trades).toEqual(later.trades);
  expect(replica.ledger).toEqual(later.ledger);
  expect(replica.equity).toEqual(later.equity);
  expect(replica.candles.get('BTCUSDT')).toEqual(later.candles);
  expect(replica.fills.length).toBeGreaterThan(2);
});

test('changes nothing where a message is missing, and begins anew with the next snapshot', () => {
  const { session, replica } = begin();
  const missed = session.step(50);
  expect(missed.candles).toBeDefined();
  const fillsBefore = replica.fills.length;
  expect(replica.apply({ type: 'update', seq: 12, fills: [] })).toBe('gap');
  expect(replica.fills).toHaveLength(fillsBefore);
  expect(replica.apply(session.snapshot(40))).toBe('applied');
  expect(replica.apply({ type: 'update', seq: 41 })).toBe('applied');
  expect(replica.generation).toBe(2);
});

test('takes no update before a snapshot', () => {
  expect(new Replica().apply({ type: 'update', seq: 1 })).toBe('early');
});

test('tells which slices changed, once', () => {
  const { session, replica } = begin();
  replica.takeChanged();
  replica.apply({ type: 'update', seq: 11, books: session.snapshot(0).books });
  expect([...replica.takeChanged()]).toEqual(['books']);
  expect([...replica.takeChanged()]).toEqual([]);
});

test('keeps the rows of any number of updates within their limits', () => {
  const { session, replica } = begin();
  const [line] = session.snapshot(0).logs;
  const [order] = replayedOrders(session);
  if (line === undefined || order === undefined) throw new Error('the made-up session says nothing');
  for (let seq = 11; seq < 3_011; seq++) {
    replica.apply({
      type: 'update',
      seq,
      logs: [{ ...line, line_id: seq }],
      orders: [{ ...order, order_id: `o-${seq}`, status: 'filled' }],
    });
  }
  expect(replica.logs.length).toBeLessThanOrEqual(ROWS_MAX.logs * 1.25);
  expect(replica.logs.at(-1)?.line_id).toBe(3_010);
  expect(replica.orders.size).toBe(ROWS_MAX.orders);
});

test('never drops a working order for closed ones', () => {
  const { session, replica } = begin();
  const [order] = replayedOrders(session);
  if (order === undefined) throw new Error('the made-up session has no order');
  replica.apply({ type: 'update', seq: 11, orders: [{ ...order, order_id: 'resting', status: 'new' }] });
  for (let seq = 12; seq < 1_000; seq++) {
    replica.apply({ type: 'update', seq, orders: [{ ...order, order_id: `o-${seq}`, status: 'canceled' }] });
  }
  expect(replica.orders.get('resting')?.status).toBe('new');
});

test('replaces the live bar and puts a late one in its place', () => {
  const { replica } = begin();
  const bars = replica.candles.get('BTCUSDT') ?? [];
  const last = bars.at(-1);
  const third = bars.at(-3);
  if (last === undefined || third === undefined) throw new Error('no bars');
  const count = bars.length;
  replica.apply({
    type: 'update',
    seq: 11,
    candles: [
      { ...last, close: '1' },
      { ...third, close: '2' },
    ],
  });
  expect(bars).toHaveLength(count);
  expect(bars.at(-1)?.close).toBe('1');
  expect(bars.at(-3)?.close).toBe('2');
});

test('grows a stretch of bad data instead of adding it again', () => {
  const { replica } = begin();
  const [stretch] = replica.quality;
  if (stretch === undefined) throw new Error('no stretch');
  replica.apply({ type: 'update', seq: 11, quality: [{ ...stretch, to_ms: stretch.to_ms + 5_000 }] });
  expect(replica.quality).toHaveLength(1);
  expect(replica.quality[0]?.to_ms).toBe(stretch.to_ms + 5_000);
});

function replayedOrders(
  session: MadeUpSession,
): Replica['orders'] extends Map<string, infer Order> ? Order[] : never {
  for (let step = 0; step < 60; step++) session.step(50);
  return session.snapshot(0).orders;
}
