/**
 * Finds out what a path holds and opens it: an order-book session, candles, or public trades.
 *
 * Candles in CSV are the usual thing; the readers of everything else are loaded where there is such data.
 */

import { existsSync } from 'node:fs';
import { StorageError } from '../storage-error.ts';
import { barDataset, openBarDataset } from './bar-dataset.ts';
import { BarFile } from './bar-file.ts';
import { invalidLine, readHeader } from './csv-rows.ts';
import type { Dataset } from './dataset.ts';
import { readFundingFile } from './funding-file.ts';
import { hasTable } from './parquet-pieces.ts';

const BOOK_SUFFIX = /-(l2|trades|bbo|mark|book)\.csv(\.gz)?$/;

export interface DatasetPaths {
  readonly data: string;
  readonly marks: string | null;
  readonly funding: string | null;
  /** Which contract of a folder that holds several. */
  readonly symbol: string;
  /** Length of the bars that are wanted of candles, ms; null or left out = as they are. */
  readonly barMs?: number | null;
}

/** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function openDataset(paths: DatasetPaths): Promise<Dataset> {
  const { data, marks, funding, barMs = null } = paths;
  if (['bars', 'trades', 'book_levels'].some((table) => hasTable(data, table))) return openFolder(paths);
  const prefix = data.replace(BOOK_SUFFIX, '');
  const isBook = existsSync(`${prefix}-l2.csv.gz`) || existsSync(`${prefix}-book.csv.gz`);
  if (!isBook && !existsSync(data))
    throw new StorageError(
      'not_found',
      `there is no data ${data}: neither a file nor the prefix of a recorded session`,
    );
  const names = isBook ? [] : (await readHeader(data)).split(',');
  if (names.includes('open_time_ms')) return openBarDataset({ bars: data, marks, funding, barMs });
  if (marks !== null)
    throw new StorageError(
      'invalid_data',
      `${marks}: mark bars are for candles; ${data} holds something else`,
    );
  if (isBook) {
    const { openBookDataset } = await import('./book-dataset.ts');
    return openBookDataset(prefix, funding);
  }
  if (!names.includes('trade_ms'))
    throw invalidLine(
      data,
      1,
      'a header of candles (open_time_ms,…) or trades (trade_ms,…)',
      JSON.stringify(names.join(',')),
    );
  if (funding !== null)
    throw new StorageError(
      'invalid_data',
      `${funding}: settlements are for candles and recorded books; ${data} has trades only`,
    );
  const { openTradeDataset } = await import('./trade-dataset.ts');
  return openTradeDataset(data);
}

/** A folder of Parquet files: candles with all that lies beside them, else a book with its trades, else trades. */
async function openFolder({ data, marks, funding, symbol, barMs = null }: DatasetPaths): Promise<Dataset> {
  if (!hasTable(data, 'bars')) {
    if (marks !== null || funding !== null)
      throw new StorageError(
        'invalid_data',
        `${marks ?? funding}: marks and settlements are for candles; ${data} has none`,
      );
    if (hasTable(data, 'book_levels')) {
      const { openParquetBooks } = await import('./parquet-books.ts');
      return openParquetBooks(data, symbol);
    }
    const { openParquetTrades } = await import('./parquet-trades.ts');
    return openParquetTrades(data, symbol);
  }
  const { openParquetBars } = await import('./parquet-bars.ts');
  const inside = await openParquetBars(data, symbol);
  const sources = {
    bars: inside.bars,
    marks: marks === null ? inside.marks : await BarFile.open(marks, 'mark'),
    funding: funding === null ? inside.funding : await readFundingFile(funding),
  };
  return barDataset(sources, barMs);
}
