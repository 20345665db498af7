/**
 * freqtrade's JSON data: an array of `[time, open, high, low, close, volume]`, named PAIR-INTERVAL-KIND.json(.gz).
 *
 * `…-mark.json` holds mark prices, `…-funding_rate.json` settlements with the rate in the place of the open. Its numbers
 * are binary floats: the shortest decimal that means each of them is taken. The file stands on one line, so what is wrong
 * is told by the number of the row. Limit: read whole.
 */

import { StorageError } from '../storage-error.ts';
import { decimalText } from './decimal-text.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';
import { openBytes } from './lines.ts';

/** Largest text that is read. */
const TEXT_BYTES_MAX = 512 * 1024 * 1024;

export const freqtradeFormat: ImportFormat = {
  name: 'freqtrade-json',
  about: 'freqtrade candles, marks and funding rates as JSON',
  matches: (file, firstLine) => /\.json(\.gz)?$/.test(file) && /^\s*\[\s*(\[|\])/.test(firstLine),
  read: readCandles,
};

async function* readCandles(file: string): AsyncGenerator<ImportedRow> {
  const rows = await readArray(file);
  const isMark = /-mark\.json/.test(file);
  const isFunding = /-funding_rate\.json/.test(file);
  for (const [at, row] of rows.entries()) {
    const line = at + 1;
    if (!Array.isArray(row) || row.length < 5 || !row.every((value) => typeof value === 'number'))
      throw new StorageError(
        'invalid_data',
        `${file}: row ${line}: expected six numbers, found something else`,
      );
    const [timeMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row;
    if (isFunding) {
      yield { kind: 'funding', line, settlementMs: timeMs, rate: decimalText(open), mark: null };
      continue;
    }
    yield {
      ...{
        kind: isMark ? 'mark_bar' : 'bar',
        line,
        openMs: timeMs,
        volume: decimalText(isMark ? 0 : volume),
      },
      ...{
        open: decimalText(open),
        high: decimalText(high),
        low: decimalText(low),
        close: decimalText(close),
      },
    };
  }
}

async function readArray(file: string): Promise<readonly (readonly number[])[]> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of openBytes(file) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > TEXT_BYTES_MAX)
      throw new StorageError('invalid_data', `${file}: expected at most ${TEXT_BYTES_MAX} bytes of JSON`);
    chunks.push(chunk);
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (Array.isArray(parsed)) return parsed as readonly (readonly number[])[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new StorageError('invalid_data', `${file}: expected a JSON array, found something else`);
}
