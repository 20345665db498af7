import { expect, test } from 'vitest';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import { ConsoleProgress } from './console-progress.ts';

const FIELDS = {
  state: 'running',
  reason: null,
  symbol: 'BTCUSDT',
  elapsed: 3_725,
  remaining: 90_061,
  position: '0.01',
  equity: '10001.5',
  open_orders: 2,
} as unknown as HeartbeatFields;

const LINE = 'running  01:02:05 (1d 01:01:01 left)  BTCUSDT 68590  position 0.01  equity 10001.5  orders 2';

function record(isSilent = false): {
  progress: ConsoleProgress;
  written: string[];
  clock: { nowMs: number };
} {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const progress = new ConsoleProgress({
    write: (text) => written.push(text),
    isSilent,
    nowMs: () => clock.nowMs,
  });
  return { progress, written, clock };
}

test('writes a plain line every ten seconds when piped', () => {
  const { progress, written, clock } = record();
  for (clock.nowMs = 0; clock.nowMs <= 20_000; clock.nowMs += 1_000) progress.update(FIELDS, '68590');
  expect(written).toEqual([`${LINE}\n`, `${LINE}\n`, `${LINE}\n`]);
});

test('writes nothing for machines', () => {
  const { progress, written } = record(true);
  progress.update(FIELDS, '68590');
  progress.note('Connected');
  expect(written).toEqual([]);
});

test('names every open position of a session with several contracts', () => {
  const { progress, written } = record();
  const held = { side: 'long', average_price: null, mark_price: null, unrealized_pnl: null } as const;
  const several = { ...FIELDS, symbols: ['BTCUSDT', 'ETHUSDT'] };
  const positions = [
    { ...held, symbol: 'BTCUSDT', quantity: '0.01' },
    { ...held, symbol: 'ETHUSDT', quantity: '2' },
  ];
  progress.update({ ...several, positions }, '68590');
  expect(written.join('')).toContain('  position BTCUSDT 0.01, ETHUSDT 2  ');
});
