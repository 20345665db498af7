/**
 * The exchange on every recorded session, held against the raw files by code of its own.
 *
 * Needs the recordings: skipped where LA_DATA_DIR does not name their folder. How much: ../builders/proof-size.ts.
 */

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RecordedSession, loadRecordedSession } from '../../src/storage/recorded-session.ts';
import { PROOF_SEED as SEED, PROOF_SIZE } from '../builders/proof-size.ts';
import { drawnStrategy } from './drawn-strategy.ts';
import { haunt } from './ghost-orders.ts';
import { judgeRecorded } from './judge-recorded.ts';
import { type RawMessage, readRawSession } from './raw-session.ts';
import { type RawFill, type RecordedRun, SESSIONS, runRecorded, timesOf } from './run-recorded.ts';

const dataFolder = process.env['LA_DATA_DIR'];
const ORDERS = 2_000;
const RUNS = Math.max(1, PROOF_SIZE);
const GHOST_PASSES = Math.max(1, PROOF_SIZE);
/** At a desk one session with updates and one with windows; in CI all of them. */
const PLAYED = PROOF_SIZE < 1 ? [SESSIONS[0], SESSIONS[5]] : SESSIONS;
const LIMIT_MS = 30 * 60_000;

interface Recording {
  readonly name: string;
  readonly session: RecordedSession;
  readonly messages: readonly RawMessage[];
}

/** The recording last read: one at a time is enough, and several are large. */
let opened: Recording | null = null;

async function recording(name: string): Promise<Recording> {
  if (opened?.name === name) return opened;
  const prefix = path.join(dataFolder ?? '', name);
  opened = { name, session: await loadRecordedSession(prefix), messages: readRawSession(prefix) };
  return opened;
}

describe.skipIf(dataFolder === undefined || dataFolder === '').each(PLAYED)(
  '%s',
  { timeout: LIMIT_MS },
  (name) => {
    test('is numbered by the program as the files say', async () => {
      const { session, messages } = await recording(name);
      expect(session.events).toBe(messages.length);
      expect(timesOf(session).endMs).toBe(messages.at(-1)?.timeMs);
    });

    test(`fills ${ORDERS * RUNS} drawn orders only where the recorded market could have given it (seed ${SEED})`, async () => {
      const { session, messages } = await recording(name);
      const { startMs, endMs } = timesOf(session);
      const counts = { orders: 0, takers: 0, makers: 0 };
      for (let run = 0; run < RUNS; run++) {
        const strategy = drawnStrategy(
          SEED + run,
          session.instrument,
          Math.max(1, Math.floor((endMs - startMs) / ORDERS)),
        );
        const { fills, spans, outputs } = runRecorded(session, strategy);
        expect(judgeRecorded(messages, fills, spans).slice(0, 20)).toEqual([]);
        counts.orders += new Set(
          outputs.flatMap((output) => (output.type === 'order' ? [output.order.id] : [])),
        ).size;
        counts.makers += fills.filter(({ isMaker }) => isMaker).length;
        counts.takers += fills.filter(({ isMaker }) => !isMaker).length;
      }
      process.stdout.write(
        `${name}: ${counts.orders} orders, ${counts.takers} taker and ${counts.makers} maker fills judged\n`,
      );
      expect(counts.orders).toBeGreaterThan(ORDERS * RUNS * 0.6);
      expect(counts.takers).toBeGreaterThan(300 * RUNS);
      expect(counts.makers).toBeGreaterThan(30 * RUNS);
    });

    test('fills ghosts at the touch no less than prints through them and no more than their queue lets pass', async () => {
      const { session, messages } = await recording(name);
      const row = haunt(name, session, messages, GHOST_PASSES);
      process.stdout.write(`${JSON.stringify({ ...row, findings: row.findings.length })}\n`);
      expect(row.findings.slice(0, 20)).toEqual([]);
      expect(row.ghosts).toBeGreaterThan(100);
      expect(row.least).toBeLessThanOrEqual(row.filled);
      expect(row.filled).toBeLessThanOrEqual(row.most);
      expect(row.filled).toBeGreaterThan(0);
    });
  },
);

/** The judge itself: true fills of a run, each made untrue in one way. */
describe.skipIf(dataFolder === undefined || dataFolder === '')('the judge', { timeout: LIMIT_MS }, () => {
  let played: RecordedRun | null = null;
  const play = async (): Promise<RecordedRun> => {
    const { session } = await recording(SESSIONS[0]);
    played ??= runRecorded(session, drawnStrategy(1, session.instrument, 200));
    return played;
  };

  test.each([
    ['a taker that took more than was displayed', false, () => ({ quantity: 1e12 }), /displayed/],
    [
      'a taker better than the best',
      false,
      (fill: RawFill) => ({ price: fill.price + (fill.isBuy ? -1 : 1) * 1e11 }),
      /better than the best/,
    ],
    [
      'a taker at another time',
      false,
      (fill: RawFill) => ({ timeMs: fill.timeMs + 10_000 }),
      /not the one in force/,
    ],
    ['a maker larger than its print', true, () => ({ quantity: 1e13 }), /of a print of/],
    [
      'a maker whose print did not reach it',
      true,
      (fill: RawFill) => ({ price: fill.price + (fill.isBuy ? -1 : 1) * 1e11 }),
      /did not reach/,
    ],
    [
      'a maker older than its print',
      true,
      (fill: RawFill) => ({ arrivalMs: fill.timeMs + 1 }),
      /older than its order/,
    ],
    ['a fee one unit short', true, (fill: RawFill) => ({ fee: fill.fee - 1n }), /should be/],
    ['evidence that never was', true, () => ({ evidence: 1e9 }), /there is no message/],
  ])('finds %s', async (_, isMaker, change, text) => {
    const { messages } = await recording(SESSIONS[0]);
    const run = await play();
    const at = run.fills.findIndex((fill) => fill.isMaker === isMaker);
    const fills = run.fills.map((fill, place) => (place === at ? { ...fill, ...change(fill) } : fill));
    expect(judgeRecorded(messages, fills, run.spans).join('\n')).toMatch(text);
  });
});
