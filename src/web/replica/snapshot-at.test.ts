import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { snapshotSchema } from '../../protocol/messages.ts';
import { explain } from '../explain/explain.ts';
import { Replica } from './replica.ts';
import { recordingSpan, snapshotAt } from './snapshot-at.ts';

function record(): ReturnType<MadeUpSession['recording']> {
  const session = new MadeUpSession(5, Date.UTC(2026, 10, 22, 22));
  for (let step = 0; step < 600; step++) session.step(500);
  return session.recording();
}

test('a moment shows what had happened by then and nothing later', () => {
  const recording = record();
  const [startMs, endMs] = recordingSpan(recording);
  for (const atMs of [startMs, Math.round((startMs + endMs) / 2), endMs]) {
    const snapshot = snapshotAt(recording, atMs, 1);
    expect(snapshotSchema.safeParse(snapshot).error).toBeUndefined();
    const times = [...snapshot.fills, ...snapshot.ledger, ...snapshot.equity, ...snapshot.logs].map(
      ({ time_ms: timeMs }) => timeMs,
    );
    expect(Math.max(0, ...times)).toBeLessThanOrEqual(atMs);
    expect(snapshot.fills).toHaveLength(
      recording.fills.filter(({ time_ms: timeMs }) => timeMs <= atMs).length,
    );
  }
  expect(recording.fills.length).toBeGreaterThan(4);
});

test('the wallet of any moment adds up from the ledger until then', () => {
  const recording = record();
  for (const { time_ms: atMs } of recording.equity.filter((_point, index) => index % 20 === 0)) {
    const replica = new Replica();
    replica.apply(snapshotAt(recording, atMs, 1));
    expect(explain({ kind: 'account', field: 'wallet' }, replica)?.addsUp).toBe(true);
  }
});

test('an order that closed later was still working', () => {
  const recording = record();
  const canceled = recording.orders.find(({ status }) => status === 'canceled');
  if (canceled?.closed_time_ms === undefined || canceled.closed_time_ms === null)
    throw new Error('no canceled order');
  const before = snapshotAt(recording, canceled.closed_time_ms - 1, 1).orders;
  const after = snapshotAt(recording, canceled.closed_time_ms, 1).orders;
  expect(before.find(({ order_id: id }) => id === canceled.order_id)?.status).toBe('new');
  expect(after.find(({ order_id: id }) => id === canceled.order_id)?.status).toBe('canceled');
});

test('the position of any moment is the sum of its fills', () => {
  const recording = record();
  const entry = recording.fills[0];
  if (entry === undefined) throw new Error('no fill');
  const pointMs = recording.equity.find(({ time_ms: timeMs }) => timeMs >= entry.time_ms)?.time_ms ?? 0;
  const [position] = snapshotAt(recording, pointMs, 1).positions;
  expect(Math.abs(Number(position?.quantity))).toBe(0.02);
  expect(position?.average_price).toBe(entry.price);
});
