/** What a reader of a foreign format gives: rows in our words, with the line that each stood in. Decimals are exact text. */

export interface ImportedBar {
  readonly kind: 'bar' | 'mark_bar';
  readonly line: number;
  readonly openMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** '0' for marks. */
  readonly volume: string;
}

export interface ImportedTrade {
  readonly kind: 'trade';
  readonly line: number;
  readonly timeMs: number;
  /** When the collector had it; null where nobody says. */
  readonly receivedMs: number | null;
  /** The same in microseconds, by which it stands among the messages of a book; left out where nobody says. */
  readonly arrivalUs?: number;
  /** '' where there is none. */
  readonly id: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly quantity: string;
}

export interface ImportedFunding {
  readonly kind: 'funding';
  readonly line: number;
  readonly settlementMs: number;
  readonly rate: string;
  /** null where the source does not say it. */
  readonly mark: string | null;
}

/** A message about an order book. */
export interface BookFrame {
  /** When the collector had it, microseconds; no two messages share it. */
  readonly arrivalUs: number;
  readonly exchangeMs: number;
  /** A snapshot replaces the book. */
  readonly kind: 'book_snapshot' | 'book_delta';
}

export interface ImportedLevel {
  readonly kind: 'level';
  readonly line: number;
  readonly frame: BookFrame;
  readonly side: 'bid' | 'ask';
  /** Within its side of the message, from 0. */
  readonly place: number;
  readonly price: string;
  /** '0' removes the level. */
  readonly quantity: string;
  /** Why the book is broken before it; null = it is whole. */
  readonly gap: string | null;
}

export type ImportedRow = ImportedBar | ImportedTrade | ImportedFunding | ImportedLevel;

/** One foreign format. */
export interface ImportFormat {
  readonly name: string;
  /** What it is, for people. */
  readonly about: string;
  /** Whether the file is of the format, by its name and first line. */
  matches(file: string, firstLine: string): boolean;
  /** Rows in the file's order. Throws StorageError `invalid_data` with the line that cannot be read. */
  read(file: string): AsyncIterable<ImportedRow>;
}
