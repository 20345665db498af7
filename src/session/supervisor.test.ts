import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { ProcessEnd } from './restart-policy.ts';
import {
  FROZEN_AFTER_MS,
  type NextSession,
  STARTING_PATIENCE_MS,
  STOPPING_PATIENCE_MS,
  Supervisor,
} from './supervisor.ts';

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15 };

interface Started {
  readonly pid: number;
  readonly remainingMs: number | null;
  readonly kind: NextSession['kind'];
  readonly signals: NodeJS.Signals[];
  readonly end: (end: ProcessEnd) => void;
}

let started: Started[];
let isResumable: boolean;
let alerts: string[];
let heartbeat: HeartbeatFields | null;
let isHeldByOther: boolean;
let signsOfLife: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_795_365_540_000 });
  started = [];
  isResumable = false;
  alerts = [];
  heartbeat = null;
  isHeldByOther = false;
  signsOfLife = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

function supervise(durationMs: number | null): { supervisor: Supervisor; exitCode: Promise<number> } {
  const supervisor = new Supervisor({
    durationMs,
    canResume: () => isResumable,
    start({ kind, remainingMs }) {
      const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
      const pid = 100 + started.length;
      const signals: NodeJS.Signals[] = [];
      started.push({ pid, remainingMs, kind, signals, end: resolve });
      const kill = (signal: NodeJS.Signals): void => {
        signals.push(signal);
        if (signal === 'SIGKILL') resolve({ code: null, signal });
      };
      return { pid, ended: promise, kill };
    },
    readHeartbeat: () => heartbeat,
    onAlive: () => void signsOfLife++,
    markEnded: (last) => (heartbeat = { ...last, state: 'ended', reason: 'crashed' }),
    isHeldByOther: () => isHeldByOther,
    lastWords: (last) => `last ${last?.state ?? 'nothing'}`,
    signalNumber: (signal) => SIGNAL_NUMBERS[signal] ?? 0,
    alerts: { raise: (level, reason, text) => void alerts.push(`${level} ${reason}: ${text}`) },
    note: () => {},
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  });
  return { supervisor, exitCode: supervisor.run() };
}

/** The newest session says that it lives. */
function beat(fields: Partial<HeartbeatFields> = {}): void {
  heartbeat = {
    ...{ ts: new Date().toISOString(), unix_ts: Date.now() / 1_000, pid: newest().pid, session_id: 's1' },
    ...{ state: 'running', reason: null, symbol: 'BTCUSDT', elapsed: 1, remaining: null, equity: '10000' },
    ...{
      wallet_balance: '10000',
      unrealized_pnl: '0',
      position: '0',
      open_orders: 0,
      ram_mb: 1,
      cpu_percent: 1,
    },
    ...{ cpu_pct: 1, event_loop_lag_ms: 1, clock_offset_ms: 0, round_trip_ms: 1, errors: 0, feeds: {} },
    ...{ dashboard_url: null, events: Math.floor(Date.now() / 1_000) },
    ...fields,
  };
}

async function beatFor(seconds: number, fields: Partial<HeartbeatFields> = {}): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    beat(fields);
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

function newest(): Started {
  const last = started.at(-1);
  if (last === undefined) throw new Error('nothing was started');
  return last;
}

/** The newest session ends; the supervisor then waits as long as it may. */
async function end(code: number | null, signal: NodeJS.Signals | null = null): Promise<void> {
  newest().end({ code, signal });
  await vi.advanceTimersByTimeAsync(20_000);
}

test.each([0, 2, 3, 4, 5, 6, 7, 99])('ends with a session that ended with %i', async (code) => {
  const { exitCode } = supervise(null);
  await end(code);
  expect(await exitCode).toBe(code);
  expect(started).toHaveLength(1);
  expect(alerts).toEqual([]);
});

test('starts a crashed session again with what is left of its duration', async () => {
  const { exitCode } = supervise(600_000);
  await vi.advanceTimersByTimeAsync(4_000);
  beat({ remaining: 600 });
  await vi.advanceTimersByTimeAsync(1_000);
  await beatFor(99, { remaining: 1 });
  beat({ state: 'ended', reason: 'crashed' });
  newest().end({ code: 1, signal: null });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.map(({ kind }) => kind)).toEqual(['first', 'another']);
  // The wait of one second is over when it starts, but the rest was counted before it.
  expect(newest().remainingMs).toBe(500_000);
  await end(0);
  expect(await exitCode).toBe(0);
  // The session reported its crash itself.
  expect(alerts).toEqual([]);
});

test('continues a session that had begun, also after its time, so that it closes what is open', async () => {
  isResumable = true;
  const { exitCode } = supervise(10_000);
  await beatFor(1, { remaining: 10 });
  await beatFor(9, {});
  await end(null, 'SIGKILL');
  expect(started.map(({ kind }) => kind)).toEqual(['first', 'resumed']);
  await end(0);
  expect(await exitCode).toBe(0);
});

