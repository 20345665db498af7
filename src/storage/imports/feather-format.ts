/**
 * freqtrade's feather files: candles named PAIR-INTERVAL-KIND.feather with the columns `date, open, high, low, close, volume`.
 *
 * `…-mark.feather` holds mark prices, `…-funding_rate.feather` settlements with the rate in the place of the open. Its
 * numbers are binary floats: the shortest decimal that means each of them is taken. What is wrong is told by the number of
 * the row. Source: freqtrade, data/history/datahandlers/featherdatahandler.py (Arrow IPC, LZ4). Trades of freqtrade
 * (`…-trades.feather`) hold text and are not read.
 */

import { StorageError } from '../storage-error.ts';
import { type ArrowBatch, readArrowFile } from './arrow-file.ts';
import { decimalText } from './decimal-text.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';

const COLUMNS = ['date', 'open', 'high', 'low', 'close', 'volume'] as const;

export const featherFormat: ImportFormat = {
  name: 'freqtrade-feather',
  about: 'freqtrade candles, marks and funding rates as feather',
  matches: (file) => file.endsWith('.feather'),
  read: readCandles,
};

async function* readCandles(file: string): AsyncGenerator<ImportedRow> {
  const isMark = file.endsWith('-mark.feather');
  const isFunding = file.endsWith('-funding_rate.feather');
  let line = 0;
  for (const batch of readArrowFile(file)) {
    const [dates = [], ...columns] = COLUMNS.map((name) => columnOf(file, batch, name));
    for (const [at, timeMs] of dates.entries()) {
      line++;
      const values = columns.map((column) => column[at] ?? null);
      const [open = null, high = null, low = null, close = null, volume = null] = values;
      if (timeMs === null || open === null || (!isFunding && [high, low, close, volume].includes(null)))
        throw new StorageError(
          'invalid_data',
          `${file}: row ${line}: expected six numbers, found a missing one`,
        );
      if (isFunding) {
        yield { kind: 'funding', line, settlementMs: timeMs, rate: decimalText(open), mark: null };
        continue;
      }
      yield {
        ...{
          kind: isMark ? 'mark_bar' : 'bar',
          line,
          openMs: timeMs,
          volume: decimalText(isMark ? 0 : (volume ?? 0)),
        },
        ...{
          open: decimalText(open),
          high: decimalText(high ?? 0),
          low: decimalText(low ?? 0),
          close: decimalText(close ?? 0),
        },
      };
    }
  }
}

function columnOf(file: string, batch: ArrowBatch, name: string): readonly (number | null)[] {
  const column = batch.columns.get(name);
  if (column !== undefined) return column;
  const found = [...batch.columns.keys()].join(', ') || 'none';
  throw new StorageError(
    'invalid_data',
    `${file}: expected numbers in ${COLUMNS.join(', ')}, found ${found}`,
  );
}
