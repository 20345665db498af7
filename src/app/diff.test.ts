import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIo } from '../../test/builders/captured-io.ts';
import { recordSession } from '../../test/builders/recorded-session.ts';
import { diff } from './diff.ts';
import { alignOrders } from './order-alignment.ts';
import type { OrderDifference, RunDifference } from './run-difference.ts';

let workspace = '';
beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-diff-'));
  await recordSession(workspace);
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

async function rerun(...changes: string[]): Promise<{ code: number; result: RunDifference }> {
  const io = captureIo(true);
  const code = await diff({ workspace, operand: 'latest', other: null, changes }, io);
  return { code, result: JSON.parse(io.out()) as RunDifference };
}

function causes(differences: readonly OrderDifference[]): string[] {
  return [...new Set(differences.map(({ cause }) => cause))];
}

describe('la diff', () => {
  test('finds nothing between a session and its rerun, or itself', async () => {
    const { code, result } = await rerun();
    expect(code).toBe(0);
    expect(result.differences).toEqual([]);
    expect(result.orders.identical).toBeGreaterThan(8);
    const io = captureIo();
    expect(await diff({ workspace, operand: 'latest', other: 'latest', changes: [] }, io)).toBe(0);
    expect(io.out()).toMatch(/orders: \d+ identical, 0 different, 0 only in a, 0 only in b/);
  });

  test('names a longer way as the cause of what it changes', async () => {
    const { code, result } = await rerun('request_latency_ms=900');
    expect(code).toBe(1);
    expect(result.settings).toEqual([{ field: 'request_latency_ms', a: '100', b: '900' }]);
    expect(result.differences[0]).toMatchObject({ client_order_id: 'in-0', cause: 'latency' });
    expect(result.differences[0]?.fields).toContainEqual({ field: 'travel_ms', a: '100', b: '900' });
  });

  test('names other fees and another fill model as the model', async () => {
    const fees = await rerun('taker_fee_rate=0.001');
    expect(causes(fees.result.differences)).toEqual(['model']);
    expect(fees.result.differences[0]?.because).toBe('taker_fee_rate differs');
    const parametric = await rerun('fill_model=parametric');
    expect(parametric.result.differences[0]).toMatchObject({ cause: 'model', because: 'fill_model differs' });
  });

  test('names the strategy where its parameters are others', async () => {
    const actions = [
      { at: '1000ms', id: 'in-0', action: 'submit', type: 'market', side: 'buy', quantity: '0.1' },
    ];
    const { result } = await rerun(`params.actions=${JSON.stringify(actions)}`);
    expect(result.differences[0]).toMatchObject({ client_order_id: 'in-0', cause: 'strategy' });
    expect(result.differences[0]?.fields).toContainEqual({ field: 'quantity', a: '0.3', b: '0.1' });
    expect(result.orders.only_a).toBeGreaterThan(4);
    expect(causes(result.differences)).toEqual(['strategy']);
  });

  test('says it as a table, and refuses a setting that is none', async () => {
    const io = captureIo();
    expect(
      await diff({ workspace, operand: 'latest', other: null, changes: ['request_latency_ms=900'] }, io),
    ).toBe(1);
    expect(io.out()).toMatch(/DECISION +ORDER +WHAT +CAUSE +BECAUSE/);
    expect(io.out()).toMatch(/BTCUSDT buy market in-0 +travel_ms 100 -> 900/);
    await expect(rerun('speed=3')).rejects.toThrow(/--set: expected .*request_latency_ms.* found speed/);
    await expect(rerun('leverage="high"')).rejects.toThrow(/leverage: expected a number/);
    await expect(rerun('interval=5m')).rejects.toThrow(/belongs to the recording/);
    await expect(rerun('params.actions=[{"at":"never"}]')).rejects.toThrow(/--params: actions/);
    expect(await diff({ workspace, operand: 'latest', other: 'nope', changes: [] }, captureIo())).toBe(2);
  });

  test('pairs two recordings of different days from their starts', async () => {
    await recordSession(workspace, { seed: 12, sessionId: 'synthetic-2' });
    const io = captureIo(true);
    expect(await diff({ workspace, operand: 'synthetic-1', other: 'synthetic-2', changes: [] }, io)).toBe(1);
    const result = JSON.parse(io.out()) as RunDifference;
    expect(result.orders.only_a + result.orders.only_b).toBeLessThan(result.orders.different + 3);
  });
});

test('orders without a name are paired by the nearest decision within the tolerance', () => {
  const order = (id: string, timeMs: number): Parameters<typeof alignOrders>[0][number] => ({
    order: {
      order_id: id,
      client_order_id: null,
      symbol: 'BTCUSDT',
      side: 'buy',
      type: 'market',
      quantity: '1',
      price: null,
      time_in_force: 'ioc',
      reduce_only: false,
      status: 'filled',
      reason: null,
      decision_time_ms: timeMs,
      arrival_time_ms: timeMs,
      closed_time_ms: timeMs,
      filled_quantity: '1',
      average_price: '1',
    },
    fills: [],
  });
  const pairs = alignOrders(
    [order('a1', 1_000), order('a2', 10_000), order('a3', 20_000)],
    [order('b1', 101_100), order('b2', 110_900), order('b3', 150_000)],
    { toleranceMs: 1_000, shiftMs: -100_000 },
  );
  expect(pairs.map(({ a, b }) => [a?.order.order_id ?? null, b?.order.order_id ?? null])).toEqual([
    ['a1', 'b1'],
    ['a2', 'b2'],
    ['a3', null],
    [null, 'b3'],
  ]);
});
