/**
 * A REST kline row as one of our bars.
 *
 * Two quirks of the live venue (2026): the two volume labels swap their meaning, so the price decides which one counts
 * coins; and high or low need not cover open and close, so they are widened.
 */

import type { BarFields, MarkBarFields } from '../../core/domain/event-block.ts';
import { type Instrument, parseMarkPrice, parsePrice } from '../../core/domain/instrument.ts';
import { lots, markPrice, ticks } from '../../core/domain/units.ts';
import { parseVolume } from './json-decoder.ts';
import type { KlineRow } from './messages.ts';

/** Throws DecimalError where a price does not lie on the instrument's grid. Volume is rounded down to lots. */
export function barOfRow(row: KlineRow, instrument: Instrument, lengthMs: number): BarFields {
  const open = parsePrice(instrument, row.open);
  const high = parsePrice(instrument, row.high);
  const low = parsePrice(instrument, row.low);
  const close = parsePrice(instrument, row.close);
  return {
    openTimeMs: row.time,
    lengthMs,
    open,
    high: ticks(Math.max(open, high, low, close)),
    low: ticks(Math.min(open, high, low, close)),
    close,
    volume: lots(parseVolume(coinVolume(row), instrument.quantityDecimals)),
  };
}

/** A row of the mark price, which has no volume. Throws DecimalError where a price is finer than the mark grid. */
export function markBarOfRow(row: KlineRow, lengthMs: number): MarkBarFields {
  const open = parseMarkPrice(row.open);
  const high = parseMarkPrice(row.high);
  const low = parseMarkPrice(row.low);
  const close = parseMarkPrice(row.close);
  return {
    openTimeMs: row.time,
    lengthMs,
    open,
    high: markPrice(Math.max(open, high, low, close)),
    low: markPrice(Math.min(open, high, low, close)),
    close,
  };
}

/** The field that counts coins: the one that the other exceeds by about the price. Floats only compare here. */
function coinVolume(row: KlineRow): string {
  const ratio = Math.log(Number(row.quoteVol) / Number(row.baseVol));
  const price = Math.log(Number(row.close));
  // The labels as the venue's pages define them today stand where nothing can be told (no volume, a price near 1).
  return Math.abs(-ratio - price) < Math.abs(ratio - price) ? row.quoteVol : row.baseVol;
}
