import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BarFile } from './bar-file.ts';

const HEADER = 'open_time_ms,open,high,low,close,volume';
const FIRST = '1735689600000,100.5,101,99.25,100,1.5';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-bars-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(text: string, name = 'bars.csv'): string {
  const file = path.join(folder, name);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

async function barsOf(file: BarFile): Promise<number[][]> {
  const found: number[][] = [];
  for await (const batch of file.batches()) {
    for (let at = 0; at < batch.count; at++) {
      const { openMs, open, high, low, close, volume } = batch;
      found.push([openMs, open, high, low, close, volume].map((column) => column[at] ?? Number.NaN));
    }
  }
  return found;
}

describe('a file of candles', () => {
  test('is read as exact integers, whatever else its rows hold and however its lines end', async () => {
    const text = `note,${HEADER}\r\nx,${FIRST}\r\n\r\ny,1735689660000,0.00000001,100000.5,0.00000001,2,3.4e-7\r\n`;
    const file = await BarFile.open(write(text, 'bars.csv.gz'), 'trade');
    expect(await barsOf(file)).toEqual([
      [1735689600000, 10_050_000_000, 10_100_000_000, 9_925_000_000, 10_000_000_000, 150_000_000],
      [1735689660000, 1, 10_000_050_000_000, 1, 200_000_000, 34],
    ]);
    expect(file.facts).toEqual({
      ...{ count: 2, firstMs: 1735689600000, lastMs: 1735689660000, lengthMs: 60_000 },
      ...{ priceDecimals: 8, volumeDecimals: 8 },
    });
  });

  test('says the same however large it is, and without a last line end', async () => {
    const rows = Array.from(
      { length: 40_000 },
      (_, at) => `${1735689600000 + at * 60_000},10,11,9,10.${at % 10},${at}`,
    );
    const file = await BarFile.open(write([HEADER, ...rows].join('\n')), 'trade');
    const bars = await barsOf(file);
    expect(bars).toHaveLength(40_000);
    expect(bars[39_999]).toEqual([1738089540000, 1e9, 1.1e9, 9e8, 1.09e9, 39_999e8]);
    expect(file.facts).toMatchObject({ count: 40_000, priceDecimals: 1, volumeDecimals: 0 });
  });

  test.each([
    ['another header', 'time,open,high,low,close,volume', /:1: expected a header with open_time_ms,open/],
    ['no row', HEADER, /expected at least one row, found none/],
    ['one row', `${HEADER}\n${FIRST}`, /expected at least two bars, found 1/],
    ['a missing field', `${HEADER}\n${FIRST}\n1735689660000,1,1,1,1`, /:3: expected 6 fields, found 5/],
    [
      'a word',
      `${HEADER}\n1735689600000,100,x1,99,100,1`,
      /:2: expected a decimal in column high, found "x1"/,
    ],
    [
      'a time that is none',
      `${HEADER}\n2025-01-01,1,1,1,1,1`,
      /:2: expected an integer in column open_time_ms/,
    ],
    [
      'a time twice',
      `${HEADER}\n${FIRST}\n${FIRST}`,
      /:3: expected open_time_ms to rise .* found 1735689600000 again/,
    ],
    [
      'a low above the close',
      `${HEADER}\n1735689600000,100,101,99,98,1`,
      /:2: expected low <= open, close <= high/,
    ],
    [
      'a price of zero',
      `${HEADER}\n1735689600000,100,101,0,98,1`,
      /:2: expected a price above zero in column low/,
    ],
    [
      'a negative volume',
      `${HEADER}\n1735689600000,100,101,99,100,-1`,
      /:2: expected a volume of zero or more/,
    ],
    [
      'too many digits',
      `${HEADER}\n1735689600000,100.123456789,101,99,100,1`,
      /:2: expected a decimal of at most 8/,
    ],
  ])('is refused for %s, with file and line', async (_what, text, message) => {
    await expect(BarFile.open(write(text), 'trade')).rejects.toThrow(message);
  });

  test('is refused where it is no gzip, is cut off, or is not there', async () => {
    const file = write('no gzip', 'bars.csv.gz');
    await expect(BarFile.open(file, 'trade')).rejects.toMatchObject({ code: 'invalid_data' });
    const rows = Array.from({ length: 5_000 }, (_, at) => `${1735689600000 + at * 60_000},10,11,9,10,${at}`);
    writeFileSync(file, gzipSync([HEADER, ...rows].join('\n')).subarray(0, 5_000));
    await expect(BarFile.open(file, 'trade')).rejects.toMatchObject({ code: 'invalid_data' });
    await expect(BarFile.open(path.join(folder, 'absent.csv'), 'trade')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('needs no volume for marks', async () => {
    const file = await BarFile.open(
      write('open_time_ms,open,high,low,close\n0,1,1,1,1\n60000,2,2,2,2\n'),
      'mark',
    );
    expect((await barsOf(file)).map(([, open]) => open)).toEqual([1e8, 2e8]);
  });
});
