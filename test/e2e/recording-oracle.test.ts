/**
 * Sessions on recorded markets, held against the recordings: no fill that the market could not have given.
 *
 * The venue runs on recorded time, so the times in a session's report are recorded times. Needs the recordings: skipped
 * where LA_DATA_DIR does not name their folder.
 */

import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type FillRow, type ReportDocument, reportDocumentShape } from './support/contract-shapes.ts';
import { decimalText, exact } from './support/exact-decimal.ts';
import { readEvents } from './support/event-lines.ts';
import { BOOK_AGE_MS, type JudgedSession, judgeFills } from './support/fill-oracle.ts';
import { endPrograms, runProgram } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import { type RecordedTape, readRecordedTape } from './support/recorded-tape.ts';
import { drawActions } from './support/seeded-script.ts';
import { measureTimeliness } from './support/timeliness.ts';
import { makeWorkspace, removeWorkspaces, writeScript } from './support/workspace.ts';

const dataFolder = process.env['LA_DATA_DIR'];
/** The session, its start and its end. */
const TAPE_MS = 120_000;
const SESSION_LIMIT_MS = 240_000;

const MARKETS = [
  { name: 'l2/binance-um-btcusdt-20230404T2358', seed: 1, takersMin: 80, makersMin: 25 },
  { name: 'l2/binance-um-btcusdt-20240808T2354', seed: 2, takersMin: 80, makersMin: 25 },
  { name: 'l2/hyperliquid-perp-btc-20250904T1946', seed: 3, takersMin: 80, makersMin: 8 },
] as const;

interface Played {
  readonly session: JudgedSession;
  readonly tape: RecordedTape;
  readonly document: ReportDocument;
}

const played = new Map<string, () => Promise<Played>>(
  dataFolder === undefined
    ? []
    : MARKETS.map(({ name, seed }) => [name, shareSession(() => play(join(dataFolder, name), seed))]),
);

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

async function play(prefix: string, seed: number): Promise<Played> {
  const workspace = makeWorkspace();
  const place = ['--workspace', workspace];
  const script = writeScript(workspace, drawActions(seed));
  const source = ['--source', `recording:${prefix}`, '--strategy', 'scripted', '--params', script];
  const options = [
    '--duration',
    '60s',
    '--balance',
    '10000000',
    '--seed',
    String(seed),
    '--dashboard',
    'off',
  ];
  const { code, stdout, stderr } = await runProgram(['run', ...source, ...options, ...place]);
  if (code !== 0) throw new Error(`seed ${seed}: exit ${code}: ${stdout}${stderr}`);
  const printed = await runProgram(['report', 'latest', '--format', 'json', ...place]);
  const document = reportDocumentShape.parse(JSON.parse(printed.stdout));
  const { report, orders, fills } = document;
  const session = {
    startMs: Date.parse(report.started_at),
    endMs: Date.parse(report.ended_at),
    orders,
    fills,
    timeliness: measureTimeliness(readEvents(join(workspace, 'runs/latest'))),
  };
  return { session, document, tape: readRecordedTape(prefix, TAPE_MS) };
}

function playedOf(name: string): Promise<Played> {
  const session = played.get(name);
  if (session === undefined) throw new Error(`${name} was not played`);
  return session();
}

describe.skipIf(dataFolder === undefined).each(MARKETS)(
  'a session on $name (seed $seed)',
  { timeout: SESSION_LIMIT_MS },
  ({ name, takersMin, makersMin }) => {
    test('runs on recorded time, inside the recording', async () => {
      const { session, tape } = await playedOf(name);
      expect(session.startMs).toBeGreaterThanOrEqual(tape.startMs);
      expect(session.endMs - session.startMs).toBeGreaterThanOrEqual(60_000);
      expect(session.endMs).toBeLessThan(tape.endMs);
    });

    test('is filled only where the recorded market could have given it', async () => {
      const { session, tape } = await playedOf(name);
      const { takers, makers, findings } = judgeFills(session, tape);
      // A number to look at: an oracle that has nothing to judge finds nothing.
      process.stdout.write(
        `${name}: judged ${takers} taker and ${makers} maker fills of ${session.orders.length} orders\n`,
      );
      expect(findings).toEqual([]);
      // Late at times at most: a session that is late throughout would excuse its own fills.
      expect(session.timeliness.medianAgeMs).toBeLessThan(BOOK_AGE_MS);
      expect(takers).toBeGreaterThanOrEqual(takersMin);
      expect(makers).toBeGreaterThanOrEqual(makersMin);
    });

    test('uses every kind of order, and its books balance', async () => {
      const { document } = await playedOf(name);
      const { orders, report } = document;
      const kinds = new Set(
        orders.map(({ type, time_in_force: force }) => (type === 'limit' ? force : type)),
      );
      expect([...kinds].toSorted()).toEqual(['fok', 'gtc', 'ioc', 'market', 'post_only']);
      const reasons = ['post_only_would_cross', 'ioc_remainder', 'fok_not_fillable', 'cancel_requested'];
      expect(orders.map(({ reason }) => reason)).toEqual(expect.arrayContaining(reasons));
      expect(report).toMatchObject({ status: 'success', ledger_difference: '0', orders_denied: 0 });
    });
  },
);

