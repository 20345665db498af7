/**
 * Foreign CSV files: the public dumps of Binance (with or without a header, zipped or not), Tardis, and our own columns.
 *
 * Times are brought to ms: Binance's newer spot files and Tardis have microseconds. Sources: the README of
 * binance/binance-public-data, docs.tardis.dev "CSV data types".
 */

import { invalidCell, timeMs, timeUs } from './csv-cells.ts';
import { plainText } from './decimal-text.ts';
import type { ImportFormat, ImportedRow } from './import-row.ts';
import { readLines } from './lines.ts';

/** Cells of a row by column name. */
type Cells = (name: string) => string;

interface CsvSpec {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly string[];
  /** Numbers of columns that a file without a header has; none = it always has one. */
  readonly bareWidths: readonly number[];
  /** What tells a bare file from others of its width. */
  readonly bareTest?: (cells: readonly string[]) => boolean;
  row(cell: Cells, line: number, file: string): ImportedRow;
}

const isFlag = (text: string | undefined): boolean => /^(true|false|0|1)$/i.test(text ?? '');

function barOf(time: string): CsvSpec['row'] {
  return (cell, line, file) => ({
    ...{ kind: 'bar', line, openMs: timeMs(cell(time), file, line) },
    ...{ open: cell('open'), high: cell('high'), low: cell('low'), close: cell('close') },
    volume: plainText(cell('volume') || '0'),
  });
}

function tradeOf(names: { id: string; price: string; quantity: string; time: string }): CsvSpec['row'] {
  return (cell, line, file) => ({
    ...{ kind: 'trade', line, timeMs: timeMs(cell(names.time), file, line), receivedMs: null },
    ...{ id: cell(names.id), price: cell(names.price), quantity: cell(names.quantity) },
    side: makerSide(cell('is_buyer_maker') || cell('buyer_is_maker'), file, line),
  });
}

const SPECS: readonly CsvSpec[] = [
  {
    name: 'binance-klines',
    about: 'Binance klines, also of the mark or index price',
    columns: ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time'],
    bareWidths: [12],
    row: barOf('open_time'),
  },
  {
    name: 'binance-aggtrades',
    about: 'Binance aggregated trades',
    columns: [
      ...['agg_trade_id', 'price', 'quantity', 'first_trade_id', 'last_trade_id', 'transact_time'],
      'is_buyer_maker',
    ],
    bareWidths: [7, 8],
    bareTest: (cells) => isFlag(cells[6]) && !(cells[3] ?? '').includes('.'),
    row: tradeOf({ id: 'agg_trade_id', price: 'price', quantity: 'quantity', time: 'transact_time' }),
  },
  {
    name: 'binance-trades',
    about: 'Binance trades',
    columns: ['id', 'price', 'qty', 'quote_qty', 'time', 'is_buyer_maker'],
    bareWidths: [6, 7],
    bareTest: (cells) => isFlag(cells[5]),
    row: tradeOf({ id: 'id', price: 'price', quantity: 'qty', time: 'time' }),
  },
  {
    name: 'binance-funding',
    about: 'Binance funding rates',
    columns: ['calc_time', 'funding_interval_hours', 'last_funding_rate'],
    bareWidths: [3],
    row: (cell, line, file) => ({
      ...{ kind: 'funding', line, settlementMs: timeMs(cell('calc_time'), file, line), mark: null },
      rate: cell('last_funding_rate'),
    }),
  },
  {
    name: 'tardis-trades',
    about: 'Tardis trades',
    columns: ['exchange', 'symbol', 'timestamp', 'local_timestamp', 'id', 'side', 'price', 'amount'],
    bareWidths: [],
    row(cell, line, file) {
      const side = cell('side');
      if (side !== 'buy' && side !== 'sell') throw invalidCell(file, line, 'side buy or sell', side);
      return {
        ...{ kind: 'trade', line, timeMs: timeMs(cell('timestamp'), file, line), side },
        receivedMs: timeMs(cell('local_timestamp'), file, line),
        arrivalUs: timeUs(cell('local_timestamp'), file, line),
        ...{ id: cell('id'), price: cell('price'), quantity: cell('amount') },
      };
    },
  },
  {
    name: 'klines',
    about: 'open_time_ms,open,high,low,close,volume',
    columns: ['open_time_ms', 'open', 'high', 'low', 'close'],
    bareWidths: [],
    row: barOf('open_time_ms'),
  },
  {
    name: 'aggtrades',
    about: 'agg_trade_id,price,qty,…,trade_ms,buyer_is_maker',
    columns: ['agg_trade_id', 'price', 'qty', 'trade_ms', 'buyer_is_maker'],
    bareWidths: [],
    row: tradeOf({ id: 'agg_trade_id', price: 'price', quantity: 'qty', time: 'trade_ms' }),
  },
  {
    name: 'trades',
    about: 'trade_ms,trade_id,price,qty,taker_side',
    columns: ['trade_ms', 'price', 'qty', 'taker_side'],
    bareWidths: [],
    row(cell, line, file) {
      const side = cell('taker_side');
      if (side !== 'buy' && side !== 'sell') throw invalidCell(file, line, 'taker_side buy or sell', side);
      const receivedUs = cell('recv_us');
      return {
        ...{ kind: 'trade', line, timeMs: timeMs(cell('trade_ms'), file, line), side },
        receivedMs: receivedUs === '' ? null : timeMs(receivedUs, file, line),
        ...{ id: cell('trade_id'), price: cell('price'), quantity: cell('qty') },
      };
    },
  },
  {
    name: 'funding',
    about: 'funding_time_ms,funding_rate',
    columns: ['funding_time_ms', 'funding_rate'],
    bareWidths: [],
    row: (cell, line, file) => ({
      ...{ kind: 'funding', line, settlementMs: timeMs(cell('funding_time_ms'), file, line) },
      ...{ rate: cell('funding_rate'), mark: cell('mark_price') || null },
    }),
  },
];

