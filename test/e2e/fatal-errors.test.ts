/** What the venue refuses for good ends a session at once, whatever way it is said; what may pass does not. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type FinalReport, type ReportDocument, finalReportShape, reportDocumentShape } from './support/contract-shapes.ts';
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

const TEST_LIMIT_MS = 85_000;
/** From the refusal to the end of the process. */
const END_LIMIT_MS = 15_000;
/** From the refusal to the last order of the strategy. */
const STOP_LIMIT_MS = 2_000;
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
  await waitUntilBeats(program, workspace, 'open position', ({ position }) => position === '0.05');
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

/** Posts the faults and sees the session through to its end. */
async function breakSession(session: Session, ...faults: readonly object[]): Promise<Finished & { tookMs: number; brokenMs: number }> {
  const { venue_time_ms: brokenMs } = await session.venue.state();
  const brokenAtMs = performance.now();
  await session.venue.addFaults(...faults);
  const finished = await finish(session);
  return { ...finished, brokenMs, tookMs: finished.ended.durationMs - (brokenAtMs - session.startedAtMs) };
}

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});
