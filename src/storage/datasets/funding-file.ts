/** A file of funding settlements: `funding_time_ms,funding_rate` and, where known, `mark_price`; held in memory. */

import { type MarkPrice, type Rate, RATE_DECIMALS, markPrice, rate } from '../../core/domain/units.ts';
import { FILE_DECIMALS, readCsv } from './csv-rows.ts';

/** From integers of 10^-8 to the grid of rates. */
const RATE_SCALE = 10 ** (RATE_DECIMALS - FILE_DECIMALS);

export interface FundingRow {
  readonly settlementMs: number;
  /** Fraction an interval; positive: longs pay. */
  readonly rate: Rate;
  /** null where the file does not say it. */
  readonly mark: MarkPrice | null;
}

/** Rows ascend in time. Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function readFundingFile(path: string): Promise<readonly FundingRow[]> {
  const found: FundingRow[] = [];
  let previousMs = Number.NEGATIVE_INFINITY;
  for await (const rows of readCsv(path, ['funding_time_ms', 'funding_rate', 'mark_price?'])) {
    while (rows.next()) {
      const settlementMs = rows.integer(0);
      if (settlementMs <= previousMs)
        throw rows.invalid('funding_time_ms to rise from row to row', `${settlementMs} behind ${previousMs}`);
      previousMs = settlementMs;
      const fraction = rate(rows.decimal(1) * RATE_SCALE);
      const mark = rows.isEmpty(2) ? null : markPrice(rows.decimal(2));
      found.push({ settlementMs, rate: fraction, mark });
    }
  }
  return found;
}
