/**
 * A recorded session read from its files alone, message by message, sharing no code with the program.
 *
 * Messages are numbered from 1 in the order in which the program must number its events: by the collector's order, depth
 * updates that overtook the snapshot right behind it. A message's time is its event time, made never to go back. Prices and
 * quantities are integers of 10^-8. Dropped: updates older than the snapshot, trades that no order on the market made,
 * trade ids told before. Formats: Binance (`-l2`, `-trades`, `-mark`) and Hyperliquid (`-book`, `-trades`).
 */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface RawLevel {
  readonly isBid: boolean;
  readonly price: number;
  readonly quantity: number;
}

export interface RawMessage {
  readonly timeMs: number;
  /** `whole` replaces the book, `update` changes levels of it. */
  readonly kind: 'whole' | 'update' | 'print' | 'mark';
  readonly levels: readonly RawLevel[];
  readonly print: RawPrint | null;
}

export interface RawPrint {
  readonly price: number;
  readonly quantity: number;
  readonly takerBuys: boolean;
  /** When the exchange says that it happened. */
  readonly tradeMs: number;
}

interface Row {
  readonly order: number;
  readonly eventMs: number | null;
  readonly kind: 'whole' | 'update' | 'print' | 'mark';
  readonly cells: Readonly<Record<string, string>>;
}

export function readRawSession(prefix: string): RawMessage[] {
  const rows = existsSync(`${prefix}-l2.csv.gz`) ? binanceRows(prefix) : hyperliquidRows(prefix);
  const messages: RawMessage[] = [];
  const tradeIds = new Set<string>();
  let nowMs = rows.find(({ eventMs }) => eventMs !== null)?.eventMs ?? 0;
  let snapshotId: number | null = null;
  let isChained = false;
  const early: Row[] = [];
  const isStale = ({ cells }: Row): boolean => {
    const isSpot = cells['prev_id'] === '';
    const lastId = Number(cells['last_id']);
    return !isChained && (isSpot ? lastId <= (snapshotId ?? 0) : lastId < (snapshotId ?? 0));
  };
  const tell = (row: Row): void => {
    nowMs = Math.max(nowMs, row.eventMs ?? nowMs);
    const { cells, kind } = row;
    const isBook = kind === 'whole' || kind === 'update';
    const levels = isBook
      ? [...parseLevels(true, cells['bids'] ?? ''), ...parseLevels(false, cells['asks'] ?? '')]
      : [];
    messages.push({ timeMs: nowMs, kind, levels, print: kind === 'print' ? parsePrint(cells) : null });
  };
  const tellUpdate = (row: Row): void => {
    if (isStale(row)) return;
    isChained = true;
    tell(row);
  };
  for (const row of rows) {
    if (row.kind === 'update' && snapshotId === null) early.push(row);
    else if (row.kind === 'update') tellUpdate(row);
    else if (row.kind === 'print') {
      const { type = '', trade_id: id = '' } = row.cells;
      if ((type !== '' && type !== 'MARKET') || tradeIds.has(id)) continue;
      tradeIds.add(id);
      tell(row);
    } else {
      tell(row);
      if (row.kind !== 'whole' || row.cells['last_id'] === undefined) continue;
      snapshotId = Number(row.cells['last_id']);
      isChained = false;
      for (const waiting of early.splice(0)) tellUpdate(waiting);
    }
  }
  return messages;
}

function binanceRows(prefix: string): Row[] {
  const rows: Row[] = [];
  const add = (kind: Row['kind'], cells: Row['cells']): void => {
    const eventMs = cells['event_ms'] === '' ? null : Number(cells['event_ms']);
    rows.push({ order: Number(cells['seq']), eventMs, kind, cells });
  };
  for (const cells of readTable(`${prefix}-l2.csv.gz`))
    add(cells['kind'] === 's' ? 'whole' : 'update', cells);
  for (const cells of readTable(`${prefix}-trades.csv.gz`)) add('print', cells);
  if (existsSync(`${prefix}-mark.csv.gz`))
    for (const cells of readTable(`${prefix}-mark.csv.gz`)) add('mark', cells);
  return rows.toSorted((one, other) => one.order - other.order);
}

/** By the collector's clock, which stands still where it went back; of what came together, trades first. */
function hyperliquidRows(prefix: string): Row[] {
  const read = (file: string, kind: Row['kind'], timeColumn: string): Row[] => {
    let order = 0;
    return readTable(file).map((cells) => {
      order = Math.max(order, Number(cells['recv_us']));
      return { order, eventMs: Number(cells[timeColumn]), kind, cells };
    });
  };
  const rows = [
    ...read(`${prefix}-trades.csv.gz`, 'print', 'trade_ms'),
    ...read(`${prefix}-book.csv.gz`, 'whole', 'event_ms'),
  ];
  return rows.toSorted((one, other) => one.order - other.order);
}

function readTable(file: string): Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}

function parsePrint(cells: Readonly<Record<string, string>>): RawPrint {
  const side = cells['taker_side'];
  return {
    price: units(cells['price'] ?? ''),
    quantity: units(cells['qty'] ?? ''),
    takerBuys: side === undefined ? cells['buyer_is_maker'] === '0' : side === 'buy',
    tradeMs: Number(cells['trade_ms']),
  };
}

function parseLevels(isBid: boolean, text: string): RawLevel[] {
  if (text === '') return [];
  return text.split(' ').map((pair) => {
    const [price = '', quantity = ''] = pair.split(':');
    return { isBid, price: units(price), quantity: units(quantity) };
  });
}

/** Exact: a double holds every decimal of at most eight places below 90 million to its nearest 10^-8. */
function units(text: string): number {
  const value = Math.round(Number(text) * 1e8);
  if (!Number.isSafeInteger(value)) throw new Error(`${JSON.stringify(text)} is no decimal of eight places`);
  return value;
}

/** The book of the messages so far: two maps. */
export class RawBook {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #worstBid = 0;
  #worstAsk = Number.POSITIVE_INFINITY;

  apply({ kind, levels }: RawMessage): void {
    if (kind === 'whole') {
      this.#bids.clear();
      this.#asks.clear();
    }
    for (const { isBid, price, quantity } of levels) {
      const side = isBid ? this.#bids : this.#asks;
      if (quantity > 0) side.set(price, quantity);
      else side.delete(price);
    }
    const isWindow = kind === 'whole';
    this.#worstBid = isWindow ? Math.min(...this.#bids.keys()) : 0;
    this.#worstAsk = isWindow ? Math.max(...this.#asks.keys()) : Number.POSITIVE_INFINITY;
  }

  shown(isBid: boolean, price: number): number {
    return (isBid ? this.#bids : this.#asks).get(price) ?? 0;
  }

  /** Whether the last message says anything about this price. */
  covers(isBid: boolean, price: number): boolean {
    return isBid ? price >= this.#worstBid : price <= this.#worstAsk;
  }

  best(isBid: boolean): number | null {
    let best: number | null = null;
    for (const price of (isBid ? this.#bids : this.#asks).keys()) {
      if (best === null || (isBid ? price > best : price < best)) best = price;
    }
    return best;
  }

  /** Two sides that do not cross. */
  get isMarket(): boolean {
    const bid = this.best(true);
    const ask = this.best(false);
    return bid !== null && ask !== null && bid < ask;
  }
}
