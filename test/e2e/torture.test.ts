/**
 * A session to which everything happens that a network and an exchange can do, every few seconds, each kind at least once.
 *
 * Short in CI; `LA_LONG=1` repeats the plan for ten minutes. Whatever happens: the right exit code, a truthful report, a
 * ledger that adds up, and no fill that the session's own event log does not justify.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { type LoggedEvent, eventsOf, readEvents } from './support/event-lines.ts';
import { exact, sumExact } from './support/exact-decimal.ts';
import { sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { judgeByLog } from './support/log-oracle.ts';
import { type Ended, endPrograms, runProgram } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import {
  type AlertLine,
  type LogLine,
  makeWorkspace,
  readAlerts,
  readHeartbeat,
  readSystemLog,
  removeWorkspaces,
  writeScript,
} from './support/workspace.ts';

const IS_LONG = process.env['LA_LONG'] === '1';
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** So many trades in a row are alike in no market. */
const RUN_TRADES = 10;
const STALE_MS = 3 * SECOND_MS;
/** The session is expected to trade by then. */
const FIRST_FAULT_S = 16;
/** Length of one round of faults, and what its step of the clock adds to the session's time: whole minutes together. */
const ROUND_S = 76;
const SHIFT_S = 104;
/**
 * The session ends in a market that is there: the last faults are noticed and their connections back, which after many
 * losses in a row takes the longest wait between attempts.
 */
const CALM_S = IS_LONG ? 50 : 12;
/** Puts the end of a minute between the order to leave a bar out and the step of the clock behind it. */
const START_TIME = '2026-03-05T12:00:49Z';
const ROUNDS = IS_LONG ? 8 : 1;
const DURATION_S = FIRST_FAULT_S + ROUNDS * (ROUND_S + SHIFT_S) + CALM_S;
const TEST_LIMIT_MS = (ROUNDS * ROUND_S + CALM_S + 120) * SECOND_MS;

/** Seconds from the start of the round; every kind that the venue can do and a session must outlive. */
const ROUND = [
  { at: 0, kind: 'drop_socket', target: 'ticker' },
  { at: 2, kind: 'drop_socket', target: 'kline' },
  { at: 4, for: 4, kind: 'freeze_stream', channel: 'depth' },
  { at: 10, for: 2, kind: 'crossed_book' },
  { at: 13, for: 2, kind: 'empty_book' },
  { at: 16, kind: 'duplicate_trades', trades: 60 },
  { at: 17, for: 4, kind: 'late_trades', ms: 3_000 },
  { at: 22, for: 3, kind: 'garble', share: 0.2 },
  { at: 26, for: 4, kind: 'rest_error', http_status: 503 },
  { at: 27, kind: 'ws_error', frame: { event: 'error', code: 2, msg: 'simulated' } },
  { at: 29, for: 2, kind: 'flood', channel: 'ticker', per_second: 2_000 },
  { at: 32, for: 5, kind: 'delay', ms: 4_000 },
  { at: 42, for: 4, kind: 'refuse_upgrade', status: 503 },
  { at: 43, kind: 'drop_socket', target: 'all' },
  // A bar that the venue does not have, in a stretch that the session is not there for.
  { at: 50, kind: 'skip_bar', bars: 1 },
  { at: 51, kind: 'shift_clock', ms: SHIFT_S * SECOND_MS },
  { at: 52, for: 5, kind: 'drift_clock', ms_per_minute: 3_000 },
  { at: 56, for: 12, kind: 'freeze_socket', target: 'kline' },
  { at: 57, for: 3, kind: 'duplicate_trades', trades: 40, when: 'reconnect' },
  { at: 58, kind: 'drop_socket', target: 'ticker' },
  // Noticed by the pong that fails to come, a ping and a deadline later.
  { at: 60, for: 15, kind: 'mute_pong', target: 'ticker' },
];

function makePlan(): object[] {
  return Array.from({ length: ROUNDS }, (_, round) =>
    ROUND.map((fault) => ({
      ...fault,
      at: `${FIRST_FAULT_S + round * ROUND_S + fault.at}s`,
      ...(fault.for === undefined ? {} : { for: `${fault.for}s` }),
    })),
  ).flat();
}