export const CSV_FORMATS: readonly ImportFormat[] = SPECS.map((spec) => ({
  name: spec.name,
  about: spec.about,
  matches: (_file, firstLine) => columnsOf(spec, firstLine) !== null,
  read: (file) => readSpec(spec, file),
}));

/** The names of the file's columns; null where it is not of the format. */
function columnsOf(spec: CsvSpec, firstLine: string): readonly string[] | null {
  const cells = firstLine.replace(/^\uFEFF/, '').split(',');
  if (/^-?\d/.test(firstLine)) {
    if (!spec.bareWidths.includes(cells.length) || spec.bareTest?.(cells) === false) return null;
    return spec.columns;
  }
  return spec.columns.every((name) => cells.includes(name)) ? cells : null;
}

async function* readSpec(spec: CsvSpec, file: string): AsyncGenerator<ImportedRow> {
  let places: ReadonlyMap<string, number> | null = null;
  let width = 0;
  for await (const { line, text } of readLines(file)) {
    if (text === '') continue;
    const cells = text.split(',');
    if (places === null) {
      const columns = columnsOf(spec, text);
      if (columns === null) throw invalidCell(file, line, `the columns ${spec.columns.join(',')}`, text);
      places = new Map(columns.map((name, at) => [name, at]));
      width = cells.length;
      if (!/^-?\d/.test(text)) continue;
    }
    if (cells.length !== width) throw invalidCell(file, line, `${width} fields`, String(cells.length));
    const known = places;
    yield spec.row((name) => cells[known.get(name) ?? -1] ?? '', line, file);
  }
}

/** The taker sold where the buyer was the maker. */
function makerSide(text: string, file: string, line: number): 'buy' | 'sell' {
  if (/^(true|1)$/i.test(text)) return 'sell';
  if (/^(false|0)$/i.test(text)) return 'buy';
  throw invalidCell(file, line, 'true or false for the maker', text);
}
