/** Lists that never outgrow their bound: the newest rows of a kind, and rows that are replaced by their key. */

/** The newest `max` rows, oldest first. */
export class BoundedRows<Row> {
  readonly #max: number;
  #rows: Row[] = [];
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Rows ever added. */
  get total(): number {
    return this.#total;
  }

  push(row: Row): void {
    this.#total++;
    this.#rows.push(row);
    // Cut seldom, so that a row costs nothing on average.
    if (this.#rows.length >= 2 * this.#max) this.#rows = this.#rows.slice(-this.#max);
  }

  list(): Row[] {
    return this.#rows.slice(-this.#max);
  }

  /** The rows themselves are not copied: they never change. */
  save() {
    return { rows: this.list(), total: this.#total };
  }

  restore({ rows, total }: { readonly rows: readonly Row[]; readonly total: number }): void {
    this.#rows = [...rows];
    this.#total = total;
  }
}

/** Rows by key in the order of their last change; of those that may leave, the oldest do so beyond `max`. */
export class KeyedRows<Row> {
  readonly #max: number;
  readonly #mayLeave: (row: Row) => boolean;
  readonly #rows = new Map<string, Row>();
  #leaving = 0;

  constructor(max: number, mayLeave: (row: Row) => boolean = () => true) {
    this.#max = max;
    this.#mayLeave = mayLeave;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  set(key: string, row: Row): void {
    const before = this.#rows.get(key);
    if (before !== undefined) {
      this.#rows.delete(key);
      if (this.#mayLeave(before)) this.#leaving--;
    }
    this.#rows.set(key, row);
    if (!this.#mayLeave(row)) return;
    this.#leaving++;
    if (this.#leaving > this.#max) this.#dropOldest();
  }

  list(): Row[] {
    return [...this.#rows.values()];
  }

  #dropOldest(): void {
    for (const [key, row] of this.#rows) {
      if (!this.#mayLeave(row)) continue;
      this.#rows.delete(key);
      this.#leaving--;
      return;
    }
  }

  save(): readonly (readonly [string, Row])[] {
    return [...this.#rows];
  }

  restore(rows: readonly (readonly [string, Row])[]): void {
    this.#rows.clear();
    for (const [key, row] of rows) this.#rows.set(key, row);
    this.#leaving = rows.filter(([, row]) => this.#mayLeave(row)).length;
  }
}
