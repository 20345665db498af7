/**
 * Bars without a hole that nobody recorded: at the seam of history and live, over a frozen process, after missed bars, and
 * where the venue itself does not have one.
 *
 * The venue's clock is stepped ahead instead of waiting: to a session that is the same as having been away.
 */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type ShownBar, shownBars, waitUntilShown, writeBarRecorder } from './support/bar-recorder.ts';
import { type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { type EventOf, type LoggedEvent, eventsOf, readEvents } from './support/event-lines.ts';
import { exact } from './support/exact-decimal.ts';
import { type FaultyVenue, sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { type Program, endPrograms, runProgram, startProgram, waitFor } from './support/program.ts';
import { isSlice, watchTrades } from './support/trade-witness.ts';
import {
  type LogLine,
  makeWorkspace,
  readHeartbeat,
  readSystemLog,
  removeWorkspaces,
  waitForLine,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 150_000;
const WAIT_LIMIT_MS = 60_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** A session starts in about five seconds, on a busy machine in half a minute: long before the minute ends. */
const START_TIME = '2026-03-05T12:00:05Z';
/** Where its end is waited for. */
const LATE_START_TIME = '2026-03-05T12:00:45Z';

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

interface Session {
  readonly venue: FaultyVenue;
  readonly workspace: string;
  readonly program: Program;
}

interface EndedSession {
  readonly document: ReportDocument;
  readonly log: readonly LogLine[];
  readonly events: readonly LoggedEvent[];
  readonly bars: readonly EventOf<'bar'>[];
  readonly shown: readonly ShownBar[];
}

/** Starts a venue and a session at it that records the bars it is shown; returns once it trades. */
async function startSession(
  options: readonly string[],
  { startTime = START_TIME, script }: { startTime?: string; script?: object[] } = {},
): Promise<Session> {
  const venue = await startFaultyVenue('--start-time', startTime, '--symbol', 'BTCUSDT');
  const workspace = makeWorkspace();
  const trading =
    script === undefined
      ? writeBarRecorder(workspace, 20)
      : ['--strategy', 'scripted', '--params', writeScript(workspace, script)];
  const program = startProgram(sessionAt(workspace, ...trading, ...options), { env: venue.env });
  await waitUntilRunning(program, workspace);
  return { venue, workspace, program };
}

/** Lets the session end by itself, or asks it to; it must end with 0. */
async function endSession({ workspace, program }: Session, isAsked: boolean): Promise<EndedSession> {
  if (isAsked) process.kill(readHeartbeat(workspace).pid, 'SIGTERM');
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  const document = reportDocumentShape.parse(JSON.parse(printed.stdout));
  const events = readEvents(join(workspace, 'runs/latest'));
  return {
    document,
    log: readSystemLog(workspace),
    events,
    // Those that tell what happened to orders meanwhile are no bars of the strategy's.
    bars: eventsOf(events, 'bar').filter(({ reconstructed }) => !reconstructed),
    shown: shownBars(document.orders),
  };
}

async function venueTimeMs(venue: FaultyVenue): Promise<number> {
  return (await venue.state()).venue_time_ms;
}

/** Waits until the venue's clock stands this far after a full minute. */
async function untilSecond(venue: FaultyVenue, second: number): Promise<void> {
  const nowMs = await venueTimeMs(venue);
  await delay((second * SECOND_MS - (nowMs % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
}

function openTimes(bars: readonly EventOf<'bar'>[]): number[] {
  return bars.map(({ open_ms: openMs }) => openMs);
}

/** Every open time from the first to the last, one bar length apart. */
function unbroken(bars: readonly EventOf<'bar'>[], lengthMs: number): number[] {
  const times = openTimes(bars);
  return Array.from(times, (_, row) => (times[0] ?? 0) + row * lengthMs);
}

function live(bars: readonly EventOf<'bar'>[]): EventOf<'bar'>[] {
  return bars.filter(({ history }) => !history);
}

/** What the strategy was shown is what was recorded, in order, each bar once. */
function expectShown({ bars, shown }: EndedSession): void {
  expect(shown.map(({ openMs, volumeLots }) => [openMs, volumeLots])).toEqual(
    live(bars).map(({ open_ms: openMs, volume }) => [openMs, Math.round(Number(volume) * 10_000)]),
  );
}

function said(log: readonly LogLine[], msg: string): LogLine[] {
  return log.filter((line) => line.msg === msg);
}

describe.concurrent('the bars of a session', { timeout: TEST_LIMIT_MS }, () => {
  test('have no hole between history and live, nor over a process that was stopped at a minute, and lose no trade', async () => {
    // Time to start on a busy machine before the minute ends.
    const session = await startSession(['--duration', 'forever'], { startTime: '2026-03-05T12:00:36Z' });
    const { venue, workspace } = session;
    const witness = await watchTrades(venue.env['BITUNIX_WS_URL'] ?? '', 'BTCUSDT');
    const before = witness.trades.length;
    await untilSecond(venue, 57);
    const closingMs = Math.floor((await venueTimeMs(venue)) / MINUTE_MS) * MINUTE_MS;
    const { pid } = readHeartbeat(workspace);
    process.kill(pid, 'SIGSTOP');
    await delay(5 * SECOND_MS);
    process.kill(pid, 'SIGCONT');
    await waitUntilShown(session.program, workspace, closingMs);
    const haveTraded = (): true | null => witness.trades.length > before + 120 || null;
    await waitFor(session.program, 'trades', WAIT_LIMIT_MS, haveTraded);
    const ended = await endSession(session, true);
    witness.close();
    const { bars, document, log, events } = ended;
    expect(openTimes(bars)).toEqual(unbroken(bars, MINUTE_MS));
    expect(live(bars).length).toBeGreaterThanOrEqual(1);
    for (const bar of live(bars)) expect(bar.unconfirmed).toBe(false);
    expectShown(ended);
    expect(said(log, 'Gap detected!')).toEqual([]);
    expect(document.report).toMatchObject({ gaps: 0, reconnects: 0, status: 'success' });
    // Every trade that another client was told of reached the engine, in the same order, once.
    const traded = eventsOf(events, 'trade').map(
      ({ side, price, quantity }) => `${side} ${price} ${quantity}`,
    );
    const first = witness.trades.slice(before, before + 5).join('\n');
    const from = traded.findIndex((_, row) => traded.slice(row, row + 5).join('\n') === first);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(traded.length - from).toBeGreaterThan(100);
    expect(witness.isWhole()).toBe(true);
    expect(isSlice(traded.slice(from), witness.trades)).toBe(true);
  });

  test.each([
    ['1m', MINUTE_MS, 4],
    ['15m', 15 * MINUTE_MS, 3],
    ['1h', HOUR_MS, 2],
  ])(
    'that were missed are fetched in order before any later one (%s)',
    async (interval, lengthMs, missed) => {
      const session = await startSession(['--duration', 'forever', '--interval', interval]);
      const { venue, workspace, program } = session;
      const nowMs = await venueTimeMs(venue);
      const backMs = (Math.floor(nowMs / lengthMs) + missed) * lengthMs;
      await venue.addFaults({ kind: 'shift_clock', ms: backMs + 5 * SECOND_MS - nowMs });
      await waitUntilShown(program, workspace, backMs - lengthMs);
      const ended = await endSession(session, true);
      const { bars, document, log } = ended;
      expect(openTimes(bars)).toEqual(unbroken(bars, lengthMs));
      expect(live(bars).length).toBeGreaterThanOrEqual(2);
      for (const bar of bars) expect(bar).toMatchObject({ length_ms: lengthMs, unconfirmed: false });
      expectShown(ended);

      const gaps = document.quality.filter(({ kind }) => kind === 'gap');
      expect(gaps).toMatchObject([{ feed: 'kline', symbol: 'BTCUSDT', backfilled: true }]);
      const { from_ms: fromMs = 0, to_ms: toMs = 0 } = gaps[0] ?? {};
      expect(
        said(log, 'Gap detected!').map(({ level, from, to, missing }) => ({ level, from, to, missing })),
      ).toEqual([{ level: 'warning', from: fromMs, to: toMs, missing: (toMs - fromMs) / lengthMs }]);
      expect(openTimes(live(bars))).toContain(fromMs);
      expect(document.report).toMatchObject({ gaps: 1, gaps_backfilled: 1 });
      expect(document.report.gap_seconds).toBe((toMs - fromMs) / SECOND_MS);
    },
  );

  test('that the venue does not have stay a recorded hole, and the session is degraded', async () => {
    const session = await startSession(['--duration', 'forever']);
    const { venue, workspace, program } = session;
    await venue.addFaults({ kind: 'skip_bar', bars: 1 });
    const [missing] = (await venue.state()).missing_bars;
    const holeMs = missing?.from_ms ?? 0;
    await venue.addFaults({
      kind: 'shift_clock',
      ms: holeMs + 2 * MINUTE_MS + 5 * SECOND_MS - (await venueTimeMs(venue)),
    });
    await waitForLine(program, workspace, 'record of the hole', ({ event }) => event === 'bars_missing');
    await waitUntilShown(program, workspace, holeMs + MINUTE_MS);
    const ended = await endSession(session, true);
    const { bars, document, log } = ended;
    const all = Array.from(
      { length: bars.length + 1 },
      (_, row) => (bars[0]?.open_ms ?? 0) + row * MINUTE_MS,
    );
    expect(openTimes(bars)).toEqual(all.filter((openMs) => openMs !== holeMs));
    expectShown(ended);
    // Of the bars, and of the time that could not be played through whole.
    const feeds = document.quality.filter(({ kind, backfilled }) => kind === 'gap' && !backfilled);
    expect(feeds.map(({ feed }) => feed).toSorted()).toEqual(['kline', 'network']);
    expect(said(log, 'Gap detected!')).toHaveLength(2);
    expect(document.report).toMatchObject({ status: 'degraded', gaps: 2, gaps_backfilled: 0 });
  });

  test('that REST does not have in time are taken from the last frame, and marked', async () => {
    const session = await startSession(['--duration', 'forever'], { startTime: LATE_START_TIME });
    const { venue, workspace, program } = session;
    await venue.addFaults({ kind: 'skip_bar', bars: 1, rest_only: true });
    const openMs = (await venue.state()).missing_bars[0]?.from_ms ?? 0;
    await delay(openMs + 4 * SECOND_MS - (await venueTimeMs(venue)));
    await venue.addFaults({
      kind: 'shift_clock',
      ms: openMs + MINUTE_MS + 2 * SECOND_MS - (await venueTimeMs(venue)),
    });
    await waitUntilShown(program, workspace, openMs);
    expect(program.process.exitCode).toBeNull();
    expect(readHeartbeat(workspace).state).toBe('running');
    const ended = await endSession(session, true);
    const { bars, document } = ended;
    expect(openTimes(bars)).toEqual(unbroken(bars, MINUTE_MS));
    expect(live(bars).at(-1)?.open_ms).toBe(openMs);
    for (const bar of live(bars)) expect(bar.unconfirmed).toBe(bar.open_ms === openMs);
    expectShown(ended);
    expect(document.report.gaps).toBe(0);
  });

  test('that are still being asked for when the session ends are a gap that was not filled', async () => {
    const session = await startSession(['--duration', 'forever']);
    const { venue, workspace, program } = session;
    await venue.addFaults(
      { kind: 'rest_error', path: 'kline', http_status: 503, for: '60s' },
      { kind: 'shift_clock', ms: 200 * SECOND_MS },
    );
    await waitForLine(program, workspace, 'gap', ({ msg }) => msg === 'Gap detected!');
    const { document, log } = await endSession(session, true);
    expect(said(log, 'Gap detected!')).toHaveLength(1);
    expect(document.quality.filter(({ kind }) => kind === 'gap')).toMatchObject([
      { feed: 'kline', backfilled: false },
    ]);
    expect(document.report).toMatchObject({ status: 'degraded', gaps: 1, gaps_backfilled: 0 });
  });

  test('keep new risk out while they are missing, and let it in once they have come', async () => {
    const at = [...Array(80).keys()].map((row) => `${248 + row}s`);
    const orders = at.map((time) => ({
      at: time,
      action: 'submit',
      id: time,
      side: 'buy',
      type: 'limit',
      quantity: '0.001',
      // Far from the market, and known without it.
      price: '60000',
    }));
    const session = await startSession(['--duration', 'forever'], { script: orders });
    const { venue, workspace, program } = session;
    await venue.addFaults(
      { kind: 'rest_error', path: 'kline', http_status: 503, for: '14s' },
      { kind: 'shift_clock', ms: 4 * MINUTE_MS },
    );
    const isFetched = (): true | null => {
      const { feeds, open_orders: openOrders } = readHeartbeat(workspace);
      return ((feeds['kline']?.gaps ?? 0) > 0 && (openOrders ?? 0) > 0) || null;
    };
    await waitFor(program, 'order after the gap', WAIT_LIMIT_MS, isFetched);
    const { document, bars } = await endSession(session, true);
    expect(openTimes(bars)).toEqual(unbroken(bars, MINUTE_MS));
    const { to_ms: toMs = 0 } =
      document.quality.find(({ feed, kind }) => feed === 'kline' && kind === 'gap') ?? {};
    const fetchedMs =
      bars.find(({ open_ms: openMs }) => openMs === toMs - MINUTE_MS)?.received_ms ?? Infinity;
    // The book waits for the missed minutes too, which come from the same place.
    const denied = document.denials.filter(
      ({ reason }) => reason === 'bars_missing' || reason === 'market_data_stale',
    );
    expect(denied.length).toBeGreaterThanOrEqual(3);
    for (const denial of denied.filter(({ reason }) => reason === 'bars_missing')) {
      expect(denial.time_ms).toBeLessThanOrEqual(fetchedMs);
      expect(denial.numbers['overdueMs']).toBeGreaterThan(0);
    }
    const accepted = document.orders.filter(({ status }) => status !== 'denied');
    expect(accepted.length).toBeGreaterThanOrEqual(1);
    for (const order of accepted) expect(order.decision_time_ms).toBeGreaterThanOrEqual(fetchedMs);
    expect(document.denials).toHaveLength(denied.length);
    expect(exact(document.report.ledger_difference)).toBe(0n);
  });
});
