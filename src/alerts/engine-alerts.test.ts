import { expect, test } from 'vitest';
import type { Output } from '../core/domain/outputs.ts';
import { EngineAlerts } from './engine-alerts.ts';

test('what the engine did on its own account leaves one alert each, other lines none', () => {
  const raised: string[][] = [];
  const sink = new EngineAlerts({ raise: (...line) => void raised.push(line) });
  const line = (event: string): Output => ({
    ...{ type: 'log', timeMs: 1, level: 'critical', event, msg: `Line: ${event}`, fields: {} },
  });
  sink.deliver([line('high_memory'), line('liquidation'), line('liquidation'), line('risk_limit')]);
  expect(raised).toEqual([
    ['critical', 'liquidation', 'Line: liquidation'],
    ['critical', 'liquidation', 'Line: liquidation'],
    ['warning', 'risk_limit', 'Line: risk_limit'],
  ]);
});
