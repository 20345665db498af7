/**
 * A file of bars: `open_time_ms,open,high,low,close` and, but for mark prices, `volume`; other columns are passed by.
 *
 * It is looked through once when it is opened: grids, length of a bar, count, holes; what is wrong is told with its line.
 * Bars ascend; a missing bar is a hole, not an error. Up to {@link KEPT_BARS_MAX} bars are kept in memory for the next
 * readings; a larger file is read again each time, a batch at a time.
 */

import { type CsvRows, invalidLine, readCsv } from './csv-rows.ts';

const COLUMNS = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume'] as const;
const MARK_COLUMNS = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume?'] as const;
const BATCH_BARS = 16_384;
/** 56 bytes each. */
export const KEPT_BARS_MAX = 1_000_000;

/** Bars in columns: times in ms, the rest in integers of 10^-8. */
export interface BarBatch {
  readonly count: number;
  readonly openMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export interface BarFileFacts {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The shortest distance between two bars. */
  readonly lengthMs: number;
  /** Fewest decimals that hold all prices; all volumes. */
  readonly priceDecimals: number;
  readonly volumeDecimals: number;
}

/** Bars that can be gone through any number of times. */
export interface BarTable {
  /** Where they come from, for messages. */
  readonly path: string;
  readonly facts: BarFileFacts;
  /** All bars, oldest first. */
  batches(): AsyncGenerator<BarBatch>;
}

export class BarFile implements BarTable {
  readonly path: string;
  readonly facts: BarFileFacts;
  readonly #hasVolume: boolean;
  readonly #kept: readonly BarBatch[] | null;

  private constructor(
    path: string,
    hasVolume: boolean,
    facts: BarFileFacts,
    kept: readonly BarBatch[] | null,
  ) {
    this.path = path;
    this.#hasVolume = hasVolume;
    this.facts = facts;
    this.#kept = kept;
  }

  /** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
  static async open(path: string, kind: 'trade' | 'mark'): Promise<BarFile> {
    const scan = new BarScan();
    const kept: BarBatch[] = [];
    for await (const batch of readBatches(path, kind === 'trade', scan)) {
      if (scan.count <= KEPT_BARS_MAX) kept.push(batch);
    }
    const facts = scan.facts(path);
    return new BarFile(path, kind === 'trade', facts, facts.count <= KEPT_BARS_MAX ? kept : null);
  }

  /** All bars, oldest first. */
  async *batches(): AsyncGenerator<BarBatch> {
    if (this.#kept !== null) yield* this.#kept;
    else yield* readBatches(this.path, this.#hasVolume, new BarScan());
  }
}

/** What is worked out while the bars pass by. */
class BarScan {
  count = 0;
  firstMs = 0;
  previousMs = Number.NEGATIVE_INFINITY;
  lengthMs = Number.POSITIVE_INFINITY;
  priceDecimals = 0;
  volumeDecimals = 0;

  facts(file: string): BarFileFacts {
    if (!Number.isFinite(this.lengthMs)) throw invalidLine(file, 0, 'at least two bars', String(this.count));
    return {
      count: this.count,
      firstMs: this.firstMs,
      lastMs: this.previousMs,
      lengthMs: this.lengthMs,
      priceDecimals: this.priceDecimals,
      volumeDecimals: this.volumeDecimals,
    };
  }
}

async function* readBatches(file: string, hasVolume: boolean, scan: BarScan): AsyncGenerator<BarBatch> {
  let batch = new BatchInHand();
  for await (const rows of readCsv(file, hasVolume ? COLUMNS : MARK_COLUMNS)) {
    while (rows.next()) {
      batch.add(rows, hasVolume, scan);
      if (batch.count < BATCH_BARS) continue;
      yield batch;
      batch = new BatchInHand();
    }
  }
  if (batch.count > 0) yield batch;
}

class BatchInHand implements BarBatch {
  count = 0;
  readonly openMs = new Float64Array(BATCH_BARS);
  readonly open = new Float64Array(BATCH_BARS);
  readonly high = new Float64Array(BATCH_BARS);
  readonly low = new Float64Array(BATCH_BARS);
  readonly close = new Float64Array(BATCH_BARS);
  readonly volume = new Float64Array(BATCH_BARS);

  add(rows: CsvRows, hasVolume: boolean, scan: BarScan): void {
    const at = this.count;
    const openMs = rows.integer(0);
    if (openMs <= scan.previousMs) {
      const found = openMs === scan.previousMs ? `${openMs} again` : `${openMs} behind ${scan.previousMs}`;
      throw rows.invalid('open_time_ms to rise from row to row', found);
    }
    const open = price(rows, 1, scan);
    const high = price(rows, 2, scan);
    const low = price(rows, 3, scan);
    const close = price(rows, 4, scan);
    if (low > open || low > close || high < open || high < close)
      throw rows.invalid(
        'low <= open, close <= high',
        [1, 2, 3, 4].map((column) => rows.text(column)).join(','),
      );
    const volume = hasVolume ? rows.decimal(5, true) : 0;
    if (volume < 0) throw rows.wrong(5, 'a volume of zero or more');
    if (hasVolume && rows.seenDecimals > scan.volumeDecimals) scan.volumeDecimals = rows.seenDecimals;
    this.openMs[at] = openMs;
    this.open[at] = open;
    this.high[at] = high;
    this.low[at] = low;
    this.close[at] = close;
    this.volume[at] = volume;
    if (scan.count === 0) scan.firstMs = openMs;
    else if (openMs - scan.previousMs < scan.lengthMs) scan.lengthMs = openMs - scan.previousMs;
    scan.previousMs = openMs;
    scan.count++;
    this.count = at + 1;
  }
}

function price(rows: CsvRows, column: number, scan: BarScan): number {
  const value = rows.decimal(column);
  if (value <= 0) throw rows.wrong(column, 'a price above zero');
  if (rows.seenDecimals > scan.priceDecimals) scan.priceDecimals = rows.seenDecimals;
  return value;
}
