import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import { Heartbeat, type HeartbeatView } from './heartbeat.ts';

const VIEW: HeartbeatView = {
  session_id: 's1',
  state: 'running',
  reason: null,
  symbol: 'BTCUSDT',
  elapsed: 12,
  remaining: null,
  equity: '10000',
  wallet_balance: '10000',
  unrealized_pnl: '0',
  position: '-0.01',
  open_orders: 1,
  clock_offset_ms: null,
  round_trip_ms: null,
  events: 7,
  errors: 0,
  feeds: { ticker: { state: 'connected', age_ms: 40, reconnects: 0, gaps: 0 } },
  dashboard_url: null,
};

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'la-heartbeat-'));
  path = join(directory, 'logs', 'heartbeat.json');
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

function createHeartbeat(view: () => HeartbeatView, onError: (error: unknown) => void = failTest): Heartbeat {
  return new Heartbeat({
    path,
    clock: { nowMs: () => 1_795_365_540_123, monotonicMs: () => 0 },
    view,
    sampleResources: () => ({ ramMb: 80.5, cpuPercent: 3.5, eventLoopLagMs: 1 }),
    onError,
  });
}

function failTest(error: unknown): void {
  throw error;
}

function read(): HeartbeatFields {
  return JSON.parse(readFileSync(path, 'utf8')) as HeartbeatFields;
}

test('writes what the session knows with time, process and resources, and null for what is unknown', () => {
  createHeartbeat(() => VIEW).start();
  expect(read()).toEqual({
    ts: '2026-11-22T16:39:00.123Z',
    unix_ts: 1_795_365_540.123,
    pid: process.pid,
    ...VIEW,
    ram_mb: 80.5,
    cpu_percent: 3.5,
    cpu_pct: 3.5,
    event_loop_lag_ms: 1,
  });
});

test('beats once a second and leaves no other file behind', () => {
  let events = 0;
  createHeartbeat(() => ({ ...VIEW, events: ++events })).start();
  expect(read().events).toBe(1);
  vi.advanceTimersByTime(999);
  expect(read().events).toBe(1);
  vi.advanceTimersByTime(1);
  expect(read().events).toBe(2);
  expect(readdirSync(join(directory, 'logs'))).toEqual(['heartbeat.json']);
});

test('writes a last beat when stopped, and none after it', () => {
  let state: HeartbeatView['state'] = 'running';
  const heartbeat = createHeartbeat(() => ({ ...VIEW, state }));
  heartbeat.start();
  state = 'ended';
  heartbeat.stop();
  expect(read().state).toBe('ended');
  state = 'running';
  vi.advanceTimersByTime(5_000);
  expect(read().state).toBe('ended');
});

test('survives the loss of its folder', () => {
  createHeartbeat(() => VIEW).start();
  rmSync(join(directory, 'logs'), { recursive: true });
  vi.advanceTimersByTime(1_000);
  expect(existsSync(path)).toBe(true);
});

test('reports a beat that fails and goes on with the next one', () => {
  const errors: unknown[] = [];
  let broken = false;
  const heartbeat = createHeartbeat(
    () => {
      if (broken) throw new Error('no view');
      return VIEW;
    },
    (error) => errors.push(error),
  );
  heartbeat.start();
  broken = true;
  vi.advanceTimersByTime(1_000);
  broken = false;
  rmSync(path);
  vi.advanceTimersByTime(1_000);
  expect(errors).toHaveLength(1);
  expect(read().session_id).toBe('s1');
});
