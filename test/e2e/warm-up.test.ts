/** History before the first order: enough of it, in one piece, or a session that says why it waits. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lots, ticks } from '../../src/core/domain/units.ts';
import { limitOrder } from '../../src/core/strategy/strategy.ts';
import { TestMarket, sessionStart } from '../builders/session.ts';
import { shownBars, writeBarRecorder } from './support/bar-recorder.ts';
import { type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { type EventOf, eventsOf, readEvents } from './support/event-lines.ts';
import { sessionAt, startFaultyVenue } from './support/faulty-venue.ts';
import { type Program, endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  type LogLine,
  makeWorkspace,
  readHeartbeat,
  readSystemLog,
  removeWorkspaces,
  waitForLine,
  waitUntilBeats,
  writeScript,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 150_000;
const MINUTE_MS = 60_000;
/** Sessions take about five seconds to start: a minute ends soon after that, or, on a busy machine, a minute later. */
const START_TIME = '2026-03-05T12:00:45Z';
/** Half a minute more to start in, before the minute ends. */
const EARLY_START_TIME = '2026-03-05T12:00:15Z';

const BUY = [{ at: '500ms', action: 'submit', id: 'in', side: 'buy', type: 'market', quantity: '0.01' }];

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** A session of the contract that is only just listed, which buys as soon as it may and runs until it is ended. */
function startBuying(workspace: string, env: Readonly<Record<string, string>>): Program {
  const options = ['--symbol', 'FRESHUSDT', '--duration', 'forever', '--strategy', 'scripted'];
  const script = writeScript(workspace, BUY);
  return startProgram(sessionAt(workspace, ...options, '--params', script), { env });
}

function configure(minHistoryBars: number): string {
  const workspace = makeWorkspace();
  writeFileSync(join(workspace, 'laptop-agents.yaml'), `engine:\n  min_history_bars: ${minHistoryBars}\n`);
  return workspace;
}

interface Ended {
  readonly document: ReportDocument;
  readonly log: readonly LogLine[];
  readonly bars: readonly EventOf<'bar'>[];
}

/** Asks a session to end, which must do so with 0. */
async function end(program: Program, workspace: string): Promise<Ended> {
  program.process.kill('SIGTERM');
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return readEnded(workspace);
}

async function readEnded(workspace: string): Promise<Ended> {
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  return {
    document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
    log: readSystemLog(workspace),
    bars: eventsOf(readEvents(join(workspace, 'runs/latest')), 'bar'),
  };
}

function said(log: readonly LogLine[], msg: string): LogLine[] {
  return log.filter((line) => line.msg === msg);
}

function expectUnbroken(bars: readonly EventOf<'bar'>[]): void {
  for (const [row, bar] of bars.entries()) {
    const first = bars[0]?.open_ms ?? 0;
    expect(bar.open_ms).toBe(first + row * MINUTE_MS);
    expect(bar.length_ms).toBe(MINUTE_MS);
  }
}

