import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBarDataset } from '../storage/datasets/bar-dataset.ts';
import { type SimulatedVenue, startSimulatedVenue } from '../venues/simulated/simulated-venue.ts';
import { createSyntheticMarket } from '../venues/simulated/synthetic-market.ts';
import { fetchHistory } from './fetch-history.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let workspace = '';
let venue: SimulatedVenue;
beforeEach(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-fetch-'));
  const market = createSyntheticMarket({ seed: 5, startMs: Date.now() });
  venue = await startSimulatedVenue({ market, clock: { nowMs: () => Date.now() } });
});
afterEach(async () => {
  await venue.close();
  rmSync(workspace, { recursive: true, force: true });
});

async function fetched(
  fromMs: number,
  toMs: number | null,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await fetchHistory(
    {
      ...{ workspace, restUrl: venue.restUrl, symbol: 'BTCUSDT', interval: '1m', name: 'btc' },
      ...{ fromMs, toMs },
    },
    {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      isTty: false,
      color: false,
      json: true,
    },
  );
  return { code, out: out.join(''), err: err.join('') };
}

const linesOf = (name: string): string[] =>
  readFileSync(path.join(workspace, 'data/btc', name), 'utf8')
    .trimEnd()
    .split('\n');

test('history is fetched over real sockets, page by page, gone on with, and can be backtested', async () => {
  const nowMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const fromMs = nowMs - 12 * HOUR_MS;
  // Three pages of 200 at most, as if the rest had been broken off.
  const first = await fetched(fromMs, fromMs + 500 * MINUTE_MS);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(linesOf('bars.csv')).toHaveLength(501);
  const bars = path.join(workspace, 'data/btc/bars.csv');
  // A crash in the middle of a row.
  writeFileSync(bars, `${readFileSync(bars, 'utf8')}17356896`);
  const rest = await fetched(fromMs, nowMs);
  expect(rest).toMatchObject({ code: 0 });
  expect((JSON.parse(rest.out) as { rows: { bars: number } }).rows.bars).toBe(720 - 500);
  const times = linesOf('bars.csv')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));
  expect(times).toEqual(Array.from({ length: 720 }, (_, at) => fromMs + at * MINUTE_MS));
  expect(linesOf('mark.csv')).toHaveLength(721);
  expect(linesOf('funding.csv').length).toBeGreaterThanOrEqual(2);
  const again = await fetched(fromMs, nowMs);
  expect(JSON.parse(again.out)).toMatchObject({ rows: { bars: 0, marks: 0, funding: 0 } });
  const files = {
    bars,
    marks: path.join(workspace, 'data/btc/mark.csv'),
    funding: path.join(workspace, 'data/btc/funding.csv'),
  };
  expect(await openBarDataset(files)).toMatchObject({ barMs: MINUTE_MS, notes: [] });
});

test('a begin that has yet to come, or comes behind the end, is refused', async () => {
  const nowMs = Date.now();
  await expect(fetched(nowMs + HOUR_MS, nowMs + 2 * HOUR_MS)).rejects.toThrow(
    /^--from: expected a time before/,
  );
  await expect(fetched(nowMs - HOUR_MS, nowMs - 2 * HOUR_MS)).rejects.toThrow(
    /^--from: expected a time before/,
  );
});

test('a contract that the venue does not have, or a venue that is not there, ends with 3', async () => {
  await venue.close();
  const { code, err } = await fetched(Date.now() - HOUR_MS, null);
  expect(err).not.toBe('');
  expect(code).toBe(3);
});
