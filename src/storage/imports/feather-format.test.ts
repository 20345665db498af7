import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FEATHER_CANDLES, FEATHER_WITH_HOLE } from '../../../test/builders/feather-files.ts';
import { featherFormat } from './feather-format.ts';
import { StorageError } from '../storage-error.ts';
import type { ImportedRow } from './import-row.ts';
import { decompressLz4Frame } from './lz4-frame.ts';

const START_MS = Date.parse('2025-01-01T00:00Z');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-feather-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function read(name: string, bytes: Buffer): Promise<ImportedRow[]> {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  expect(featherFormat.matches(file, '')).toBe(true);
  const rows: ImportedRow[] = [];
  for await (const row of featherFormat.read(file)) rows.push(row);
  return rows;
}

const candles = (codec: keyof typeof FEATHER_CANDLES): Buffer =>
  Buffer.from(FEATHER_CANDLES[codec], 'base64');

describe('feather files of freqtrade', () => {
  test.each(['lz4', 'zstd'] as const)(
    'give their candles as exact decimals, packed with %s',
    async (codec) => {
      const rows = await read('BTC_USDT_USDT-5m-futures.feather', candles(codec));
      expect(rows).toEqual(
        Array.from({ length: 30 }, (_, at) => ({
          ...{ kind: 'bar', line: at + 1, openMs: START_MS + at * 300_000 },
          ...{ open: `${100 + (at % 3)}.1`, high: '110', low: '90.5', close: `${100 + (at % 4)}.2` },
          volume: at === 1 ? '0.000000125' : '1.5',
        })),
      );
    },
  );

  test('hold marks and settlements under names of their own', async () => {
    const [mark] = await read('BTC_USDT_USDT-8h-mark.feather', candles('lz4'));
    expect(mark).toMatchObject({ kind: 'mark_bar', open: '100.1', volume: '0' });
    const [, settled] = await read('BTC_USDT_USDT-8h-funding_rate.feather', candles('lz4'));
    expect(settled).toEqual({
      kind: 'funding',
      line: 2,
      settlementMs: START_MS + 300_000,
      rate: '101.1',
      mark: null,
    });
  });

  test('a missing number is refused with its row; text beside the numbers is passed by', async () => {
    await expect(read('x.feather', Buffer.from(FEATHER_WITH_HOLE, 'base64'))).rejects.toThrow(
      /x\.feather: row 2: expected six numbers, found a missing one/,
    );
  });

  test.each([
    ['no Arrow file', (bytes: Buffer) => Buffer.concat([Buffer.from('PK'), bytes]), /found something else/],
    [
      'feather version 1',
      (bytes: Buffer) => Buffer.concat([Buffer.from('FEA1'), bytes.subarray(4)]),
      /found feather version 1/,
    ],
    ['a file cut off', (bytes: Buffer) => bytes.subarray(0, 900), /x\.feather: expected an Arrow file/],
    ['a file too short', () => Buffer.from('ARROW1'), /too short/],
  ])('refuses %s by its name', async (_, change, message) => {
    await expect(read('x.feather', change(candles('lz4')))).rejects.toThrow(message);
  });

  test('damage anywhere in the file is refused or read, never worse', async () => {
    const whole = candles('lz4');
    const outcomes = new Set<unknown>();
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      outcomes.add(
        await read('x.feather', bytes).then(
          () => 'read',
          (error: unknown) => (error instanceof StorageError ? error.code : error),
        ),
      );
    }
    expect(outcomes).toEqual(new Set(['read', 'invalid_data']));
  });
});

describe('an LZ4 frame', () => {
  const frame = (...block: number[]): Uint8Array =>
    Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0]);

  test('repeats what a match has just written', () => {
    // 'ab', then nine bytes from two back, then the literal 'c'.
    const packed = frame(0x25, 0x61, 0x62, 2, 0, 0x10, 0x63);
    expect(Buffer.from(decompressLz4Frame(packed, 12)).toString()).toBe('ababababababc'.slice(0, 11) + 'c');
  });

  test('is refused where a match points before the data, and where it is longer than it says', () => {
    expect(() => decompressLz4Frame(frame(0x25, 0x61, 0x62, 3, 0, 0x10, 0x63), 12)).toThrow(
      /outside of the data/,
    );
    expect(() => decompressLz4Frame(frame(0x25, 0x61, 0x62, 2, 0, 0x10, 0x63), 5)).toThrow(
      /outside of the data/,
    );
    expect(() => decompressLz4Frame(frame(0x20, 0x61, 0x62), 3)).toThrow(/2 bytes instead of 3/);
  });
});