describe.concurrent('a session that needs history', { timeout: TEST_LIMIT_MS }, () => {
  test.each([
    ['the configured need', 500, 50],
    ['the strategy, where it needs more', 300, 700],
  ])(
    'has what %s asks for before it starts, beyond one page, and still after more bars',
    async (_, configured, own) => {
      const venue = await startFaultyVenue('--start-time', START_TIME);
      const workspace = configure(configured);
      const need = Math.max(configured, own);
      const options = ['--duration', 'forever', ...writeBarRecorder(workspace, own)];
      const session = startProgram(sessionAt(workspace, ...options), { env: venue.env });
      await waitUntilBeats(session, workspace, 'bar', ({ open_orders: orders }) => (orders ?? 0) > 0);
      const { document, log, bars } = await end(session, workspace);
      const complete = said(log, 'WARMUP_COMPLETE');
      expect(complete).toHaveLength(1);
      expect(complete[0]?.['bars']).toBeGreaterThanOrEqual(need);
      const history = bars.filter(({ history: isHistory }) => isHistory);
      expect(history.length).toBe(complete[0]?.['bars']);
      expectUnbroken(bars);
      // The minute ended while the session ran, and the strategy saw that bar behind all the others.
      const shown = shownBars(document.orders);
      expect(shown.map(({ openMs }) => openMs)).toEqual(
        bars.slice(history.length).map(({ open_ms: openMs }) => openMs),
      );
      expect(shown.length).toBeGreaterThanOrEqual(1);
      for (const [row, { bars: seen }] of shown.entries()) expect(seen).toBe(history.length + row + 1);
    },
  );

  test('waits where the venue has too little, says so once a minute, and places nothing', async () => {
    const venue = await startFaultyVenue('--start-time', '2026-03-05T12:00:05Z', '--symbol', 'FRESHUSDT');
    const workspace = configure(500);
    const session = startBuying(workspace, venue.env);
    const beat = await waitUntilBeats(session, workspace, 'reason to wait', ({ state, reason }) => {
      return state === 'warming' && reason?.includes('of 500 bars') === true;
    });
    const first = await waitForLine(session, workspace, 'reason to wait', ({ event }) => event === 'warming');
    const had = Number(first['bars']);
    await waitForLine(session, workspace, 'next one', (line) => {
      return line.event === 'warming' && line['bars'] === had + 1;
    });
    const { document, log, bars } = await end(session, workspace);
    // Half an hour of history, and what the market began with.
    expect(bars.filter(({ history }) => history)).toHaveLength(had);
    expect(had).toBeGreaterThanOrEqual(30);
    expect(beat.reason).toMatch(/^history has 3\d of 500 bars$/);
    expect(document.report).toMatchObject({ stopped_reason: 'signal', fills: 0, trades: 0 });
    expect(document.orders).toEqual([]);
    expect(said(log, 'WARMUP_COMPLETE')).toEqual([]);
    const waits = log.filter(({ event }) => event === 'warming');
    expect(waits.map(({ bars: has, needed }) => [has, needed])).toEqual([
      [had, 500],
      [had + 1, 500],
    ]);
    expect(first.msg).toBe(`Warming up: history has ${had} of 500 bars`);
    expect(readHeartbeat(workspace).state).toBe('ended');
  });

  test('begins to trade at the bar that completes its need, and says so once', async () => {
    const venue = await startFaultyVenue('--start-time', EARLY_START_TIME, '--symbol', 'FRESHUSDT');
    const workspace = configure(33);
    const session = startBuying(workspace, venue.env);
    await waitUntilBeats(session, workspace, 'position', ({ position }) => position === '0.01');
    const { document, log, bars } = await end(session, workspace);
    const complete = said(log, 'WARMUP_COMPLETE');
    expect(complete.map((line) => line['bars'])).toEqual([33]);
    const last = bars.find(({ history }) => !history);
    expect(bars.indexOf(last ?? ({} as EventOf<'bar'>))).toBe(32);
    const [order] = document.orders;
    expect(order?.client_order_id).toBe('in');
    // The script's times count from the moment the session runs, which is that of the bar.
    expect((order?.decision_time_ms ?? 0) - (last?.received_ms ?? 0)).toBeGreaterThanOrEqual(500);
    expect((order?.decision_time_ms ?? 0) - (last?.received_ms ?? 0)).toBeLessThan(600);
    expectUnbroken(bars);
  });
});

test('500 bars stay 500 after thousands more', () => {
  const seen: number[] = [];
  const market = new TestMarket(
    sessionStart({ min_history_bars: 500, duration_ms: null, stale_timeout_ms: 2 * MINUTE_MS }),
    {
      onBar: (instrument, view) => {
        const bars = view.bars(instrument);
        seen.push(bars.length);
        // The oldest bar that was promised is the one it should be.
        expect(bars.openTimeMs(0) - bars.openTimeMs(499)).toBe(499 * MINUTE_MS);
        return [limitOrder(0, 'buy', lots(0), ticks(1))];
      },
    },
    50,
  );
  for (let bar = 500; bar > 0; bar--) market.bar(0, -bar * MINUTE_MS, 1_000, true);
  market.mark(0, 1_000).book(0, [[999, 5]], [[1_001, 5]]);
  expect(market.engine.lifecycle).toBe('running');
  for (let bar = 0; bar < 3_000; bar++) {
    const closedMs = (bar + 1) * MINUTE_MS;
    market.book(closedMs, [[999, 5]], [[1_001, 5]]).bar(closedMs, bar * MINUTE_MS, 1_000);
  }
  expect(seen).toHaveLength(3_000);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(500);
});