/** Buys and sells by turns, and quotes both sides in between, all the time. */
function makeScript(): object[] {
  const actions: object[] = [];
  for (let second = 1; second < DURATION_S; second += 2) {
    const side = (second - 1) % 4 === 0 ? 'buy' : 'sell';
    actions.push({
      at: `${second}s`,
      action: 'submit',
      id: `take-${second}`,
      side,
      type: 'market',
      quantity: '0.02',
    });
    for (const quoted of ['buy', 'sell']) {
      const id = `${quoted}-${second}`;
      actions.push(
        {
          at: `${second}s`,
          action: 'submit',
          id,
          side: quoted,
          type: 'limit',
          quantity: '0.005',
          price_offset_bps: 0,
        },
        { at: `${second + 6}s`, action: 'cancel', id },
      );
    }
  }
  return actions;
}

interface Survived {
  readonly ended: Ended;
  readonly workspace: string;
  readonly document: ReportDocument;
  readonly events: readonly LoggedEvent[];
  readonly log: readonly LogLine[];
  readonly alerts: readonly AlertLine[];
}

async function survive(): Promise<Survived> {
  const workspace = makeWorkspace();
  const plan = join(workspace, 'faults.json');
  writeFileSync(plan, JSON.stringify({ faults: makePlan() }));
  const venue = await startFaultyVenue(
    '--symbol',
    'BTCUSDT',
    '--start-time',
    START_TIME,
    '--fault-plan',
    plan,
  );
  const ended = await runProgram(
    sessionAt(
      workspace,
      ...['--duration', `${DURATION_S}s`, '--stale-timeout', `${STALE_MS / SECOND_MS}s`, '--seed', '9'],
      ...['--strategy', 'scripted', '--params', writeScript(workspace, makeScript())],
    ),
    { env: venue.env },
  );
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  return {
    ended,
    workspace,
    document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
    events: readEvents(join(workspace, 'runs/latest')),
    log: readSystemLog(workspace),
    alerts: readAlerts(workspace),
  };
}

const survived = shareSession(survive);

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