/** The oracle itself: true fills of a session, each made untrue in one way. */
describe.skipIf(dataFolder === undefined)('the oracle', { timeout: SESSION_LIMIT_MS }, () => {
  const name = MARKETS[0].name;
  const find = (
    fills: readonly FillRow[],
    liquidity: FillRow['liquidity'],
    side: FillRow['side'],
  ): FillRow => {
    const found = fills.find((fill) => fill.liquidity === liquidity && fill.side === side);
    if (found === undefined) throw new Error(`no ${liquidity} ${side}`);
    return found;
  };

  /** The findings about the session after `change` was made to one of its fills. */
  async function findingsAfter(
    liquidity: FillRow['liquidity'],
    side: FillRow['side'],
    change: (fill: FillRow) => Partial<FillRow>,
  ): Promise<string[]> {
    const { session, tape } = await playedOf(name);
    const target = find(session.fills, liquidity, side);
    const fills = session.fills.map((fill) => (fill === target ? { ...fill, ...change(fill) } : fill));
    return judgeFills({ ...session, fills }, tape).findings.filter((text) =>
      text.startsWith(`${target.fill_id} `),
    );
  }

  test.each(['buy', 'sell'] as const)('finds a taker %s that got a better price', async (side) => {
    const better = (fill: FillRow): Partial<FillRow> => ({
      price: plus(fill.price, side === 'buy' ? '-200' : '200'),
    });
    expect(await findingsAfter('taker', side, better)).toEqual(
      expect.arrayContaining([expect.stringContaining('better than the best recorded price')]),
    );
  });

  test.each(['buy', 'sell'] as const)('finds a taker %s larger than what was displayed', async (side) => {
    const large = (): Partial<FillRow> => ({ quantity: '500' });
    expect(await findingsAfter('taker', side, large)).toEqual(
      expect.arrayContaining([expect.stringContaining('500 taken')]),
    );
  });

  test.each(['buy', 'sell'] as const)('finds a maker %s without a print', async (side) => {
    const away = (fill: FillRow): Partial<FillRow> => ({
      price: plus(fill.price, side === 'buy' ? '-300' : '300'),
    });
    expect(await findingsAfter('maker', side, away)).toEqual(
      expect.arrayContaining([expect.stringContaining('no print could have filled it')]),
    );
  });

  test.each(['buy', 'sell'] as const)('finds a maker %s before its time', async (side) => {
    const early = (fill: FillRow): Partial<FillRow> => ({ time_ms: fill.time_ms - 30_000 });
    expect(await findingsAfter('maker', side, early)).toEqual(
      expect.arrayContaining([expect.stringContaining('before its arrival')]),
    );
  });

  test.each(['buy', 'sell'] as const)('finds a maker %s larger than its prints', async (side) => {
    const large = (): Partial<FillRow> => ({ quantity: '500' });
    expect(await findingsAfter('maker', side, large)).toEqual(
      expect.arrayContaining([expect.stringContaining('too small')]),
    );
  });

  test('finds a print that was used twice', async () => {
    const { session, tape } = await playedOf(name);
    const target = find(session.fills, 'maker', 'buy');
    const copies = Array.from({ length: 50 }, (_, copy) => ({
      ...target,
      fill_id: `copy${copy}`,
      quantity: '1',
    }));
    const { findings } = judgeFills({ ...session, fills: [...session.fills, ...copies] }, tape);
    expect(findings).toEqual(expect.arrayContaining([expect.stringMatching(/^copy.* too small/)]));
  });

  test('finds a fee that was rounded down', async () => {
    const cheaper = (fill: FillRow): Partial<FillRow> => ({ fee: decimalText(exact(fill.fee) - 1n) });
    expect(await findingsAfter('taker', 'buy', cheaper)).toEqual([expect.stringContaining('should be')]);
  });
});

function plus(price: string, change: string): string {
  return decimalText(exact(price) + exact(change));
}
