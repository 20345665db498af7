/**
 * Looks at imported rows one after the other and says what is wrong with them: gaps, duplicates, rows out of order,
 * candles that cannot be.
 *
 * A repetition that says the same is left out; out of order does no harm, because what is stored is sorted. A row that
 * contradicts an earlier one, or itself, is bad. Memory: a bar's text for each bar, the last {@link REMEMBERED_IDS} ids of
 * trades.
 */

import { DecimalError, parseDecimal } from '../../core/base/fixed-point.ts';
import { RecentIds } from '../recent-ids.ts';
import type {
  ImportedBar,
  ImportedFunding,
  ImportedLevel,
  ImportedRow,
  ImportedTrade,
} from './import-row.ts';

/** Findings kept with their lines; further ones are counted. */
export const FINDINGS_MAX = 1_000;
const REMEMBERED_IDS = 65_536;
const MICROSECONDS_A_MS = 1_000;
/** Decimals that are stored. */
const DECIMALS = 8;

export type FindingKind = 'gap' | 'duplicate' | 'out_of_order' | 'contradiction' | 'impossible';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly kind: FindingKind;
  readonly text: string;
}

/** Kinds of findings that make a row unfit to be stored. */
const BAD: ReadonlySet<FindingKind> = new Set<FindingKind>(['contradiction', 'impossible']);

export class ImportCheck {
  readonly findings: Finding[] = [];
  readonly counts: Record<FindingKind, number> = {
    gap: 0,
    duplicate: 0,
    out_of_order: 0,
    contradiction: 0,
    impossible: 0,
  };
  #file = '';
  readonly #bars = { bar: new Map<number, BarSeen>(), mark_bar: new Map<number, BarSeen>() };
  readonly #funding = new Map<number, string>();
  readonly #ids = new RecentIds<string>(REMEMBERED_IDS);
  /** Newest time of each kind of row. */
  readonly #newestMs = new Map<ImportedRow['kind'], number>();

  begin(file: string): void {
    this.#file = file;
  }

  /** Rows that are unfit to be stored. */
  get bad(): number {
    return [...BAD].reduce((sum, kind) => sum + this.counts[kind], 0);
  }

  /** Whether the row is to be stored. */
  accepts(row: ImportedRow): boolean {
    switch (row.kind) {
      case 'bar':
      case 'mark_bar':
        return this.#acceptsBar(row);
      case 'trade':
        return this.#acceptsTrade(row);
      case 'funding':
        return this.#acceptsFunding(row);
      case 'level':
        return this.#acceptsLevel(row);
    }
  }

  /** Looks for missing bars, once all rows are there. */
  finish(): void {
    for (const bars of Object.values(this.#bars)) {
      const opens = [...bars.keys()].toSorted((one, other) => one - other);
      let lengthMs = Number.POSITIVE_INFINITY;
      for (let at = 1; at < opens.length; at++)
        lengthMs = Math.min(lengthMs, (opens[at] ?? 0) - (opens[at - 1] ?? 0));
      for (let at = 1; at < opens.length; at++) {
        const [from, to] = [(opens[at - 1] ?? 0) + lengthMs, opens[at] ?? 0];
        if (to === from) continue;
        const seen = bars.get(to);
        const missing = Math.round((to - from) / lengthMs);
        this.#file = seen?.file ?? this.#file;
        this.#find(seen?.line ?? 0, 'gap', `${missing} bars missing before it, from ${iso(from)}`);
      }
    }
  }

  #acceptsBar(row: ImportedBar): boolean {
    const { line, openMs, open, high, low, close, volume } = row;
    const prices = [open, high, low, close].map(valueOf);
    const [first = 0, highest = 0, lowest = 0, last = 0] = prices;
    const size = valueOf(volume);
    if (prices.some((value) => value === null || value <= 0) || size === null || size < 0)
      return this.#find(
        line,
        'impossible',
        `${[open, high, low, close, volume].join(',')} are no prices and a volume`,
      );
    if ((lowest ?? 0) > Math.min(first ?? 0, last ?? 0) || (highest ?? 0) < Math.max(first ?? 0, last ?? 0))
      return this.#find(
        line,
        'impossible',
        `low <= open, close <= high does not hold: ${[open, high, low, close].join(',')}`,
      );
    const bars = this.#bars[row.kind];
    const text = [...prices, size].join(',');
    const before = bars.get(openMs);
    if (before !== undefined) {
      const isSame = before.text === text;
      const what = `the bar of ${iso(openMs)} stands in line ${before.line} too${isSame ? '' : ', with other values'}`;
      return this.#find(line, isSame ? 'duplicate' : 'contradiction', what);
    }
    this.#noteOrder(row.kind, openMs, line);
    bars.set(openMs, { file: this.#file, line, text });
    return true;
  }

  #acceptsTrade({ kind, line, timeMs, id, price, quantity }: ImportedTrade): boolean {
    if ((valueOf(price) ?? 0) <= 0 || (valueOf(quantity) ?? 0) <= 0)
      return this.#find(line, 'impossible', `price ${price}, quantity ${quantity}`);
    if (id !== '' && this.#ids.isRepeated(id))
      return this.#find(line, 'duplicate', `trade ${id} was told before`);
    this.#noteOrder(kind, timeMs, line);
    return true;
  }

  #acceptsFunding({ kind, line, settlementMs, rate }: ImportedFunding): boolean {
    if (!/^-?\d+(\.\d+)?$/.test(rate)) return this.#find(line, 'impossible', `rate ${rate}`);
    const before = this.#funding.get(settlementMs);
    if (before !== undefined) {
      const isSame = before === rate;
      return this.#find(
        line,
        isSame ? 'duplicate' : 'contradiction',
        `the settlement of ${iso(settlementMs)} was told before`,
      );
    }
    this.#noteOrder(kind, settlementMs, line);
    this.#funding.set(settlementMs, rate);
    return true;
  }

  #acceptsLevel({ kind, line, frame, price, quantity, gap }: ImportedLevel): boolean {
    const size = valueOf(quantity);
    if ((valueOf(price) ?? 0) <= 0 || size === null || size < 0)
      return this.#find(line, 'impossible', `price ${price}, quantity ${quantity}`);
    if (gap !== null) this.#find(line, 'gap', gap);
    this.#noteOrder(kind, Math.floor(frame.arrivalUs / MICROSECONDS_A_MS), line);
    return true;
  }

  #noteOrder(kind: ImportedRow['kind'], timeMs: number, line: number): void {
    const newestMs = this.#newestMs.get(kind) ?? Number.NEGATIVE_INFINITY;
    if (timeMs < newestMs) this.#find(line, 'out_of_order', `${iso(timeMs)} comes behind ${iso(newestMs)}`);
    else this.#newestMs.set(kind, timeMs);
  }

  /** Always false: what is found speaks against the row. */
  #find(line: number, kind: FindingKind, text: string): false {
    this.counts[kind]++;
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ file: this.#file, line, kind, text });
    return false;
  }
}

interface BarSeen {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Integer of 10^-8; digits beyond are what a float made of a sum. Null for what is no decimal. */
function valueOf(text: string): number | null {
  try {
    const dot = text.indexOf('.');
    return parseDecimal(dot < 0 ? text : text.slice(0, dot + 1 + DECIMALS), DECIMALS);
  } catch (error) {
    if (error instanceof DecimalError) return null;
    throw error;
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
