/**
 * Order books of Tardis (`incremental_book_L2`): a level a row, in the order in which the collector had them.
 *
 * Source: docs.tardis.dev, "Downloadable CSV files", and its FAQ on order books: rows of one `local_timestamp` are one
 * message; a snapshot row behind one that is none begins the book anew (a new day, or a connection that was lost); amount 0
 * removes the level. A book that begins without a snapshot is built from what changes, and that is said.
 */

import type { BookFrame, ImportFormat, ImportedRow } from './import-row.ts';
import { csvCells, invalidCell, timeMs, timeUs } from './csv-cells.ts';

const COLUMNS = [
  ...['exchange', 'symbol', 'timestamp', 'local_timestamp', 'is_snapshot', 'side', 'price', 'amount'],
] as const;

export const tardisBookFormat: ImportFormat = {
  name: 'tardis-books',
  about: 'order books of Tardis (incremental_book_L2)',
  matches: (_file, firstLine) => COLUMNS.every((name) => firstLine.split(',').includes(name)),
  read: readLevels,
};

async function* readLevels(file: string): AsyncGenerator<ImportedRow> {
  const frames = new FrameCut();
  for await (const { cell, line } of csvCells(file, COLUMNS)) {
    const side = cell('side');
    if (side !== 'bid' && side !== 'ask') throw invalidCell(file, line, 'side bid or ask', side);
    const flag = cell('is_snapshot');
    if (flag !== 'true' && flag !== 'false') throw invalidCell(file, line, 'is_snapshot true or false', flag);
    const receivedUs = timeUs(cell('local_timestamp'), file, line);
    const { frame, isNew, cause } = frames.next(
      receivedUs,
      flag === 'true',
      timeMs(cell('timestamp'), file, line),
    );
    yield {
      ...{ kind: 'level', line, frame, side, place: frames.place(side) },
      ...{ price: cell('price'), quantity: cell('amount'), gap: isNew ? cause : null },
    };
  }
}

/** Says to which message a row belongs. */
class FrameCut {
  #frame: BookFrame | null = null;
  #givenUs = Number.NaN;
  #isSnapshot = false;
  readonly #places = { bid: 0, ask: 0 };

  next(
    receivedUs: number,
    isSnapshot: boolean,
    exchangeMs: number,
  ): { readonly frame: BookFrame; readonly isNew: boolean; readonly cause: string | null } {
    const before = this.#frame;
    if (before !== null && receivedUs === this.#givenUs && isSnapshot === this.#isSnapshot)
      return { frame: before, isNew: false, cause: null };
    const begins = before === null || (isSnapshot && !this.#isSnapshot);
    // What is told later in the same instant stands behind.
    const isSameInstant = before !== null && receivedUs === this.#givenUs;
    const frame: BookFrame = {
      arrivalUs: isSameInstant ? before.arrivalUs + 1 : receivedUs,
      ...{ exchangeMs, kind: begins ? 'book_snapshot' : 'book_delta' },
    };
    const cause = !begins
      ? null
      : before !== null
        ? 'the book begins anew: the collector had lost the connection, or a day began'
        : isSnapshot
          ? null
          : 'no snapshot before it: the book is built from what changes';
    this.#frame = frame;
    this.#givenUs = receivedUs;
    this.#isSnapshot = isSnapshot;
    this.#places.bid = 0;
    this.#places.ask = 0;
    return { frame, isNew: true, cause };
  }

  place(side: 'bid' | 'ask'): number {
    return this.#places[side]++;
  }
}
