/**
 * Bars made of shorter ones: a whole multiple of their length, on the UTC grid of the longer interval.
 *
 * A bar is there where any of its parts is; parts that are missing inside traded nothing or are holes of the data, and are
 * counted. The first and the last bar are left out where the data do not span them. Volumes add up exactly.
 */

import { barOpenTimeMs } from '../../core/base/time.ts';
import type { BarBatch, BarFileFacts, BarTable } from './bar-file.ts';
import { invalidLine } from './csv-rows.ts';

const BATCH_BARS = 4_096;

export interface ResampledBars {
  readonly table: BarTable;
  /** What was left out or is made of less than all its parts. */
  readonly notes: readonly string[];
}

/**
 * `lengthMs`: a multiple of the bars' own length that divides the day. Throws StorageError `invalid_data` where not two
 * whole bars come out.
 */
export async function resampleBars(bars: BarTable, lengthMs: number): Promise<ResampledBars> {
  const { facts } = bars;
  const span = {
    fromMs: Math.ceil(facts.firstMs / lengthMs) * lengthMs,
    toMs: barOpenTimeMs(facts.lastMs + facts.lengthMs, lengthMs),
  };
  const found = { count: 0, lastMs: 0, partial: 0, volumeDecimals: facts.volumeDecimals };
  const parts = lengthMs / facts.lengthMs;
  let firstMs = Number.NaN;
  for await (const batch of readResampled(bars, lengthMs, span)) {
    firstMs = Number.isNaN(firstMs) ? (batch.openMs[0] ?? firstMs) : firstMs;
    found.count += batch.count;
    found.lastMs = batch.openMs[batch.count - 1] ?? found.lastMs;
    for (let at = 0; at < batch.count; at++) {
      if ((batch.parts[at] ?? 0) < parts) found.partial++;
      if (!Number.isSafeInteger(batch.volume[at])) throw tooLarge(bars.path, batch.openMs[at] ?? 0);
    }
  }
  const minutes = lengthMs / 60_000;
  if (found.count < 2)
    throw invalidLine(bars.path, 0, `at least two whole bars of ${minutes} minutes`, String(found.count));
  const resampled: BarFileFacts = {
    ...facts,
    ...{ count: found.count, firstMs, lastMs: found.lastMs, lengthMs },
  };
  const dropped = [
    ...(facts.firstMs < span.fromMs ? ['first'] : []),
    ...(facts.lastMs + facts.lengthMs > span.toMs ? ['last'] : []),
  ];
  return {
    table: { path: bars.path, facts: resampled, batches: () => readResampled(bars, lengthMs, span) },
    notes: [
      `Bars of ${minutes} minutes are made of ${parts} bars of ${facts.lengthMs / 60_000} minutes each.`,
      ...dropped.map((which) => `The ${which} bar is incomplete and left out.`),
      ...(found.partial === 0
        ? []
        : [`${found.partial} of ${found.count} bars are made of fewer: the rest is missing in the data.`]),
    ],
  };
}

interface ResampledBatch extends BarBatch {
  /** How many bars each was made of. */
  readonly parts: Float64Array;
}

async function* readResampled(
  bars: BarTable,
  lengthMs: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): AsyncGenerator<ResampledBatch> {
  let made = new BatchInHand();
  for await (const batch of bars.batches()) {
    for (let at = 0; at < batch.count; at++) {
      const openMs = barOpenTimeMs(batch.openMs[at] ?? 0, lengthMs);
      if (openMs < fromMs || openMs >= toMs) continue;
      if (made.isFullBefore(openMs)) {
        yield made.cut();
        made = new BatchInHand();
      }
      made.add(openMs, batch, at);
    }
  }
  if (made.count > 0) yield made.cut();
}

class BatchInHand {
  count = 0;
  readonly #columns = {
    openMs: new Float64Array(BATCH_BARS),
    open: new Float64Array(BATCH_BARS),
    high: new Float64Array(BATCH_BARS),
    low: new Float64Array(BATCH_BARS),
    close: new Float64Array(BATCH_BARS),
    volume: new Float64Array(BATCH_BARS),
    parts: new Float64Array(BATCH_BARS),
  };

  /** Whether a bar of this time has no room. */
  isFullBefore(openMs: number): boolean {
    return this.count === BATCH_BARS && this.#columns.openMs[this.count - 1] !== openMs;
  }

  add(openMs: number, from: BarBatch, row: number): void {
    const columns = this.#columns;
    const [high, low] = [from.high[row] ?? Number.NaN, from.low[row] ?? Number.NaN];
    if (this.count === 0 || columns.openMs[this.count - 1] !== openMs) {
      const at = this.count++;
      columns.openMs[at] = openMs;
      columns.open[at] = from.open[row] ?? Number.NaN;
      columns.high[at] = high;
      columns.low[at] = low;
    }
    const at = this.count - 1;
    columns.high[at] = Math.max(columns.high[at] ?? high, high);
    columns.low[at] = Math.min(columns.low[at] ?? low, low);
    columns.close[at] = from.close[row] ?? Number.NaN;
    columns.volume[at] = (columns.volume[at] ?? 0) + (from.volume[row] ?? 0);
    columns.parts[at] = (columns.parts[at] ?? 0) + 1;
  }

  cut(): ResampledBatch {
    return { count: this.count, ...this.#columns };
  }
}

function tooLarge(path: string, openMs: number): Error {
  return invalidLine(path, 0, 'volumes that add up exactly', `more at ${new Date(openMs).toISOString()}`);
}
