import { expect, test } from 'vitest';
import type { Output } from '../core/domain/outputs.ts';
import { LiquidationAlerts } from './liquidation-alerts.ts';

test('every liquidation leaves one critical alert, other lines none', () => {
  const raised: string[][] = [];
  const sink = new LiquidationAlerts({ raise: (...line) => void raised.push(line) });
  const line = (event: string): Output => ({
    ...{ type: 'log', timeMs: 1, level: 'critical', event, msg: `Liquidation: ${event}`, fields: {} },
  });
  sink.deliver([line('high_memory'), line('liquidation'), line('liquidation')]);
  expect(raised).toEqual([
    ['critical', 'liquidation', 'Liquidation: liquidation'],
    ['critical', 'liquidation', 'Liquidation: liquidation'],
  ]);
});