test('waits for a session that is continued while it replays its log', async () => {
  isResumable = true;
  const { exitCode } = supervise(null);
  await end(null, 'SIGKILL');
  await vi.advanceTimersByTimeAsync(10 * STARTING_PATIENCE_MS);
  expect(started.at(-1)).toMatchObject({ kind: 'resumed', signals: [] });
  await end(0);
  expect(await exitCode).toBe(0);
});

test('keeps the whole duration for a session that never got one to live', async () => {
  const { exitCode } = supervise(600_000);
  await end(1);
  expect(newest().remainingMs).toBe(600_000);
  await end(0);
  expect(await exitCode).toBe(0);
});

test('starts no other session for the last second of a duration', async () => {
  const { exitCode } = supervise(10_000);
  await beatFor(1, { remaining: 10 });
  await beatFor(9, {});
  await end(1);
  expect(await exitCode).toBe(1);
  expect(started).toHaveLength(1);
});

test('reports a session that was killed, once, and starts it again', async () => {
  const { exitCode } = supervise(null);
  await beatFor(3);
  await end(null, 'SIGKILL');
  expect(alerts).toEqual([
    'critical crashed: session s1 (pid 100) ended without a report (SIGKILL); last running',
  ]);
  expect(heartbeat).toMatchObject({ pid: 100, state: 'ended', reason: 'crashed' });
  expect(started).toHaveLength(2);
  await end(0);
  expect(await exitCode).toBe(0);
});

test('tells a service manager that it lives for as long as its session does', async () => {
  const { exitCode } = supervise(null);
  await beatFor(5);
  expect(signsOfLife).toBeGreaterThanOrEqual(4);
  const before = signsOfLife;
  await end(0);
  expect(await exitCode).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(signsOfLife).toBe(before);
});

test('does not start again where another session holds the workspace', async () => {
  const { exitCode } = supervise(null);
  isHeldByOther = true;
  await end(1);
  expect(await exitCode).toBe(1);
  expect(started).toHaveLength(1);
});

test('does not start again where the session says that its workspace cannot be written', async () => {
  const { exitCode } = supervise(null);
  beat({ state: 'ended', reason: 'workspace_unwritable' });
  await end(1);
  expect(await exitCode).toBe(1);
});

test('gives up after five restarts, with an alert, and ends as the last session did', async () => {
  const { exitCode } = supervise(null);
  for (let session = 0; session < 6; session++) await end(null, 'SIGKILL');
  expect(await exitCode).toBe(137);
  expect(started).toHaveLength(6);
  expect(alerts.at(-1)).toBe('critical watch_gave_up: gave up after 5 restarts in 10 minutes');
});

test.each([
  ['whose loop stands still', {}, FROZEN_AFTER_MS],
  ['that writes its results for too long', { state: 'stopping' }, STOPPING_PATIENCE_MS],
] as const)('kills a session %s', async (_, fields, patienceMs) => {
  const { supervisor, exitCode } = supervise(null);
  await beatFor(5);
  beat(fields);
  await vi.advanceTimersByTimeAsync(patienceMs - 1_000);
  expect(newest().signals).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(started[0]?.signals).toEqual(['SIGKILL']);
  expect(alerts).toHaveLength(1);
  expect(alerts[0]).toMatch(/^critical crashed: session s1 \(pid 100\) is frozen: no sign of life for \d+ s/);
  expect(started).toHaveLength(2);
  supervisor.signal('SIGTERM');
  await end(0);
  expect(await exitCode).toBe(0);
});

test('kills a session that beats but whose engine counts no event any more', async () => {
  supervise(null);
  await beatFor(5);
  await beatFor(FROZEN_AFTER_MS / 1_000 + 2, { events: 7 });
  expect(started[0]?.signals).toEqual(['SIGKILL']);
});

test('gives a session without any heartbeat longer', async () => {
  supervise(null);
  await vi.advanceTimersByTimeAsync(STARTING_PATIENCE_MS - 1_000);
  expect(newest().signals).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(started[0]?.signals).toEqual(['SIGKILL']);
});

test('does not take a heartbeat of another process for that of its session', async () => {
  supervise(null);
  beat({ pid: 4_711 });
  await beatFor(STARTING_PATIENCE_MS / 1_000 + 1, { pid: 4_711 });
  expect(started[0]?.signals).toEqual(['SIGKILL']);
});

test('passes signals on and starts nothing after them, whatever the session does', async () => {
  const { supervisor, exitCode } = supervise(null);
  await beatFor(2);
  supervisor.signal('SIGTERM');
  supervisor.signal('SIGTERM');
  expect(newest().signals).toEqual(['SIGTERM', 'SIGTERM']);
  await end(1);
  expect(await exitCode).toBe(1);
  expect(started).toHaveLength(1);
});

test('ends at once when a signal comes while it waits to start again', async () => {
  const { supervisor, exitCode } = supervise(null);
  newest().end({ code: 1, signal: null });
  await vi.advanceTimersByTimeAsync(500);
  supervisor.signal('SIGINT');
  expect(await exitCode).toBe(1);
  expect(started).toHaveLength(1);
});
