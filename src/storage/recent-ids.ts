/**
 * Knows which ids were told lately: at least the last `remembered`, at most twice as many. Feeds repeat a few hundred trades
 * after a reconnect.
 */

export class RecentIds<Id extends string | number> {
  readonly #remembered: number;
  #newer = new Set<Id>();
  /** Two sets in turn: one that drops its oldest id each time slows down with its size. */
  #older: ReadonlySet<Id> = new Set<Id>();

  constructor(remembered: number) {
    this.#remembered = remembered;
  }

  /** Whether the id was told before; it is remembered from now on. */
  isRepeated(id: Id): boolean {
    if (this.#newer.has(id) || this.#older.has(id)) return true;
    this.#newer.add(id);
    if (this.#newer.size >= this.#remembered) {
      this.#older = this.#newer;
      this.#newer = new Set<Id>();
    }
    return false;
  }
}
