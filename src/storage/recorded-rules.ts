/**
 * Which rows of a recorded order-book session count, and when they were received.
 *
 * Diffs older than the snapshot are dropped, those that came before it wait for it, and the chain of update ids must be
 * whole; trades that no order on the market made (insurance fund) and trades whose id was told within the last
 * {@link REMEMBERED_IDS} are dropped. Assumption: receive time is the exchange's event time made never to decrease, because
 * the collectors' clocks were off by more than the latencies.
 */

import { type RecordedRow, cellInteger, cellIntegerOrNull, cellText, invalidRow } from './recorded-file.ts';
import { RecentIds } from './recent-ids.ts';
import type { MergedRow } from './recorded-merge.ts';

export type RecordedKind = 'diff' | 'book' | 'diffTrade' | 'bookTrade' | 'mark';

/** Column of the exchange's event time in each kind of row. */
const EVENT_TIME_COLUMN: Readonly<Record<RecordedKind, number>> = {
  diff: 3,
  book: 1,
  diffTrade: 2,
  bookTrade: 1,
  mark: 2,
};
/** Trades of other types did not come from the book. Empty: the stream (spot) has no types. */
const MARKET_TRADE_TYPES: ReadonlySet<string> = new Set(['', 'MARKET']);
const REMEMBERED_IDS = 65_536;
/** Diffs that wait for the first snapshot: collectors ask for it when the stream begins. */
const EARLY_DIFFS_MAX = 10_000;

/** Hears of a row that counts; `nowMs`: when it was received. */
export type RowTaker = (kind: RecordedKind, row: RecordedRow, nowMs: number) => void;

/** What the exchange says of the row's time; null where it says nothing: a snapshot from REST has none. */
export function eventTimeMs({ kind, row }: MergedRow<RecordedKind>): number | null {
  return cellIntegerOrNull(row, EVENT_TIME_COLUMN[kind], 'event_ms');
}

export function isSnapshot(row: RecordedRow): boolean {
  return cellText(row, 2) === 's';
}

export class RecordedRules {
  readonly #take: RowTaker;
  readonly #tradeIds = new RecentIds<string>(REMEMBERED_IDS);
  /** Diffs that arrived before the first snapshot. */
  #early: RecordedRow[] = [];
  #snapshotId: number | null = null;
  /** Last update id applied; null until the first diff after a snapshot. */
  #lastId: number | null = null;
  #nowMs: number;

  /** `startMs`: the first time that the exchange says. */
  constructor(startMs: number, take: RowTaker) {
    this.#nowMs = startMs;
    this.#take = take;
  }

  /** Rows must come in their merged order. Throws StorageError `invalid_data` for a broken chain, with file and line. */
  accept(merged: MergedRow<RecordedKind>): void {
    const { kind, row } = merged;
    switch (kind) {
      case 'diff':
        if (isSnapshot(row)) this.#acceptSnapshot(row);
        else this.#acceptDiff(row);
        return;
      case 'diffTrade':
        if (MARKET_TRADE_TYPES.has(cellText(row, 8)) && !this.#tradeIds.isRepeated(cellText(row, 4)))
          this.#tell(kind, row);
        return;
      case 'bookTrade':
        if (!this.#tradeIds.isRepeated(cellText(row, 2))) this.#tell(kind, row);
        return;
      case 'book':
      case 'mark':
        this.#tell(kind, row);
    }
  }

  #acceptSnapshot(row: RecordedRow): void {
    this.#snapshotId = cellInteger(row, 6, 'last_id');
    this.#lastId = null;
    this.#tell('diff', row);
    const early = this.#early;
    this.#early = [];
    for (const diff of early) this.#acceptDiff(diff);
  }

  #acceptDiff(row: RecordedRow): void {
    if (this.#snapshotId === null) {
      if (this.#early.push(row) > EARLY_DIFFS_MAX)
        throw invalidRow(row, `expected a snapshot within the first ${EARLY_DIFFS_MAX} updates`);
      return;
    }
    const firstId = cellInteger(row, 5, 'first_id');
    const lastId = cellInteger(row, 6, 'last_id');
    const previousId = cellIntegerOrNull(row, 7, 'prev_id');
    const isSpot = previousId === null;
    if (this.#lastId === null) {
      if (isSpot ? lastId <= this.#snapshotId : lastId < this.#snapshotId) return;
      const firstNeeded = isSpot ? this.#snapshotId + 1 : this.#snapshotId;
      if (firstId > firstNeeded) {
        throw invalidRow(row, `updates ${firstNeeded} to ${firstId - 1} after the snapshot are missing`);
      }
    } else if (isSpot ? firstId !== this.#lastId + 1 : previousId !== this.#lastId) {
      throw invalidRow(
        row,
        `the chain of update ids is broken: ${isSpot ? firstId : previousId} after ${this.#lastId}`,
      );
    }
    this.#lastId = lastId;
    this.#tell('diff', row);
  }

  #tell(kind: RecordedKind, row: RecordedRow): void {
    const isTimeless = kind === 'diff' && isSnapshot(row);
    const column = EVENT_TIME_COLUMN[kind];
    const eventMs = isTimeless
      ? cellIntegerOrNull(row, column, 'event_ms')
      : cellInteger(row, column, 'event_ms');
    this.#nowMs = Math.max(this.#nowMs, eventMs ?? this.#nowMs);
    this.#take(kind, row, this.#nowMs);
  }
}
