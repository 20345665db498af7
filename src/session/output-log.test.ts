import { expect, test } from 'vitest';
import type { DenialReason } from '../core/domain/reasons.ts';
import type { LogLevel } from '../core/domain/outputs.ts';
import { OutputLog } from './output-log.ts';

test.each<[DenialReason, string]>([
  [{ code: 'order_rate', ordersInLastSecond: 11, limit: 10 }, 'Order denied by the risk gate'],
  [{ code: 'day_loss', loss: '500', limit: '500' }, 'Order denied by the risk gate'],
  [{ code: 'paused' }, 'Order denied: the session is paused'],
  [{ code: 'not_running', state: 'warming' }, 'Order denied: the session is not trading'],
  [
    { code: 'market_data_stale', ageMs: 31_000, limitMs: 30_000 },
    'Order denied: its market data is not fresh',
  ],
  [{ code: 'bars_missing', overdueMs: 90_000 }, 'Order denied: its market data is not fresh'],
  [
    { code: 'not_amendable', orderId: 's-1', status: 'filled' },
    'Amendment denied: an order of that type or status cannot be amended',
  ],
  [{ code: 'order_unknown', orderId: 'tp' }, 'Cancel or amendment denied: there is no such order'],
])('a denial says what denied it: %j', (reason, msg) => {
  const lines: { level: LogLevel; event: string; msg: string; fields: unknown }[] = [];
  const logger = {
    log: (level: LogLevel, event: string, text: string, fields: unknown) => {
      lines.push({ level, event, msg: text, fields });
    },
  };
  new OutputLog(logger, []).deliver([{ type: 'denial', timeMs: 7, orderId: null, intent: null, reason }]);
  expect(lines).toEqual([
    { level: 'warning', event: 'order_denied', msg, fields: { time_ms: 7, order_id: null, ...reason } },
  ]);
});
