/**
 * A file of public trades as a market without a book.
 *
 * Columns by name: a time (`trade_ms`), `price`, `qty`, the taker's side (`taker_side`, or `buyer_is_maker`) and an id
 * (`trade_id` or `agg_trade_id`). A trade reaches us when it happened; where the file goes back in time, receive time stands
 * still. A trade whose id was told within the last {@link REMEMBERED_IDS} is a repetition and is left out. The file is read
 * as a stream, once for its grids and once for every run.
 */

import { EventBlock } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { RecentIds } from '../recent-ids.ts';
import { type CsvRows, FILE_DECIMALS, invalidLine, readCsv } from './csv-rows.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';

const COLUMNS = [
  ...['trade_ms', 'price', 'qty', 'taker_side?', 'buyer_is_maker?', 'trade_id?', 'agg_trade_id?'],
] as const;
const TIME = 0;
const PRICE = 1;
const QUANTITY = 2;
const TAKER_SIDE = 3;
const BUYER_IS_MAKER = 4;
const TRADE_ID = 5;
const AGGREGATE_ID = 6;
const BLOCK_ROWS = 4_096;
const REMEMBERED_IDS = 8_192;

/** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function openTradeDataset(path: string): Promise<Dataset> {
  let [priceDecimals, quantityDecimals, firstMs, lastMs, back, repeated] = [0, 0, Number.NaN, 0, 0, 0];
  const ids = new RecentIds<number>(REMEMBERED_IDS);
  for await (const rows of readCsv(path, COLUMNS)) {
    while (rows.next()) {
      const trade = readTrade(rows);
      priceDecimals = Math.max(priceDecimals, trade.priceDecimals);
      quantityDecimals = Math.max(quantityDecimals, trade.quantityDecimals);
      if (isRepetition(ids, rows)) repeated++;
      if (Number.isNaN(firstMs)) firstMs = trade.timeMs;
      if (trade.timeMs < lastMs) back++;
      lastMs = Math.max(lastMs, trade.timeMs);
    }
  }
  const notes = [
    'There is no book: takers pay the parametric price, resting orders fill by trades through their price.',
    ...(back === 0
      ? []
      : [`${back} trades are stamped before one told earlier; they play in the file's order.`]),
    ...(repeated === 0 ? [] : [`${repeated} repeated trades are left out.`]),
  ];
  return {
    ...{ priceSource: 'trades', barMs: null, priceDecimals, quantityDecimals, notes },
    feed: (instrument, span) => feedOf(path, instrument, span, firstMs, lastMs),
  };
}

function feedOf(
  path: string,
  instrument: Instrument,
  span: DatasetSpan,
  firstMs: number,
  lastMs: number,
): DatasetFeed {
  const startMs = Math.max(firstMs, span.fromMs ?? firstMs);
  const endMs = Math.min(lastMs, span.toMs ?? lastMs);
  if (endMs < startMs) {
    const found = `trades from ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
    throw invalidLine(path, 0, 'trades between --from and --to', found);
  }
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => blocksOf(path, instrument, startMs, endMs, firstSequence),
  };
}

async function* blocksOf(
  path: string,
  instrument: Instrument,
  startMs: number,
  endMs: number,
  firstSequence: number,
): AsyncGenerator<EventBlock> {
  const tickScale = 10 ** (FILE_DECIMALS - instrument.priceDecimals);
  const lotScale = 10 ** (FILE_DECIMALS - instrument.quantityDecimals);
  const block = new EventBlock(BLOCK_ROWS);
  const ids = new RecentIds<number>(REMEMBERED_IDS);
  block.reset(firstSequence);
  let nowMs = startMs;
  for await (const rows of readCsv(path, COLUMNS)) {
    while (rows.next()) {
      const trade = readTrade(rows);
      if (isRepetition(ids, rows) || trade.timeMs < startMs || trade.timeMs > endMs) continue;
      nowMs = Math.max(nowMs, trade.timeMs);
      const price = ticks(Math.max(1, Math.round(trade.price / tickScale)));
      const quantity = lots(Math.floor(trade.quantity / lotScale));
      if (quantity > 0)
        block.appendTrade(
          instrument.index,
          nowMs,
          trade.timeMs,
          trade.isBuy ? 'buy' : 'sell',
          price,
          quantity,
        );
      if (block.hasRoom(1)) continue;
      yield block;
      block.reset(block.firstSequence + block.events);
    }
  }
  if (block.events > 0) yield block;
}

/** A row, reused. */
const inHand = { timeMs: 0, price: 0, quantity: 0, isBuy: false, priceDecimals: 0, quantityDecimals: 0 };

function readTrade(rows: CsvRows): Readonly<typeof inHand> {
  inHand.timeMs = rows.integer(TIME);
  inHand.price = rows.decimal(PRICE);
  inHand.priceDecimals = rows.seenDecimals;
  inHand.quantity = rows.decimal(QUANTITY, true);
  inHand.quantityDecimals = rows.seenDecimals;
  if (inHand.price <= 0) throw rows.wrong(PRICE, 'a price above zero');
  if (inHand.quantity <= 0) throw rows.wrong(QUANTITY, 'a quantity above zero');
  inHand.isBuy = isTakerBuy(rows);
  return inHand;
}

function isTakerBuy(rows: CsvRows): boolean {
  const column = rows.has(TAKER_SIDE) ? TAKER_SIDE : BUYER_IS_MAKER;
  if (!rows.has(column)) throw invalidLine(rows.file, 1, 'a column taker_side or buyer_is_maker', 'neither');
  const text = rows.text(column);
  if (column === TAKER_SIDE && (text === 'buy' || text === 'sell')) return text === 'buy';
  if (column === BUYER_IS_MAKER && (text === '0' || text === 'false' || text === 'False')) return true;
  if (column === BUYER_IS_MAKER && (text === '1' || text === 'true' || text === 'True')) return false;
  throw rows.wrong(column, column === TAKER_SIDE ? 'buy or sell' : '0 or 1');
}

/** Whether the trade has an id that was told lately. */
function isRepetition(ids: RecentIds<number>, rows: CsvRows): boolean {
  const column = rows.isEmpty(TRADE_ID) ? AGGREGATE_ID : TRADE_ID;
  return !rows.isEmpty(column) && ids.isRepeated(rows.integer(column));
}
