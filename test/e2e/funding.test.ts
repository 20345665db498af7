/** Funding of whole sessions over a settlement: once, with the venue's own rate and mark, on what was held then. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { exact } from './support/exact-decimal.ts';
import { eventsOf, readEvents, waitUntilLogged } from './support/event-lines.ts';
import { type FaultyVenue, sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { type Program, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  type LogLine,
  makeWorkspace,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 400_000;
const SETTLEMENT_MS = Date.UTC(2026, 0, 1, 8);
/** Time for sessions to start and to open their positions; where a busy machine takes longer they start over with the next. */
const LEADS_MS = [30_000, 70_000, 150_000];
/** What happens shortly before the settlement does so that long before it. */
const JUST_BEFORE_MS = 3_000;
/** From the settlement to the end of the sessions at least: a second payment would have come by then. */
const AFTER_MS = 7_000;
const QUANTITY = '0.05';
/** Money is kept to eight decimals. */
const MONEY_STEP = 1n;

type Holding = 'long' | 'short' | 'flat';

interface Settled {
  readonly document: ReportDocument;
  readonly log: readonly LogLine[];
  readonly settlements: number;
  /** The venue's own rows since the start. */
  readonly rows: readonly HistoryRow[];
}

const historyShape = z.object({
  data: z.array(z.object({ fundingRate: z.string(), fundingTime: z.string(), markPrice: z.string() })),
});
type HistoryRow = z.output<typeof historyShape>['data'][number];

async function readHistory(venue: FaultyVenue): Promise<HistoryRow[]> {
  const url = `${venue.env['BITUNIX_REST_URL'] ?? ''}/api/v1/futures/market/get_funding_rate_history`;
  const reply = await fetch(`${url}?symbol=BTCUSDT&starTime=${SETTLEMENT_MS}`);
  return historyShape.parse(await reply.json()).data;
}

interface Session {
  readonly venue: FaultyVenue;
  readonly workspace: string;
  readonly program: Program;
}

/** Starts a session and waits until it holds what it shall. */
async function open(venue: FaultyVenue, holding: Holding): Promise<Session> {
  const workspace = makeWorkspace();
  const side = holding === 'long' ? 'buy' : 'sell';
  const buy = { at: '200ms', action: 'submit', id: 'held', side, type: 'market', quantity: QUANTITY };
  const actions = writeScript(workspace, holding === 'flat' ? [] : [buy]);
  const script = ['--strategy', 'scripted', '--params', actions];
  const program = startProgram(sessionAt(workspace, '--duration', 'forever', ...script), { env: venue.env });
  await waitUntilRunning(program, workspace);
  const wanted = { long: QUANTITY, short: `-${QUANTITY}`, flat: '0' }[holding];
  await waitUntilBeats(program, workspace, `position of ${wanted}`, ({ position }) => position === wanted);
  return { venue, workspace, program };
}

async function leftMs(venue: FaultyVenue): Promise<number> {
  return SETTLEMENT_MS - (await venue.state()).venue_time_ms;
}

/** Starts a venue and sessions that hold their positions well before its settlement. */
async function openAll(rate: string, holdings: readonly Holding[]): Promise<Session[]> {
  for (const leadMs of LEADS_MS) {
    const startTime = new Date(SETTLEMENT_MS - leadMs).toISOString();
    const venue = await startFaultyVenue('--start-time', startTime);
    await venue.addFaults({ kind: 'funding_rate', rate });
    const sessions = await Promise.all(holdings.map((holding) => open(venue, holding)));
    if ((await leftMs(venue)) > JUST_BEFORE_MS + 500) return sessions;
    for (const { program } of [venue, ...sessions]) program.process.kill('SIGKILL');
  }
  throw new Error(`sessions do not start within ${LEADS_MS.at(-1)} ms`);
}

