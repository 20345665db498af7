/**
 * Reads a recorded Binance session: `PREFIX-l2`, `PREFIX-trades` and, where there is one, `PREFIX-mark`.
 *
 * Depth updates are applied as the venue documents it. Futures: updates with `last_id` below the snapshot's are stale, the
 * first kept one spans the snapshot's id, then each `prev_id` equals the `last_id` before it. Spot: updates up to the
 * snapshot's `last_id` are stale, the first kept one spans the id after it, then ids follow without a hole. Updates that
 * arrived before the snapshot but are newer than it play after it. A broken chain is a data file error.
 * Trades that are not of type MARKET (an insurance fund's, say) are no market prints and are left out.
 */

import { DataFileError, readRows, type DataRow } from './data-file.ts';
import { RecordingBuilder, type EventPlace, type Recording } from './recording.ts';

const L2_COLUMNS = [
  'seq',
  'recv_us',
  'kind',
  'event_ms',
  'tx_ms',
  'first_id',
  'last_id',
  'prev_id',
  'bids',
  'asks',
];
const TRADE_COLUMNS = [
  'seq',
  'recv_us',
  'event_ms',
  'trade_ms',
  'trade_id',
  'price',
  'qty',
  'buyer_is_maker',
  'type',
];
const MARK_COLUMNS = [
  'seq',
  'recv_us',
  'event_ms',
  'mark_price',
  'index_price',
  'est_settle_price',
  'funding_rate',
  'next_funding_ms',
];

export interface BinanceFiles {
  readonly l2: string;
  readonly trades: string;
  readonly mark: string | null;
}

export async function readBinanceSession(files: BinanceFiles): Promise<Recording> {
  const builder = new RecordingBuilder();
  const notes: string[] = [];
  await readDepth(files.l2, builder, notes);
  await readTrades(files.trades, builder, notes);
  if (files.mark !== null) await readMarks(files.mark, builder);
  return builder.finish(notes);
}

async function readDepth(file: string, builder: RecordingBuilder, notes: string[]): Promise<void> {
  let early: DataRow[] = [];
  let snapshotId: number | null = null;
  let previousId: number | null = null;
  let stale = 0;
  const applyUpdate = (row: DataRow, place: EventPlace): void => {
    const lastId = row.requiredInteger(6);
    const isStale = row.text(7) === '' ? lastId <= (snapshotId ?? 0) : lastId < (snapshotId ?? 0);
    if (previousId === null && isStale) {
      stale++;
      return;
    }
    checkChain(row, snapshotId ?? 0, previousId);
    previousId = lastId;
    builder.addBook(place, false, row.levels(8), row.levels(9));
  };
  for await (const row of readRows(file, L2_COLUMNS)) {
    if (row.text(2) === 's') {
      snapshotId = row.requiredInteger(6);
      previousId = null;
      builder.addBook(placeOf(row, 3), true, row.levels(8), row.levels(9));
      // Updates that overtook the snapshot play at its place.
      for (const waiting of early)
        applyUpdate(waiting, { ...placeOf(row, 3), exchangeMs: waiting.integer(3) });
      early = [];
    } else if (row.text(2) === 'u') {
      if (snapshotId === null) early.push(row);
      else applyUpdate(row, placeOf(row, 3));
    } else {
      throw row.wrong(2, 's or u');
    }
  }
  if (snapshotId === null) throw new DataFileError(file, 0, 'a snapshot row (kind s)', 'none');
  if (stale > 0) notes.push(`${stale} depth updates older than the snapshot were dropped.`);
}

function checkChain(row: DataRow, snapshotId: number, previousId: number | null): void {
  const firstId = row.requiredInteger(5);
  const lastId = row.requiredInteger(6);
  const isSpot = row.text(7) === '';
  if (previousId === null) {
    const wanted = isSpot ? snapshotId + 1 : snapshotId;
    if (firstId > wanted || lastId < wanted) throw row.wrong(5, `a first update that spans id ${wanted}`);
  } else if (isSpot && firstId !== previousId + 1) {
    throw row.wrong(5, `id ${previousId + 1} (the chain is broken)`);
  } else if (!isSpot && row.requiredInteger(7) !== previousId) {
    throw row.wrong(7, `id ${previousId} (the chain is broken)`);
  }
}

async function readTrades(file: string, builder: RecordingBuilder, notes: string[]): Promise<void> {
  let foreign = 0;
  for await (const row of readRows(file, TRADE_COLUMNS)) {
    const type = row.text(8);
    if (type !== '' && type !== 'MARKET') {
      foreign++;
      continue;
    }
    const maker = row.text(7);
    if (maker !== '0' && maker !== '1') throw row.wrong(7, '0 or 1');
    const price = row.decimal(5);
    const quantity = row.decimal(6);
    if (price <= 0) throw row.wrong(5, 'a price above zero');
    if (quantity <= 0) throw row.wrong(6, 'a quantity above zero');
    builder.addTrade(placeOf(row, 3), price, quantity, maker === '0');
  }
  if (foreign > 0) notes.push(`${foreign} trades that are no market prints (insurance fund) were left out.`);
}

async function readMarks(file: string, builder: RecordingBuilder): Promise<void> {
  for await (const row of readRows(file, MARK_COLUMNS)) {
    builder.addMark(placeOf(row, 2), row.decimal(3), row.decimal(4), row.decimal(6));
  }
}

function placeOf(row: DataRow, timeColumn: number): EventPlace {
  return {
    order: row.requiredInteger(0),
    exchangeMs: row.integer(timeColumn),
    arrivalMs: Math.floor(row.requiredInteger(1) / 1_000),
  };
}
