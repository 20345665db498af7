/**
 * A recorded session read from its files alone: the book at every instant and every print.
 *
 * An independent reading for tests, which shares no code with the program. Times are those at which the venue plays a
 * message: messages keep the order in which the collector received them, and a message whose exchange time lies before
 * that of an earlier one plays with it. Prices and quantities are integers of 10^-8.
 * Formats: Binance futures (`-l2` snapshot and updates, `-trades`, `-mark`) and Hyperliquid (`-book`, `-trades`).
 */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { exact } from './exact-decimal.ts';

/** Levels of a side that a session keeps of a full book (docs/fill-model.md). */
const FULL_BOOK_LEVELS = 500;

export interface Print {
  readonly timeMs: number;
  readonly price: number;
  readonly quantity: number;
  readonly takerSide: 'buy' | 'sell';
}

/** One side of the book through time. */
export class SideHistory {
  readonly #isBid: boolean;
  readonly #now = new Map<number, number>();
  readonly #levels = new Map<number, { readonly timeMs: number; readonly quantity: number }[]>();
  readonly #bests: { readonly timeMs: number; readonly price: number | null }[] = [];
  readonly #means: { readonly timeMs: number; readonly quantity: number }[] = [];
  #best: number | null = null;

  constructor(isBid: boolean) {
    this.#isBid = isBid;
  }

