/** Brings files of foreign formats in: reads, checks, and writes them as Parquet in the layout of an export. */

import type { ExportTableName } from '../export-tables.ts';
import { ParquetWriter } from '../parquet-writer.ts';
import { StorageError } from '../storage-error.ts';
import { CSV_FORMATS } from './csv-formats.ts';
import { featherFormat } from './feather-format.ts';
import { freqtradeFormat } from './freqtrade-format.ts';
import { hftbacktestFormat } from './hftbacktest-format.ts';
import { ImportCheck } from './import-check.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';
import { readLines } from './lines.ts';
import { tardisBookFormat } from './tardis-book-format.ts';

const MICROSECONDS_A_MS = 1_000;

const IMPORT_FORMATS: readonly ImportFormat[] = [
  ...[hftbacktestFormat, featherFormat, freqtradeFormat, tardisBookFormat],
  ...CSV_FORMATS,
];

export interface ImportOptions {
  readonly files: readonly string[];
  readonly symbol: string;
  /** Name of the data set: of its files, and in their column `session_id`. */
  readonly name: string;
  /** null = found out for each file. */
  readonly format: string | null;
  /** The bars are of the mark price, whatever the format says. */
  readonly isMark: boolean;
  /** Bad rows are left out instead of refused. */
  readonly skipsBad: boolean;
  /** An empty folder for what is thrown away. */
  readonly scratch: string;
  readonly onProgress?: (rows: number) => void;
}

export interface ImportResult {
  readonly check: ImportCheck;
  /** Rows by table; null where bad rows kept everything from being written. */
  readonly rows: Readonly<Record<ExportTableName, number>> | null;
}

/** Throws StorageError: what cannot be read, with file and line, or keeps the files from being written. */
export async function importFiles(out: string, options: ImportOptions): Promise<ImportResult> {
  const check = new ImportCheck();
  const writer = await ParquetWriter.open(options.scratch, options.name);
  try {
    let rows = 0;
    for (const file of options.files) {
      const format = await formatOf(file, options.format);
      check.begin(file);
      const before = rows;
      for await (const read of format.read(file)) {
        const row = options.isMark && read.kind === 'bar' ? { ...read, kind: 'mark_bar' as const } : read;
        if (check.accepts(row)) append(writer, options.symbol, row);
        if (++rows % 10_000 === 0) options.onProgress?.(rows);
      }
      if (rows === before)
        throw new StorageError('invalid_data', `${file}: expected at least one row, found none`);
    }
    check.finish();
    if (check.bad > 0 && !options.skipsBad) return { check, rows: null };
    return { check, rows: await writer.write(out) };
  } finally {
    writer.close();
  }
}

/** Throws StorageError `invalid_data` where no format fits. */
async function formatOf(file: string, name: string | null): Promise<ImportFormat> {
  const firstLine = /\.(npz|feather)$/.test(file) ? '' : await readFirstLine(file);
  const found = IMPORT_FORMATS.find((format) =>
    name === null ? format.matches(file, firstLine) : format.name === name,
  );
  if (found !== undefined) return found;
  const known = IMPORT_FORMATS.map((format) => format.name).join(', ');
  throw new StorageError(
    'invalid_data',
    `${file}:1: expected one of ${known}, found ${JSON.stringify(firstLine.slice(0, 60))}`,
  );
}

async function readFirstLine(file: string): Promise<string> {
  for await (const { text } of readLines(file)) return text;
  return '';
}

function append(writer: ParquetWriter, symbol: string, row: ImportedRow): void {
  switch (row.kind) {
    case 'bar':
    case 'mark_bar': {
      const isMark = row.kind === 'mark_bar';
      writer.append('bars', symbol, [
        ...[row.line, row.openMs, null, isMark ? 'mark' : 'last', row.openMs, null],
        ...[row.open, row.high, row.low, row.close, isMark ? null : row.volume, false, false, false],
      ]);
      return;
    }
    case 'trade':
      writer.append('trades', symbol, [
        ...[
          row.arrivalUs ?? row.line,
          row.receivedMs ?? row.timeMs,
          row.timeMs,
          row.side,
          row.price,
          row.quantity,
        ],
      ]);
      return;
    case 'level': {
      const { arrivalUs, exchangeMs, kind } = row.frame;
      writer.append('book_levels', symbol, [
        ...[arrivalUs, Math.floor(arrivalUs / MICROSECONDS_A_MS), exchangeMs, kind],
        ...[row.side, row.place, row.price, row.quantity],
      ]);
      return;
    }
    case 'funding':
      writer.append('funding', symbol, [
        ...[row.line, row.settlementMs, row.settlementMs, row.settlementMs, row.rate, row.mark],
      ]);
  }
}