/** Holds positions over the settlement and stops; `meanwhile` runs three seconds before it. */
async function holdOver(
  rate: string,
  holdings: readonly Holding[],
  meanwhile: (venue: FaultyVenue) => Promise<void> = async () => {},
): Promise<Settled[]> {
  const sessions = await openAll(rate, holdings);
  return Promise.all(
    sessions.map(async (session) => {
      const { venue, workspace, program } = session;
      await delay((await leftMs(venue)) - JUST_BEFORE_MS);
      await meanwhile(venue);
      await delay((await leftMs(venue)) + AFTER_MS);
      // Whether it has to pay or not.
      await waitUntilLogged(
        program,
        workspace,
        'settlement',
        (events) => eventsOf(events, 'funding').length > 0,
      );
      program.process.kill('SIGTERM');
      expect((await program.ended).code).toBe(0);
      const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
      return {
        document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
        log: readSystemLog(workspace),
        settlements: eventsOf(readEvents(join(workspace, 'runs/latest')), 'funding').length,
        rows: await readHistory(venue),
      };
    }),
  );
}

/** One payment, with the venue's rate and mark to the digit, of what they and the quantity give. */
function expectPaidOnce({ document, log, settlements, rows }: Settled, holding: 'long' | 'short'): void {
  const [row] = rows;
  expect(rows).toHaveLength(1);
  expect(Number(row?.fundingTime)).toBe(SETTLEMENT_MS);
  expect(settlements).toBe(1);
  const entries = document.ledger.filter(({ kind }) => kind === 'funding');
  const lines = log.filter(({ msg }) => msg === 'Funding Fee');
  expect(entries).toHaveLength(1);
  const [entry] = entries;
  expect(entry).toMatchObject({
    symbol: 'BTCUSDT',
    settlement_time_ms: SETTLEMENT_MS,
    mark_price: row?.markPrice,
    fill_id: null,
  });
  expect(exact(entry?.rate ?? '')).toBe(exact(row?.fundingRate ?? 'none'));
  // Longs pay a positive rate, shorts receive it. Three factors of eight decimals each make twenty-four.
  const product = exact(QUANTITY) * exact(row?.markPrice ?? '') * exact(row?.fundingRate ?? '');
  const paid = (holding === 'long' ? product : -product) / 10n ** 16n;
  const difference = -exact(entry?.amount ?? '') - paid;
  expect(difference >= -MONEY_STEP && difference <= MONEY_STEP).toBe(true);
  expect(exact(document.report.funding_paid)).toBe(-exact(entry?.amount ?? ''));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    rate: entry?.rate,
    mark_price: row?.markPrice,
    amount: entry?.amount,
  });
}

/** The settlement reached the session, which had nothing to pay for. */
function expectPaidNothing({ document, log, settlements, rows }: Settled): void {
  expect([rows.length, settlements]).toEqual([1, 1]);
  expect(document.ledger.filter(({ kind }) => kind === 'funding')).toEqual([]);
  expect(log.filter(({ msg }) => msg === 'Funding Fee')).toEqual([]);
  expect(document.report.funding_paid).toBe('0');
}

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe.concurrent('a settlement', { timeout: TEST_LIMIT_MS }, () => {
  test('at a positive rate: the long pays, the short receives, the flat neither', async () => {
    const [long, short, flat] = (await holdOver('0.00031', ['long', 'short', 'flat'])) as [
      Settled,
      Settled,
      Settled,
    ];
    expectPaidOnce(long, 'long');
    expectPaidOnce(short, 'short');
    expectPaidNothing(flat);
    expect(long.rows[0]?.fundingRate).toBe('0.00031');
    expect(exact(long.document.report.funding_paid) > 0n).toBe(true);
    expect(exact(short.document.report.funding_paid) < 0n).toBe(true);
  });

  test('at a negative rate: the long receives, the short pays', async () => {
    const [long, short] = (await holdOver('-0.000452', ['long', 'short'])) as [Settled, Settled];
    expectPaidOnce(long, 'long');
    expectPaidOnce(short, 'short');
    expect(exact(long.document.report.funding_paid) < 0n).toBe(true);
  });

  test('that passes while the line is cut is paid once, when it can be known', async () => {
    const [settled] = (await holdOver('0.0001', ['long'], async (venue) => {
      await venue.addFaults(
        { kind: 'refuse_upgrade', status: 503, for: '5s' },
        { kind: 'rest_error', http_status: 503, for: '6s' },
        { kind: 'drop_socket' },
      );
    })) as [Settled];
    expect(settled.log.filter(({ msg }) => msg === 'Connected to Ticker WS').length).toBeGreaterThanOrEqual(
      1,
    );
    expect(settled.log.some(({ event }) => event === 'ticker_ws_disconnected')).toBe(true);
    expectPaidOnce(settled, 'long');
  });
});
