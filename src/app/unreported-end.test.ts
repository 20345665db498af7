import { expect, test } from 'vitest';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { LockHolder } from '../session/instance-lock.ts';
import { describeUnreportedEnd } from './unreported-end.ts';

const HOLDER: LockHolder = {
  pid: 42,
  identity: 'boot:1',
  since: '2026-11-22T16:39:00.123Z',
  sessionId: 's1',
};

const BEAT: HeartbeatFields = {
  ...{ ts: '2026-11-22T16:40:00.000Z', unix_ts: 1_795_365_600, pid: 42, session_id: 's1' },
  ...{ state: 'running', reason: null, symbol: 'BTCUSDT', elapsed: 1, remaining: null, equity: '10001.5' },
  ...{
    wallet_balance: '10000',
    unrealized_pnl: '1.5',
    position: '0.05',
    open_orders: 1,
    ram_mb: 1,
    events: 9,
  },
  ...{ cpu_percent: 1, cpu_pct: 1, event_loop_lag_ms: 1, clock_offset_ms: 0, round_trip_ms: 1, errors: 0 },
  ...{ feeds: {}, dashboard_url: null },
};

test('names the session, its process and its last heartbeat', () => {
  expect(describeUnreportedEnd(HOLDER, BEAT)).toBe(
    'session s1 (pid 42) ended without a report; last heartbeat 2026-11-22T16:40:00.000Z, running, position 0.05, open orders 1, equity 10001.5',
  );
});

test.each([
  ['nothing was left', null, null],
  ['the last session said that it ended', HOLDER, { ...BEAT, state: 'ended' as const }],
  ['it said so and took its lock file along', null, { ...BEAT, state: 'ended' as const }],
  ['the lock file names no session and nothing ever beat', { ...HOLDER, sessionId: null }, null],
])('says nothing where %s', (_, former, heartbeat) => {
  expect(describeUnreportedEnd(former, heartbeat)).toBeNull();
});

test('tells of a session that died before its first heartbeat, whatever the one before it said', () => {
  for (const heartbeat of [null, { ...BEAT, session_id: 's0', state: 'ended' as const }])
    expect(describeUnreportedEnd(HOLDER, heartbeat)).toBe(
      'session s1 (pid 42) ended without a report; no heartbeat',
    );
});

test('tells of a session whose lock file someone removed', () => {
  expect(describeUnreportedEnd(null, { ...BEAT, position: null })).toBe(
    'session s1 (pid 42) ended without a report; last heartbeat 2026-11-22T16:40:00.000Z, running',
  );
});

test('names every position that a session with several contracts held', () => {
  const held = { side: 'short', average_price: null, mark_price: null, unrealized_pnl: null } as const;
  const positions = [{ ...held, symbol: 'ETHUSDT', quantity: '-2' }];
  const beat = { ...BEAT, symbols: ['BTCUSDT', 'ETHUSDT'], position: '0', positions };
  expect(describeUnreportedEnd(HOLDER, beat)).toContain(', position ETHUSDT -2, open orders 1');
});
