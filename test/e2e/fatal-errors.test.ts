/** What the venue refuses for good ends a session at once, whatever way it is said; what may pass does not. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type FinalReport,
  type ReportDocument,
  finalReportShape,
  reportDocumentShape,
} from './support/contract-shapes.ts';
import { type FaultyVenue, sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { type Ended, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readJson,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 180_000;
/** From the refusal to the end of the process. */
const END_LIMIT_MS = 15_000;
/** From the refusal to the last order of the strategy. */
const STOP_LIMIT_MS = 2_000;
/** A rate limit, and how much of its time the venue is watched for. */
const RETRY_AFTER_S = 12;
const LEFT_ALONE_MS = 6_500;
/** How long the venue is watched for connections after the end: several first steps of any backoff. */
const WATCH_MS = 4_000;

/** Buys at once, then places an order that rests twice a second for longer than any of these sessions. */
const BUSY = [
  { at: '500ms', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
  ...Array.from({ length: 120 }, (_, row) => ({
    at: `${1_000 + row * 500}ms`,
    action: 'submit',
    id: `rest-${row}`,
    side: 'buy',
    type: 'limit',
    quantity: '0.001',
    price_offset_bps: 300,
  })),
];

interface Session {
  readonly venue: FaultyVenue;
  readonly workspace: string;
  readonly program: ReturnType<typeof startProgram>;
}

/** A session that holds a position and keeps ordering, at a venue of its own. */
async function startBusy(venueOptions: readonly string[], ...options: readonly string[]): Promise<Session> {
  const venue = await startFaultyVenue(...venueOptions);
  const workspace = makeWorkspace();
  const script = ['--strategy', 'scripted', '--params', writeScript(workspace, BUSY)];
  const program = startProgram(sessionAt(workspace, '--duration', 'forever', ...script, ...options), {
    env: venue.env,
  });
  await waitUntilBeats(program, workspace, 'position and resting orders', (beat) => {
    return beat.position === '0.05' && (beat.open_orders ?? 0) >= 2;
  });
  return { venue, workspace, program };
}

interface Finished {
  readonly ended: Ended;
  readonly report: FinalReport;
  readonly document: ReportDocument;
  readonly alerts: readonly string[];
}

async function finish({ workspace, program }: Session): Promise<Finished> {
  const ended = await program.ended;
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  const document = reportDocumentShape.parse(JSON.parse(printed.stdout));
  const alerts = readAlerts(workspace).map(({ level, reason, text }) => `${level} ${reason}: ${text}`);
  return { ended, report, document, alerts };
}

/** Until the session has sent its first request. */
async function untilAsked(venue: FaultyVenue): Promise<void> {
  while ((await venue.state())['rest_requests'] === 0) await delay(100);
}

/** Nobody knocks at the venue any more. */
async function expectSilence(venue: FaultyVenue): Promise<void> {
  const before = await venue.state();
  await delay(WATCH_MS);
  const after = await venue.state();
  expect(after.sockets).toEqual({ kline: 0, ticker: 0 });
  expect({ upgrades: after['upgrades'], requests: after['rest_requests'] }).toEqual({
    upgrades: before['upgrades'],
    requests: before['rest_requests'],
  });
}

/** Posts the faults and sees the session through to its end. `brokenMs` is venue time, `tookMs` until the process had ended. */
async function breakSession(
  session: Session,
  ...faults: readonly object[]
): Promise<Finished & { brokenMs: number; tookMs: number }> {
  const { venue_time_ms: brokenMs } = await session.venue.state();
  const beganMs = performance.now();
  await session.venue.addFaults(...faults);
  await session.program.ended;
  const tookMs = performance.now() - beganMs;
  return { ...(await finish(session)), brokenMs, tookMs };
}

/** What every fatal refusal leaves: the exit code, the alert, the report, and a venue left alone. */
async function expectFatal(venue: FaultyVenue, finished: Finished, words: string): Promise<void> {
  expect(finished.ended.code).toBe(3);
  expect(finished.report).toMatchObject({
    status: 'error',
    stopped_reason: 'venue_fatal',
    exit_code: 3,
    ledger_difference: '0',
  });
  expect(finished.alerts).toHaveLength(1);
  expect(finished.alerts[0]).toMatch(/^critical venue_fatal: /);
  expect(finished.alerts[0]).toContain(words);
  await expectSilence(venue);
}

/** Trading stopped in time: nothing of the strategy was decided later, and nothing but closing filled. */
function expectStopped({ document }: Finished, brokenMs: number): void {
  const ours = document.orders.filter(({ client_order_id: id }) => id?.startsWith('rest-') === true);
  expect(ours.length).toBeGreaterThan(0);
  for (const order of ours) {
    expect(order.decision_time_ms - brokenMs).toBeLessThan(STOP_LIMIT_MS);
  }
}

/** The position was closed on the book as it last was, and said to be no more than that. */
function expectClosedOnLastBook(session: Session, { document }: Finished): void {
  const fills = document.fills.toSorted((left, right) => left.time_ms - right.time_ms);
  expect(new Set(fills.map(({ side }) => side))).toEqual(new Set(['buy', 'sell']));
  for (const { side, reconstructed } of fills) expect(reconstructed).toBe(side === 'sell');
  expect(readHeartbeat(session.workspace)).toMatchObject({ state: 'ended', position: '0', open_orders: 0 });
  expect(readSystemLog(session.workspace).some(({ event }) => event === 'last_good_book')).toBe(true);
}

describe.concurrent('a refusal for good', { timeout: TEST_LIMIT_MS }, () => {
  test.each([
    ['a code in an error event', { event: 'error', code: 10_004, msg: 'IP not in the whitelist' }, '10004'],
    [
      'a code as text beside an operation',
      { op: 'subscribe', code: '20011', msg: 'Account not allowed' },
      '20011',
    ],
    ['a text without any number', { event: 'error', msg: 'System maintenance' }, 'maintenance'],
  ])(
    'as a frame (%s) stops trading within two seconds and closes on the last good book',
    async (_, frame, words) => {
      const session = await startBusy([]);
      const finished = await breakSession(session, { kind: 'ws_error', target: 'kline', frame });
      expect(finished.tookMs).toBeLessThan(END_LIMIT_MS);
      expectStopped(finished, finished.brokenMs);
      expectClosedOnLastBook(session, finished);
      await expectFatal(session.venue, finished, words);
    },
  );

  test('as HTTP 403 of an upgrade, after the socket was lost, ends it too', async () => {
    const session = await startBusy([]);
    const refused = { kind: 'refuse_upgrade', status: 403 };
    const finished = await breakSession(session, refused, { kind: 'drop_socket', target: 'ticker' });
    expect(finished.tookMs).toBeLessThan(END_LIMIT_MS);
    // The line was cut at once, the refusal came with the first attempt after it.
    expectStopped(finished, finished.brokenMs);
    expectClosedOnLastBook(session, finished);
    await expectFatal(session.venue, finished, '403');
    expect((await session.venue.state())['upgrades']).toBe(3);
  });

  test('as a REST reply of the middle ends it; with --on-end keep the position stays', async () => {
    // Within a minute of the venue's clock there is a bar to confirm.
    const session = await startBusy(['--start-time', '2026-03-02T10:00:30Z'], '--on-end', 'keep');
    const fault = { kind: 'rest_error', code: 20_013, msg: 'disabled' };
    const finished = await breakSession(session, fault);
    expect(finished.tookMs).toBeLessThan(45_000);
    expect(new Set(finished.document.fills.map(({ side }) => side))).toEqual(new Set(['buy']));
    expect(readHeartbeat(session.workspace)).toMatchObject({ state: 'ended', position: '0.05' });
    await expectFatal(session.venue, finished, '20013');
  });

  test.each([
    ['a challenge page', { http_status: 403, body: 'html' }, '403'],
    ['a code', { code: 10_003, msg: 'key' }, '10003'],
    ['a text without a known number', { code: 77_001, msg: 'Your IP has been banned' }, 'banned'],
  ])('of the first request (%s) ends the start: no socket is opened', async (_, reply, words) => {
    const venue = await startFaultyVenue();
    await venue.addFaults({ kind: 'rest_error', ...reply });
    const workspace = makeWorkspace();
    const program = startProgram(sessionAt(workspace), { env: venue.env });
    await untilAsked(venue);
    const refusedMs = performance.now();
    await program.ended;
    expect(performance.now() - refusedMs).toBeLessThan(END_LIMIT_MS);
    const finished = await finish({ venue, workspace, program });
    expect(finished.document.orders).toEqual([]);
    await expectFatal(venue, finished, words);
    expect((await venue.state())['upgrades']).toBe(0);
  });
});

describe.concurrent('trouble that may pass', { timeout: TEST_LIMIT_MS }, () => {
  test('HTTP 503 of requests and upgrades is outlasted: the session reconnects and goes on', async () => {
    const session = await startBusy(['--start-time', '2026-03-02T10:00:40Z']);
    const { venue, program, workspace } = session;
    const page = { kind: 'rest_error', http_status: 503, body: 'html', msg: 'maintenance', for: '6s' };
    await venue.addFaults(page, { kind: 'refuse_upgrade', status: 503, for: '6s' }, { kind: 'drop_socket' });
    await waitUntilBeats(
      program,
      workspace,
      'lost feed',
      ({ feeds }) => feeds['ticker']?.state !== 'connected',
    );
    await waitUntilBeats(program, workspace, 'new feed', ({ feeds }) => feeds['ticker']?.reconnects === 1);
    const state = await venue.state();
    // Two sockets, each with waits of one, two and four seconds, less their jitter.
    expect(state['upgrades_refused']).toBeGreaterThanOrEqual(2);
    expect(state['upgrades_refused']).toBeLessThanOrEqual(10);
    program.process.kill('SIGTERM');
    const { ended, report } = await finish(session);
    expect({ code: ended.code, reason: report.stopped_reason }).toEqual({ code: 0, reason: 'signal' });
    expect(report.reconnects).toBeGreaterThanOrEqual(1);
  });

  test('a rate limit is answered by waiting for as long as it says, not by more requests', async () => {
    const venue = await startFaultyVenue();
    await venue.addFaults({ kind: 'rest_error', http_status: 429, retry_after: RETRY_AFTER_S });
    const workspace = makeWorkspace();
    const program = startProgram(sessionAt(workspace, '--duration', '2s', '--strategy', 'none'), {
      env: venue.env,
    });
    await untilAsked(venue);
    await delay(LEFT_ALONE_MS);
    // The first probe was refused; whatever else the start needs waits with it.
    expect((await venue.state())['rest_requests']).toBe(1);
    await venue.clearFaults();
    const { ended } = await finish({ venue, workspace, program });
    expect(ended.code).toBe(0);
  });
});

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});
