/**
 * Reads a klines file `open_time_ms,open,high,low,close,volume` into columns of ticks and lots.
 *
 * Bars ascend in time; a missing bar is silence, not an error. Prices that do not hold low <= open, close <= high are.
 */

import { DataFileError, FILE_DECIMALS, readRows } from './data-file.ts';

const KLINE_COLUMNS = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume'];

export interface KlineFile {
  readonly count: number;
  /** Smallest distance between two bars. */
  readonly lengthMs: number;
  readonly openMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly lots: Float64Array;
  readonly priceDecimals: number;
  readonly lotDecimals: number;
}

export async function readKlineFile(file: string): Promise<KlineFile> {
  const columns: number[][] = KLINE_COLUMNS.map(() => []);
  let previousMs = 0;
  let lengthMs = Number.POSITIVE_INFINITY;
  for await (const row of readRows(file, KLINE_COLUMNS)) {
    const openMs = row.requiredInteger(0);
    const [open, high, low, close, volume] = [
      row.decimal(1),
      row.decimal(2),
      row.decimal(3),
      row.decimal(4),
      row.parse(withoutFloatNoise(row.text(5)), 5),
    ];
    if (openMs <= previousMs) throw row.wrong(0, `a time after ${previousMs}`);
    if (low <= 0) throw row.wrong(3, 'a price above zero');
    if (low > Math.min(open, close) || high < Math.max(open, close))
      throw row.wrong(2, 'low <= open, close <= high');
    if (previousMs > 0) lengthMs = Math.min(lengthMs, openMs - previousMs);
    previousMs = openMs;
    for (const [at, value] of [openMs, open, high, low, close, volume].entries()) columns[at]?.push(value);
  }
  const [openMs, open, high, low, close, volume] = columns;
  if (!Number.isFinite(lengthMs)) throw new DataFileError(file, 0, 'at least two bars', 'one');
  const prices = [open, high, low, close].map((column) => column ?? []);
  const priceDecimals = Math.max(...prices.map(decimalsOf));
  const lotDecimals = decimalsOf(volume ?? []);
  return {
    count: openMs?.length ?? 0,
    lengthMs,
    openMs: Float64Array.from(openMs ?? []),
    open: scaled(open, priceDecimals),
    high: scaled(high, priceDecimals),
    low: scaled(low, priceDecimals),
    close: scaled(close, priceDecimals),
    lots: scaled(volume, lotDecimals),
    priceDecimals,
    lotDecimals,
  };
}

/**
 * Cuts a volume after FILE_DECIMALS places: what sources print beyond them (`1.2867745400000001`), and the exponent of a
 * very small one (`3.4e-7`), come from a binary float.
 */
function withoutFloatNoise(text: string): string {
  if (/^\d(\.\d+)?e-\d+$/.test(text)) return Number(text).toFixed(FILE_DECIMALS);
  const dot = text.indexOf('.');
  return dot < 0 ? text : text.slice(0, dot + 1 + FILE_DECIMALS);
}

/** From integers of 10^-8 to integers of 10^-decimals. */
function scaled(values: readonly number[] | undefined, decimals: number): Float64Array {
  return Float64Array.from(values ?? [], (value) => value / 10 ** (FILE_DECIMALS - decimals));
}

/** The fewest decimals that hold all values (integers of 10^-8). */
function decimalsOf(values: readonly number[]): number {
  let decimals = 0;
  for (const value of values) while (value % 10 ** (FILE_DECIMALS - decimals) !== 0) decimals++;
  return decimals;
}
