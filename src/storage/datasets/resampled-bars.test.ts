import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { EventKind } from '../../core/domain/event-block.ts';
import { createInstrument } from '../../core/domain/instrument.ts';
import { openBarDataset } from './bar-dataset.ts';

const START_MS = Date.parse('2025-01-01T00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-resampled-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Bars of five minutes, one for each number; bar n opens at 100 + n and closes 0.5 above. */
function write(minutes: readonly number[], columns = 'volume'): string {
  const file = path.join(folder, `${columns}.csv`);
  const rows = minutes.map((minute) => {
    const open = 100 + minute / 5;
    return `${START_MS + minute * MINUTE_MS},${open},${open + 2},${open - 1},${open + 0.5},1.25`;
  });
  writeFileSync(file, [`open_time_ms,open,high,low,close,${columns}`, ...rows].join('\n'));
  return file;
}

function fives(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / 5 }, (_, at) => from + at * 5);
}

/** The bars that are told: minute, open, high, low, close in 0.1, volume in 0.0001. */
async function told(bars: string, barMs: number, marks: string | null = null): Promise<unknown> {
  const dataset = await openBarDataset({ bars, marks, funding: null, barMs });
  const feed = dataset.feed(createInstrument(BTCUSDT, 0), { fromMs: null, toMs: null, historyBars: 0 });
  const found: (number | string)[][] = [];
  for await (const block of feed.blocks(1)) {
    for (let row = 0; row < block.length; row++) {
      const kind = block.kind[row];
      if (kind === EventKind.quality) found.push(['gap']);
      if (kind !== EventKind.bar && kind !== EventKind.markBar) continue;
      const [openMs = 0, , ...values] = block.wide.subarray(
        block.price[row] ?? 0,
        (block.price[row] ?? 0) + 7,
      );
      const name = kind === EventKind.bar ? 'bar' : 'mark';
      found.push([name, (openMs - START_MS) / MINUTE_MS, ...values]);
    }
  }
  return { found, notes: dataset.notes, barMs: dataset.barMs };
}

describe('bars made of shorter ones', () => {
  test('open with the first, close with the last, span all, and add up; halves at the ends are left out and said', async () => {
    expect(await told(write(fives(50, 190)), HOUR_MS)).toEqual({
      barMs: HOUR_MS,
      found: [
        ['bar', 60, 1120, 1250, 1110, 1235, 150_000],
        ['bar', 120, 1240, 1370, 1230, 1355, 150_000],
      ],
      notes: [
        'Bars of 60 minutes are made of 12 bars of 5 minutes each.',
        'The first bar is incomplete and left out.',
        'The last bar is incomplete and left out.',
      ],
    });
  });

  test('holes inside are counted, whole bars that are missing are gaps', async () => {
    const minutes = [...fives(0, 60).filter((minute) => minute !== 30), ...fives(120, 240)];
    expect(await told(write(minutes), HOUR_MS)).toEqual({
      barMs: HOUR_MS,
      found: [
        ['bar', 0, 1000, 1130, 990, 1115, 137_500],
        ['gap'],
        ['bar', 120, 1240, 1370, 1230, 1355, 150_000],
        ['bar', 180, 1360, 1490, 1350, 1475, 150_000],
      ],
      notes: [
        'Bars of 60 minutes are made of 12 bars of 5 minutes each.',
        '1 of 3 bars are made of fewer: the rest is missing in the data.',
        '1 of 4 bars are missing; nothing happens in them.',
      ],
    });
  });

  test('the marks beside them are made longer too', async () => {
    const marks = write(fives(0, 120), 'none');
    expect(await told(write(fives(0, 120)), HOUR_MS, marks)).toMatchObject({
      found: [
        ['mark', 0, 100e8, 113e8, 99e8, 111.5e8, 0],
        ['bar', 0, 1000, 1130, 990, 1115, 150_000],
        ['mark', 60, 112e8, 125e8, 111e8, 123.5e8, 0],
        ['bar', 60, 1120, 1250, 1110, 1235, 150_000],
      ],
    });
  });

  test('data that hold no two whole bars are refused, and what is no multiple stays as it is', async () => {
    const file = write(fives(30, 150));
    await expect(told(file, HOUR_MS)).rejects.toThrow(
      /volume.csv: expected at least two whole bars of 60 minutes, found 1/,
    );
    expect(await told(file, 7 * MINUTE_MS)).toMatchObject({ barMs: 5 * MINUTE_MS, notes: [] });
  });
});
