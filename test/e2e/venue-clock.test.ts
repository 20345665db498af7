/**
 * Whole sessions at venues whose clock is not ours: far off, stepping, or ours stepping beside it.
 *
 * Steps of the local clock need libfaketime, which lies between the program and the system; where it is not installed that
 * test is skipped. Everything else of it is proven with an injected clock beside the venue's client.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type Heartbeat, finalReportShape } from './support/contract-shapes.ts';
import {
  type EventOf,
  type LoggedEvent,
  eventsOf,
  readEvents,
  waitUntilLogged,
} from './support/event-lines.ts';
import { type FaultyVenue, sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { endPrograms, startProgram, waitFor } from './support/program.ts';
import {
  makeWorkspace,
  readHeartbeat,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 200_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** From a step of either clock to the offset in the heartbeat. */
const SHOWN_WITHIN_MS = 40_000;
/** What the network, the venue's own delay and the estimate of its clock leave open. */
const OFFSET_LIMIT_MS = 150;
/**
 * Four times as long as a session waits for lost data. An hour would say no more, and the venue, which plays all of it at once,
 * would be silent on a busy machine for longer than a connection may be.
 */
const FAR_AHEAD_MS = 20 * MINUTE_MS;
/** Far less than any of the clocks is off, and more than a busy machine makes late. */
const SOON_MS = 20 * SECOND_MS;
const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** Holds a position, and trades again long after the step. */
const SCRIPT = [
  { at: '500ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
  { at: '10m', action: 'flatten' },
];

interface Session {
  readonly venue: FaultyVenue;
  readonly workspace: string;
  readonly program: ReturnType<typeof startProgram>;
}

async function startSession(
  venueOptions: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Session> {
  const venue = await startFaultyVenue(...venueOptions);
  const workspace = makeWorkspace();
  const script = ['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)];
  const program = startProgram(sessionAt(workspace, '--duration', 'forever', ...script), {
    env: { ...venue.env, ...env },
  });
  // Both feeds have told their time: a first frame from after a step cannot be told from a garbled one.
  await waitUntilBeats(program, workspace, 'session with data of both feeds', ({ state, feeds }) => {
    const ages = [feeds['kline']?.age_ms, feeds['ticker']?.age_ms];
    return state === 'running' && ages.every((ageMs) => typeof ageMs === 'number');
  });
  return { venue, workspace, program };
}

/** Start of a venue clock that is about `aheadMs` ahead and stands so many seconds after a full minute. */
function startTime(aheadMs: number, seconds: number): string {
  const aboutMs = Date.now() + aheadMs;
  return new Date(Math.floor(aboutMs / MINUTE_MS) * MINUTE_MS + seconds * SECOND_MS).toISOString();
}

/** Options of a venue whose minute does not end while a session starts, also on a busy machine. */
const freshMinute = (): string[] => ['--start-time', startTime(0, 3), '--symbol', 'BTCUSDT'];

function folderOf({ workspace }: Session): string {
  return join(workspace, 'runs/latest');
}

/** Asks the session to end, which takes at most the contract's ten seconds; returns its report. */
async function stop({ program, workspace }: Session): Promise<ReturnType<typeof finalReportShape.parse>> {
  const askedMs = performance.now();
  program.process.kill('SIGTERM');
  const { code } = await program.ended;
  expect(performance.now() - askedMs).toBeLessThan(10_000);
  expect(code).toBe(0);
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', position: '0' });
  expect(report).toMatchObject({ exit_code: 0, ledger_difference: '0' });
  return report;
}

/** Nothing was taken for missing that was there. */
function expectNeverStale(session: Session): void {
  const log = readSystemLog(session.workspace);
  expect(log.filter(({ msg }) => msg === 'ORDER_BOOK_STALE')).toEqual([]);
  const losses = log.filter(({ event }) => event.endsWith('_ws_disconnected'));
  expect(losses.map(({ event, detail }) => `${event}: ${String(detail)}`)).toEqual([]);
  // Right after a step ahead, a frame of the new time cannot be told from a garbled one until a reply confirms it.
  const refused = log.filter(({ event }) => event === 'frame_refused').map(({ reason }) => reason);
  expect(refused.filter((reason) => reason !== "a stamp ahead of the venue's clock")).toEqual([]);
  expect(readHeartbeat(session.workspace).feeds).toMatchObject({
    kline: { reconnects: 0 },
    ticker: { reconnects: 0 },
  });
}

function liveOf(events: readonly LoggedEvent[]): EventOf<'bar'>[] {
  return eventsOf(events, 'bar').filter(({ history, reconstructed }) => !history && !reconstructed);
}

function liveBars(session: Session): EventOf<'bar'>[] {
  return liveOf(readEvents(folderOf(session)));
}

function isHolding({ state, position }: Heartbeat): boolean {
  return state === 'running' && position === '0.05';
}

/** Waits for the offset between the venue's clock and this machine's to show, and returns how long it took. */
async function waitForOffset(session: Session, offsetMs: number): Promise<number> {
  const fromMs = performance.now();
  const { program, workspace } = session;
  await waitFor(program, `offset of ${offsetMs} ms`, SHOWN_WITHIN_MS, () => {
    const { clock_offset_ms: shownMs } = readHeartbeat(workspace);
    return shownMs !== null && Math.abs(shownMs - offsetMs) < OFFSET_LIMIT_MS ? shownMs : null;
  });
  return performance.now() - fromMs;
}

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe.concurrent('a venue whose clock', { timeout: TEST_LIMIT_MS }, () => {
  test.each([
    ['two minutes ahead', 120 * SECOND_MS],
    ['45 seconds behind', -45 * SECOND_MS],
  ])('is %s is believed: its stamps, its bars, its offset', async (_, aheadMs) => {
    const session = await startSession(['--start-time', startTime(aheadMs, 25)]);
    const { venue, workspace, program } = session;
    const offsetMs = Number((await venue.state())['clock_offset_ms']);
    expect(Math.abs(offsetMs - aheadMs)).toBeLessThan(40_000);
    await waitForOffset(session, offsetMs);
    // A bar of the venue's clock closes meanwhile.
    const closedMs = Math.ceil((await venue.state()).venue_time_ms / MINUTE_MS) * MINUTE_MS;
    const isLast = ({ open_ms: openMs }: EventOf<'bar'>): boolean => openMs === closedMs - MINUTE_MS;
    await waitUntilLogged(program, workspace, 'bar', (logged) => eventsOf(logged, 'bar').some(isLast));
    const beat = await waitUntilRunning(program, workspace);
    expect(beat.round_trip_ms).toBeGreaterThan(0);
    await stop(session);

    const said = readSystemLog(workspace).find(({ msg }) => msg === 'Time offset');
    // A busy machine answers late, and the estimate says how much that leaves open.
    const errorMs = OFFSET_LIMIT_MS + Number(said?.['uncertainty_ms']);
    expect(Math.abs(Number(said?.['offset_ms']) - offsetMs)).toBeLessThan(errorMs);
    expect(said?.['round_trip_ms']).toBeTypeOf('number');
    expect(errorMs).toBeLessThan(SOON_MS);
    const events = readEvents(folderOf(session));
    const delaysMs = eventsOf(events, 'book_snapshot').map(
      ({ received_ms: receivedMs, exchange_ms: exchangeMs }) => receivedMs - (exchangeMs ?? Number.NaN),
    );
    expect(delaysMs.length).toBeGreaterThan(10);
    expect(Math.min(...delaysMs)).toBeGreaterThan(-errorMs);
    expect(Math.max(...delaysMs)).toBeLessThan(SOON_MS);
    // Bars without a hole up to that one, which came after its end and soon, by the venue's own clock.
    const bars = eventsOf(events, 'bar').filter(({ reconstructed }) => !reconstructed);
    for (const [at, { open_ms: openMs }] of bars.entries())
      expect(openMs).toBe((bars[0]?.open_ms ?? 0) + at * MINUTE_MS);
    const last = liveBars(session).at(-1);
    expect(last?.open_ms).toBe(closedMs - MINUTE_MS);
    expect((last?.received_ms ?? 0) - closedMs).toBeGreaterThan(0);
    expect((last?.received_ms ?? 0) - closedMs).toBeLessThan(SOON_MS);
    expectNeverStale(session);
    expect(program.stderr()).toBe('');
  });

  test('steps two minutes ahead in the middle is followed, and the bars it skipped are fetched', async () => {
    const session = await startSession(freshMinute());
    const { venue, workspace } = session;
    await waitUntilBeats(session.program, workspace, 'open position', ({ position }) => position === '0.05');
    await venue.addFaults({ kind: 'shift_clock', ms: 120_000 });
    await waitForOffset(session, Number((await venue.state())['clock_offset_ms']));
    const isBack = (logged: readonly LoggedEvent[]): boolean => liveOf(logged).length >= 2;
    await waitUntilLogged(session.program, workspace, 'bars that it skipped', isBack);
    await waitUntilBeats(session.program, workspace, 'session that goes on', isHolding);
    await stop(session);
    expectNeverStale(session);
    const opens = liveBars(session).map(({ open_ms: openMs }) => openMs);
    expect(opens.length).toBeGreaterThanOrEqual(2);
    for (const [at, openMs] of opens.entries()) expect(openMs).toBe((opens[0] ?? 0) + at * MINUTE_MS);
    expect(readSystemLog(workspace).filter(({ msg }) => msg === 'Gap detected!')).toHaveLength(1);
  });

  test('steps twenty minutes ahead does not end the session as one without data', async () => {
    const session = await startSession(freshMinute());
    const { venue, workspace } = session;
    await venue.addFaults({ kind: 'shift_clock', ms: FAR_AHEAD_MS });
    await waitForOffset(session, Number((await venue.state())['clock_offset_ms']));
    await delay(3_000);
    await waitUntilRunning(session.program, workspace);
    await stop(session);
    expectNeverStale(session);
  });

  test('steps 45 seconds back in the middle is followed; time goes on, and so does an end that was asked for', async () => {
    const session = await startSession(freshMinute());
    const { venue, workspace } = session;
    await waitUntilBeats(session.program, workspace, 'open position', ({ position }) => position === '0.05');
    await venue.addFaults({ kind: 'shift_clock', ms: -45_000 });
    await waitForOffset(session, Number((await venue.state())['clock_offset_ms']));
    const { elapsed } = readHeartbeat(workspace);
    await waitUntilBeats(session.program, workspace, 'time that goes on', (beat) => {
      return (beat.elapsed ?? 0) > (elapsed ?? Infinity) + 1;
    });
    await stop(session);
    expectNeverStale(session);
    const times = readEvents(folderOf(session)).map(({ received_ms: receivedMs }) => receivedMs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });
});

describe.concurrent("this machine's clock", { timeout: TEST_LIMIT_MS }, () => {
  test.skipIf(FAKETIME === undefined).each([
    ['an hour ahead', '+1h', -3_600_000],
    ['an hour back', '-1h', 3_600_000],
  ])(
    'stepping %s in the middle moves the offset that is shown, and nothing else',
    async (_, step, offsetMs) => {
      const stepFile = join(makeWorkspace(), 'step');
      writeFileSync(stepFile, '+0\n');
      const session = await startSession([], {
        LD_PRELOAD: FAKETIME ?? '',
        FAKETIME_TIMESTAMP_FILE: stepFile,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
      });
      await waitForOffset(session, 0);
      const { workspace, program } = session;
      const fromMs = performance.now();
      const { elapsed } = readHeartbeat(workspace);
      writeFileSync(stepFile, `${step}\n`);
      expect(await waitForOffset(session, offsetMs)).toBeLessThan(SHOWN_WITHIN_MS);
      await delay(8_000);
      const beat = await waitUntilBeats(program, workspace, 'session that goes on', isHolding);
      const passed = (beat.elapsed ?? 0) - (elapsed ?? 0);
      const reallyPassed = (performance.now() - fromMs) / SECOND_MS;
      expect(passed).toBeGreaterThan(reallyPassed - 10);
      expect(passed).toBeLessThan(reallyPassed + 10);
      const report = await stop(session);
      // Reports live on the venue's time.
      expect(Math.abs(Date.parse(report.ended_at) - Date.now())).toBeLessThan(30_000);
      expectNeverStale(session);
    },
  );
});
