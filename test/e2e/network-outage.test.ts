/**
 * A session whose network is gone for minutes while its process lives: what the market did meanwhile is played through by the
 * venue's bars before trading goes on, marked as reconstructed, and replays the same. Time runs faster in both programs.
 */

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reportDocumentShape } from './support/contract-shapes.ts';
import { type LoggedEvent, eventsOf, readEvents } from './support/event-lines.ts';
import { fastTime } from './support/fast-time.ts';
import { sessionAt, startFaultyVenueIn } from './support/faulty-venue.ts';
import { endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  makeWorkspace,
  readSystemLog,
  removeWorkspaces,
  waitForLine,
  waitUntilBeats,
  waitUntilRunning,
  writeScript,
} from './support/workspace.ts';

/** The session has a few real seconds for what it must do: a busy machine takes that many times longer. */
const FACTOR = 20;
const TEST_LIMIT_MS = 180_000;
const MINUTE_MS = 60_000;
const OUTAGE_S = 125;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

/** Orders on each side that minutes of market will reach: it goes six basis points a minute one way or the other. */
const OFFSETS_BPS = [2, 3, 4];
/** Seconds: again and again, because a book may be late where time runs faster on a busy machine. */
const TIMES_S = Array.from({ length: 12 }, (_, row) => 2 + row * 15);
/** At rest before the outage; of the closest one or the other may have filled by then. */
const RESTING_MIN = 4;
const SCRIPT = [
  { at: '1s', action: 'submit', id: 'held', side: 'buy', type: 'market', quantity: '0.05' },
  ...TIMES_S.flatMap((second) =>
    ['buy', 'sell'].flatMap((side) =>
      OFFSETS_BPS.map((offset) => ({
        at: `${second}s`,
        action: 'submit',
        id: `rest-${side}-${offset}-${second}`,
        side,
        type: 'limit',
        quantity: '0.002',
        price_offset_bps: offset,
        time_in_force: 'post_only',
      })),
    ),
  ),
];

test(
  'a network that is gone for minutes leaves nothing undecided: orders fill by the bars of that time, and say so',
  async () => {
    const workspace = makeWorkspace();
    const env = fastTime(FACTOR, Date.now());
    const venue = await startFaultyVenueIn(env, '--symbol', 'BTCUSDT');
    const program = startProgram(
      sessionAt(
        workspace,
        ...['--duration', 'forever', '--seed', '9', '--stale-timeout', '60s', '--on-end', 'keep'],
        ...['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)],
      ),
      { env: { ...venue.env, ...env } },
    );
    await waitUntilBeats(program, workspace, 'orders at rest', ({ open_orders: orders }) => {
      return (orders ?? 0) >= RESTING_MIN;
    });
    const down = { at: '0s', for: `${OUTAGE_S}s` };
    await venue.addFaults(
      { ...down, kind: 'refuse_upgrade', status: 503 },
      { ...down, kind: 'rest_error', http_status: 503 },
      { at: '0s', kind: 'drop_socket', target: 'all' },
    );
    // A busy machine loses the line by itself, too, where time runs faster; that is not the one that is meant.
    const isLong = (fromMs: number, toMs: number): boolean => toMs - fromMs > (OUTAGE_S - 10) * 1_000;
    await waitForLine(program, workspace, 'end of the outage', ({ event, from, to }) => {
      return event === 'network_outage' && isLong(Number(from), Number(to));
    });
    await waitUntilRunning(program, workspace);
    program.process.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
    const { fills, orders, quality, report } = reportDocumentShape.parse(JSON.parse(printed.stdout));
    const outage = quality.find((row) => row.feed === 'network' && isLong(row.from_ms, row.to_ms));
    expect(outage).toMatchObject({ kind: 'reconnect', backfilled: true });
    const { from_ms: fromMs = 0, to_ms: toMs = 0 } = outage ?? {};

    // Every whole minute of it, and nothing else, was played through, before any book of the new market.
    const events = readEvents(join(workspace, 'runs/latest'));
    const played = eventsOf(events, 'bar').filter(
      ({ reconstructed, open_ms: openMs }) => reconstructed && openMs >= fromMs && openMs < toMs,
    );
    const whole = Math.floor(toMs / MINUTE_MS) - Math.ceil(fromMs / MINUTE_MS);
    expect(whole).toBeGreaterThanOrEqual(1);
    expect(played).toHaveLength(whole);
    const isNewBook = (event: LoggedEvent): boolean =>
      event.kind === 'book_snapshot' && event.received_ms >= toMs;
    expect(events.findIndex(isNewBook)).toBeGreaterThan(
      events.findLastIndex((event) => event === played.at(-1)),
    );

    const reconstructed = fills.filter((fill) => fill.reconstructed);
    expect(reconstructed.length).toBeGreaterThanOrEqual(1);
    for (const fill of reconstructed) {
      expect(fill.time_ms).toBeGreaterThanOrEqual(toMs);
      const order = orders.find(({ order_id: id }) => id === fill.order_id);
      const limit = Number(order?.price);
      const isReached = played.some(({ low, high }) =>
        fill.side === 'buy' ? Number(low) < limit : Number(high) > limit,
      );
      expect(isReached).toBe(true);
    }
    expect(report.ledger_difference).toBe('0');
    expect(readSystemLog(workspace).some(({ event }) => event === 'network_outage')).toBe(true);
    const verified = await runProgram(['verify', 'latest', '--workspace', workspace]);
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  },
  TEST_LIMIT_MS,
);
