/**
 * Merges the rows of several recorded files into one order: ascending by a key of each row; of rows with equal keys those of
 * the file named first come first.
 *
 * Every file must ascend by itself, so that memory holds one chunk of each whatever their size.
 */

import type { RecordedRow } from './recorded-file.ts';

/** A file of the recording. */
export interface MergeSource<Kind> {
  readonly kind: Kind;
  readonly rows: AsyncIterable<readonly RecordedRow[]>;
  /** Reads the key of the file's next row; called once a row, in the file's order. Throws where it goes back. */
  keyOf(row: RecordedRow): number;
}

export interface MergedRow<Kind> {
  readonly kind: Kind;
  readonly row: RecordedRow;
}

/** Yields all rows in order, some at a time. */
export async function* mergeRows<Kind>(
  sources: readonly MergeSource<Kind>[],
): AsyncGenerator<readonly MergedRow<Kind>[]> {
  const cursors = sources.map((source) => new MergeCursor(source));
  try {
    for (;;) {
      for (const cursor of cursors) await cursor.load();
      const merged: MergedRow<Kind>[] = [];
      for (;;) {
        const [first, ...others] = cursors;
        if (first === undefined) return;
        const next = others.reduce((best, cursor) => (cursor.key < best.key ? cursor : best), first);
        if (next.row === null) {
          if (merged.length > 0) yield merged;
          return;
        }
        merged.push({ kind: next.kind, row: next.row });
        if (!next.step()) break;
      }
      yield merged;
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

class MergeCursor<Kind> {
  readonly kind: Kind;
  /** The next row; null behind the last, where the key is Infinity. */
  row: RecordedRow | null = null;
  key = Number.NEGATIVE_INFINITY;
  readonly #source: MergeSource<Kind>;
  readonly #chunks: AsyncIterator<readonly RecordedRow[]>;
  #chunk: readonly RecordedRow[] = [];
  #at = 0;

  constructor(source: MergeSource<Kind>) {
    this.kind = source.kind;
    this.#source = source;
    this.#chunks = source.rows[Symbol.asyncIterator]();
  }

  /** Reads on where the chunk at hand is used up. */
  async load(): Promise<void> {
    while (this.#at >= this.#chunk.length && this.key < Number.POSITIVE_INFINITY) {
      const read = await this.#chunks.next();
      this.#at = 0;
      this.#chunk = read.done === true ? [] : read.value;
      if (read.done === true) this.key = Number.POSITIVE_INFINITY;
    }
    this.#look();
  }

  /** Goes to the next row; false where more must be loaded first. */
  step(): boolean {
    this.#at++;
    if (this.#at >= this.#chunk.length) return false;
    this.row = null;
    this.#look();
    return true;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #look(): void {
    const row = this.#chunk[this.#at] ?? null;
    if (row !== null && row !== this.row) this.key = this.#source.keyOf(row);
    this.row = row;
  }
}