  set(timeMs: number, price: number, quantity: number): void {
    const before = this.#now.get(price) ?? 0;
    if (quantity === before) return;
    const history = this.#levels.get(price);
    if (history === undefined) this.#levels.set(price, [{ timeMs, quantity }]);
    else history.push({ timeMs, quantity });
    if (quantity > 0) this.#now.set(price, quantity);
    else this.#now.delete(price);
    if (quantity > 0 && (this.#best === null || this.#isBetter(price, this.#best))) this.#best = price;
    else if (quantity === 0 && price === this.#best) this.#best = this.#findBest();
  }

  /** Makes the side exactly these levels. */
  replace(timeMs: number, levels: ReadonlyMap<number, number>): void {
    for (const price of [...this.#now.keys()]) if (!levels.has(price)) this.set(timeMs, price, 0);
    for (const [price, quantity] of levels) this.set(timeMs, price, quantity);
  }

  /** Notes the best price and the mean of the nearest levels after a whole message. */
  seal(timeMs: number): void {
    const nearest = [...this.#now.keys()]
      .toSorted((one, other) => (this.#isBid ? other - one : one - other))
      .slice(0, FULL_BOOK_LEVELS);
    const total = nearest.reduce((sum, price) => sum + (this.#now.get(price) ?? 0), 0);
    if (nearest.length > 0) this.#means.push({ timeMs, quantity: total / nearest.length });
    if (this.#bests.length === 0 || this.#bests.at(-1)?.price !== this.#best) {
      this.#bests.push({ timeMs, price: this.#best });
    }
  }

  /** The best price that the side had at any time from `fromMs` to `toMs`; null where it was empty throughout. */
  bestBetween(fromMs: number, toMs: number): number | null {
    let best: number | null = null;
    for (const [at, { timeMs, price }] of this.#bests.entries()) {
      const untilMs = this.#bests[at + 1]?.timeMs ?? Number.POSITIVE_INFINITY;
      if (timeMs > toMs || untilMs < fromMs || price === null) continue;
      if (best === null || this.#isBetter(price, best)) best = price;
    }
    return best;
  }

  /** Largest and smallest size that a price showed from `fromMs` to `toMs`. */
  displayedBetween(
    price: number,
    fromMs: number,
    toMs: number,
  ): { readonly most: number; readonly least: number } {
    let [most, least] = [this.displayedAt(price, fromMs), this.displayedAt(price, fromMs)];
    for (const { timeMs, quantity } of this.#levels.get(price) ?? []) {
      if (timeMs < fromMs || timeMs > toMs) continue;
      most = Math.max(most, quantity);
      least = Math.min(least, quantity);
    }
    return { most, least };
  }

  /** Largest and smallest mean size of the nearest levels from `fromMs` to `toMs`; neither where none was noted. */
  meanLevelBetween(fromMs: number, toMs: number): { readonly most: number; readonly least: number } {
    let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const { timeMs, quantity } of this.#means) {
      if (timeMs < fromMs || timeMs > toMs) continue;
      most = Math.max(most, quantity);
      least = Math.min(least, quantity);
    }
    return { most, least };
  }

  /** Size at a price before the messages of `timeMs`. */
  displayedAt(price: number, timeMs: number): number {
    let displayed = 0;
    for (const change of this.#levels.get(price) ?? []) {
      if (change.timeMs >= timeMs) break;
      displayed = change.quantity;
    }
    return displayed;
  }

  /** Levels better than a price that showed something before the messages of `timeMs`. */
  levelsBefore(price: number, timeMs: number): number {
    let levels = 0;
    for (const other of this.#levels.keys())
      if (this.#isBetter(other, price) && this.displayedAt(other, timeMs) > 0) levels++;
    return levels;
  }

  /** All that was ever added to a price from `fromMs` to `toMs`. */
  addedBetween(price: number, fromMs: number, toMs: number): number {
    let added = 0;
    let before = 0;
    for (const { timeMs, quantity } of this.#levels.get(price) ?? []) {
      if (timeMs >= fromMs && timeMs <= toMs) added += Math.max(0, quantity - before);
      before = quantity;
    }
    return added;
  }

  #isBetter(price: number, than: number): boolean {
    return this.#isBid ? price > than : price < than;
  }

  #findBest(): number | null {
    let best: number | null = null;
    for (const price of this.#now.keys()) if (best === null || this.#isBetter(price, best)) best = price;
    return best;
  }
}

export class RecordedTape {
  readonly bids = new SideHistory(true);
  readonly asks = new SideHistory(false);
  readonly prints: Print[] = [];
  /** Time of the first whole book. */
  startMs = Number.NaN;
  /** Time of the last message that was read. */
  endMs = Number.NaN;
}

/** Rows of a table by column name. */
type Row = Readonly<Record<string, string>>;

interface Message {
  /** Place in the order of arrival. */
  readonly order: number;
  readonly exchangeMs: number;
  readonly row: Row;
  readonly kind: 'snapshot' | 'update' | 'print' | 'mark';
}

/** Reads the session with this prefix as far as `lengthMs` after its first book. */
export function readRecordedTape(prefix: string, lengthMs: number): RecordedTape {
  const isBinance = existsSync(`${prefix}-l2.csv.gz`);
  const messages = isBinance ? binanceMessages(prefix) : hyperliquidMessages(prefix);
  const first = messages.find(({ kind }) => kind === 'snapshot');
  if (first === undefined) throw new Error(`${prefix} has no whole book`);
  const tape = new RecordedTape();
  tape.startMs = first.exchangeMs;
  const chain = new UpdateChain();
  let nowMs = tape.startMs;
  for (const message of messages) {
    // What came before the first book was never pushed, except depth updates that overtook it.
    if (message.kind !== 'update' && message.exchangeMs < tape.startMs) continue;
    nowMs = Math.max(nowMs, message.exchangeMs);
    if (nowMs > tape.startMs + lengthMs) break;
    play(tape, message, nowMs, isBinance ? chain : null);
    tape.endMs = nowMs;
  }
  return tape;
}

function play(tape: RecordedTape, message: Message, nowMs: number, chain: UpdateChain | null): void {
  const { row, kind } = message;
  if (kind === 'print') {
    const takerSide = (row['taker_side'] ?? (row['buyer_is_maker'] === '1' ? 'sell' : 'buy')) as
      | 'buy'
      | 'sell';
    tape.prints.push({ timeMs: nowMs, price: units(row['price']), quantity: units(row['qty']), takerSide });
    return;
  }
  if (kind === 'mark') return;
  const due = chain === null ? [row] : chain.take(row, kind === 'snapshot');
  for (const book of due) {
    const isWhole = book['kind'] !== 'u';
    for (const [side, text] of [
      [tape.bids, book['bids']],
      [tape.asks, book['asks']],
    ] as const) {
      const levels = parseLevels(text ?? '');
      if (isWhole) side.replace(nowMs, levels);
      else for (const [price, quantity] of levels) side.set(nowMs, price, quantity);
      side.seal(nowMs);
    }
  }
}

/**
 * Depth updates in the order of their ids. Source: the venue's page on keeping a local book. Updates older than the
 * snapshot are dropped, the first kept one spans it, and each names the one before.
 */
class UpdateChain {
  #snapshotId: number | null = null;
  #lastId: number | null = null;
  #early: Row[] = [];

  /** Returns the rows that apply now. */
  take(row: Row, isSnapshot: boolean): readonly Row[] {
    if (isSnapshot) {
      this.#snapshotId = Number(row['last_id']);
      this.#lastId = null;
      return [row, ...this.#early.splice(0).filter((update) => this.#isNext(update))];
    }
    if (this.#snapshotId === null) {
      this.#early.push(row);
      return [];
    }
    return this.#isNext(row) ? [row] : [];
  }

  #isNext(row: Row): boolean {
    const [firstId, lastId, previousId] = [
      Number(row['first_id']),
      Number(row['last_id']),
      Number(row['prev_id']),
    ];
    if (this.#lastId === null && lastId < (this.#snapshotId ?? 0)) return false;
    const isLinked = this.#lastId === null ? firstId <= (this.#snapshotId ?? 0) : previousId === this.#lastId;
    if (!isLinked) throw new Error(`the chain of depth updates breaks at ${lastId}`);
    this.#lastId = lastId;
    return true;
  }
}

function binanceMessages(prefix: string): Message[] {
  const messages: Message[] = [];
  const add = (row: Row, kind: Message['kind']): void => {
    messages.push({ order: Number(row['seq']), exchangeMs: Number(row['event_ms']), row, kind });
  };
  for (const row of readTable(`${prefix}-l2.csv.gz`)) add(row, row['kind'] === 's' ? 'snapshot' : 'update');
  for (const row of readTable(`${prefix}-trades.csv.gz`)) {
    // An insurance fund's trade is no print of the market.
    if (row['type'] === 'MARKET') add(row, 'print');
  }
  if (existsSync(`${prefix}-mark.csv.gz`))
    for (const row of readTable(`${prefix}-mark.csv.gz`)) add(row, 'mark');
  return messages.toSorted((one, other) => one.order - other.order);
}

function hyperliquidMessages(prefix: string): Message[] {
  const books = readTable(`${prefix}-book.csv.gz`).map((row): Message => ({
    order: Number(row['recv_us']),
    exchangeMs: Number(row['event_ms']),
    row,
    kind: 'snapshot',
  }));
  const seen = new Set<string>();
  const prints = readTable(`${prefix}-trades.csv.gz`).flatMap((row): Message[] => {
    // After a reconnect the venue repeats trades.
    if (seen.has(row['trade_id'] ?? '')) return [];
    seen.add(row['trade_id'] ?? '');
    return [{ order: Number(row['recv_us']), exchangeMs: Number(row['trade_ms']), row, kind: 'print' }];
  });
  // The sort is stable: at the same microsecond the book comes first.
  return [...books, ...prints].toSorted((one, other) => one.order - other.order);
}

function readTable(path: string): Row[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}

function parseLevels(text: string): Map<number, number> {
  const levels = new Map<number, number>();
  for (const pair of text === '' ? [] : text.split(' ')) {
    const [price, quantity] = pair.split(':');
    levels.set(units(price), units(quantity));
  }
  return levels;
}

function units(text: string | undefined): number {
  return Number(exact(text ?? ''));
}
