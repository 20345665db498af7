/** A session of 25 seconds in which everything ordinary happens, held once and looked at by many tests. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FinalReport,
  type Heartbeat,
  type ReportDocument,
  finalReportShape,
  reportDocumentShape,
} from './contract-shapes.ts';
import { type Ended, runProgram, startProgram, words } from './program.ts';
import {
  type LogLine,
  listSessions,
  makeWorkspace,
  readHeartbeat,
  readJson,
  readSystemLog,
  waitUntilBeats,
  writeScript,
} from './workspace.ts';

export const BALANCE = '25000';
export const DURATION_S = 25;

const market = { action: 'submit', type: 'market' };
const limit = { action: 'submit', type: 'limit' };

/**
 * Round trips long and short; orders that rest, are canceled, expire and are denied; an open position at the end. The first
 * position stands for several beats, so that one of them shows it.
 */
const SCRIPT = [
  { at: '1s', id: 'long', side: 'buy', quantity: '0.05', ...market },
  {
    at: '1500ms',
    id: 'target',
    side: 'sell',
    quantity: '0.02',
    price_offset_bps: 500,
    reduce_only: true,
    ...limit,
  },
  { at: '5s', id: 'half', side: 'sell', quantity: '0.02', ...market },
  { at: '6s', action: 'cancel', id: 'target' },
  {
    at: '7s',
    id: 'crossing',
    side: 'buy',
    quantity: '0.01',
    price_offset_bps: -5,
    time_in_force: 'post_only',
    ...limit,
  },
  { at: '8s', action: 'flatten' },
  {
    at: '10s',
    id: 'short',
    side: 'sell',
    quantity: '0.04',
    price_offset_bps: -5,
    time_in_force: 'ioc',
    ...limit,
  },
  { at: '12s', id: 'cover', side: 'buy', quantity: '0.04', reduce_only: true, ...market },
  { at: '13s', id: 'huge', side: 'buy', quantity: '50', ...market },
  { at: '14s', id: 'bid', side: 'buy', quantity: '0.01', price_offset_bps: 0, ...limit },
  { at: '14s', id: 'ask', side: 'sell', quantity: '0.01', price_offset_bps: 0, ...limit },
  { at: '18s', id: 'last', side: 'buy', quantity: '0.03', ...market },
];

export interface EventfulSession {
  readonly workspace: string;
  readonly folder: string;
  readonly ended: Ended;
  /** A heartbeat of its middle, and the lock file then. */
  readonly beat: Heartbeat;
  readonly lock: string;
  /** What `la status` said then. */
  readonly statusText: Ended;
  readonly statusJson: Ended;
  readonly report: FinalReport;
  readonly document: ReportDocument;
  readonly log: readonly LogLine[];
  readonly last: Heartbeat;
}

/** Holds the session from its first second to its files. */
export async function holdEventfulSession(): Promise<EventfulSession> {
  const workspace = makeWorkspace();
  const script = writeScript(workspace, SCRIPT);
  const program = startProgram([
    ...words(`run --source simulated --seed 5 --duration ${DURATION_S}s --balance ${BALANCE}`),
    ...words(`--strategy scripted --params ${script} --dashboard 127.0.0.1:0 --workspace ${workspace}`),
  ]);
  const beat = await waitUntilBeats(
    program,
    workspace,
    'open position',
    ({ position }) => position === '0.05',
  );
  const lock = readFileSync(join(workspace, '.agent/lockfile.pid'), 'utf8');
  const [statusText, statusJson] = await Promise.all([
    runProgram(words(`status --workspace ${workspace}`)),
    runProgram(words(`--json status -w ${workspace}`)),
  ]);
  const ended = await program.ended;
  const folder = join(workspace, 'sessions', listSessions(workspace)[0] ?? '');
  const printed = await runProgram(words(`report latest --format json --workspace ${workspace}`));
  return {
    workspace,
    folder,
    ended,
    beat,
    lock,
    statusText,
    statusJson,
    report: finalReportShape.parse(readJson(join(folder, 'final_report.json'))),
    document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
    log: readSystemLog(workspace),
    last: readHeartbeat(workspace),
  };
}
