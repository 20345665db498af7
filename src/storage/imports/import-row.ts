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

export type ImportedRow = ImportedBar | ImportedTrade | ImportedFunding;

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