describe('a session under torture', { timeout: TEST_LIMIT_MS }, () => {
  test('runs its time, ends with 0, and says that it was degraded', async () => {
    const { ended, document, alerts, workspace, log } = await survived();
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(document.report).toMatchObject({
      status: 'degraded',
      stopped_reason: 'duration_reached',
      exit_code: 0,
      ledger_difference: '0',
    });
    expect(alerts).toMatchObject([{ level: 'warning', reason: 'degraded' }]);
    expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', position: '0', open_orders: 0 });
    expect(log.filter(({ level }) => level === 'critical')).toEqual([]);
  });

  test('has no fill that its event log does not justify, and an unbroken log', async () => {
    const { document, events } = await survived();
    expect(document.fills.length).toBeGreaterThan(20 * ROUNDS);
    expect(document.fills.some(({ liquidity }) => liquidity === 'maker')).toBe(true);
    expect(judgeByLog(events, document, STALE_MS)).toEqual([]);
    expect(events).toHaveLength(document.report.events);
  });

  test('adds up: fills, fees and ledger give the ending equity to the last digit', async () => {
    const { document } = await survived();
    const { ledger, report, fills } = document;
    expect(sumExact(ledger.map(({ amount }) => amount))).toBe(exact(report.ending_equity));
    expect(exact(report.fees_paid)).toBe(sumExact(fills.map(({ fee }) => fee)));
    const held = fills.map(({ side, quantity }) => (side === 'buy' ? exact(quantity) : -exact(quantity)));
    expect(held.reduce((sum, part) => sum + part, 0n)).toBe(0n);
  });

  test('has every bar that the venue has, once and in order, and a record of each that it has not', async () => {
    const { document, events, log } = await survived();
    const bars = eventsOf(events, 'bar').filter(({ reconstructed }) => !reconstructed);
    const holes: number[] = [];
    for (const [row, { open_ms: openMs }] of bars.entries()) {
      const before = bars[row - 1]?.open_ms ?? openMs - MINUTE_MS;
      expect(openMs).toBeGreaterThan(before);
      for (let hole = before + MINUTE_MS; hole < openMs; hole += MINUTE_MS) holes.push(hole);
    }
    expect(holes.length).toBeGreaterThanOrEqual(1);
    const open = document.quality.filter(({ kind, backfilled }) => kind === 'gap' && !backfilled);
    for (const hole of holes) {
      expect(open.some(({ from_ms: fromMs, to_ms: toMs }) => hole >= fromMs && hole < toMs)).toBe(true);
    }
    expect(log.filter(({ msg }) => msg === 'Gap detected!').length).toBe(document.report.gaps);
    for (const line of log.filter(({ msg }) => msg === 'Gap detected!')) {
      for (const field of ['from', 'to', 'missing']) expect(Number.isInteger(line[field])).toBe(true);
    }
  });

  test('counts no trade twice that the venue repeated', async () => {
    const { events } = await survived();
    const trades = eventsOf(events, 'trade').map(
      ({ side, price, quantity }) => `${side} ${price} ${quantity}`,
    );
    expect(trades.length).toBeGreaterThan(300);
    const runs = new Set<string>();
    const repeated: string[] = [];
    for (let row = 0; row + RUN_TRADES <= trades.length; row++) {
      const run = trades.slice(row, row + RUN_TRADES).join(', ');
      if (runs.has(run)) repeated.push(run);
      runs.add(run);
    }
    expect(repeated).toEqual([]);
  });

  test('invents no trade: what it heard in a minute is at most what the venue counts', async () => {
    const { events } = await survived();
    const venueCounts = new Map(
      eventsOf(events, 'bar')
        .filter(({ history, unconfirmed }) => !history && !unconfirmed)
        .map((bar) => [bar.open_ms, bar] as const),
    );
    const trades = Map.groupBy(eventsOf(events, 'trade'), ({ exchange_ms: timeMs }) => {
      return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
    });
    let judged = 0;
    for (const [openMs, { volume, high, low }] of venueCounts) {
      const heard = trades.get(openMs) ?? [];
      // One changed character of a frame that is no number's length can still be a number: such minutes cannot be judged.
      const isGarbled = heard.some(({ price }) => exact(price) > exact(high) || exact(price) < exact(low));
      if (isGarbled || hasRefusedFrames(events, openMs)) continue;
      judged++;
      expect(sumExact(heard.map(({ quantity }) => quantity)) <= exact(volume)).toBe(true);
    }
    expect(judged).toBeGreaterThanOrEqual(1);
  });

  test('tells what happened to its data: losses, old, crossed, late and broken frames, clock and gaps', async () => {
    const { document, log } = await survived();
    const kinds = new Set(document.quality.map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['gap', 'stale', 'crossed', 'reconnect', 'clock', 'late', 'malformed']),
    );
    for (const feed of ['kline', 'ticker']) {
      const losses = document.quality.filter((row) => row.kind === 'reconnect' && row.feed === feed);
      expect(losses.length, feed).toBeGreaterThanOrEqual(2 * ROUNDS);
    }
    const connections = log.filter(({ msg }) => /^Connected to (Kline|Ticker) WS$/.test(msg)).length;
    expect(document.report.reconnects).toBe(connections - 2);
    expect(connections - 2).toBeGreaterThanOrEqual(4 * ROUNDS);
    expect(log.some(({ msg }) => msg === 'ORDER_BOOK_STALE')).toBe(true);
    const denied = new Set(document.denials.map(({ reason }) => reason));
    expect(denied.has('market_data_stale')).toBe(true);
  });
});

function hasRefusedFrames(events: readonly LoggedEvent[], openMs: number): boolean {
  return eventsOf(events, 'quality').some((event) => {
    const record = event['quality'] as { kind?: string; from_ms?: number } | undefined;
    const fromMs = record?.from_ms ?? 0;
    return record?.kind === 'malformed' && fromMs >= openMs && fromMs < openMs + MINUTE_MS;
  });
}
