import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EventBlock, EventKind, FLAG_BUY } from '../core/domain/event-block.ts';
import { createInstrument, formatPrice, formatQuantity } from '../core/domain/instrument.ts';
import type { Lots, Ticks } from '../core/domain/units.ts';
import { type RecordedSession, loadRecordedSession } from './recorded-session.ts';

const DATA = process.env['LA_DATA_DIR'];

/** A frame or trade in the order of the session, as text. */
interface SeenEvent {
  readonly kind: number;
  readonly levels: readonly (readonly [isBid: boolean, price: number, quantity: number])[];
}

function* eventsOf(blocks: readonly EventBlock[]): Generator<SeenEvent> {
  for (const block of blocks) {
    for (let row = 0; row < block.length;) {
      const kind = block.kind[row] ?? 0;
      const isFrame = kind === EventKind.bookSnapshot || kind === EventKind.bookDelta;
      const end = row + 1 + (isFrame ? (block.price[row] ?? 0) : 0);
      const levels: [boolean, number, number][] = [];
      for (let at = isFrame ? row + 1 : row; at < end; at++) {
        levels.push([
          ((block.flags[at] ?? 0) & FLAG_BUY) !== 0,
          block.price[at] ?? 0,
          block.quantity[at] ?? 0,
        ]);
      }
      yield { kind, levels };
      row = end;
    }
  }
}

function rowsOf(prefix: string, name: string): string[][] {
  const text = gunzipSync(readFileSync(`${prefix}-${name}.csv.gz`)).toString('latin1');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

/** The plainest book there is: the oracle of this test. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply(event: SeenEvent): void {
    if (event.kind === EventKind.bookSnapshot) {
      this.bids.clear();
      this.asks.clear();
    }
    for (const [isBid, price, quantity] of event.levels) {
      const side = isBid ? this.bids : this.asks;
      if (quantity === 0) side.delete(price);
      else side.set(price, quantity);
    }
  }

  best(session: RecordedSession): string[] {
    const instrument = createInstrument(session.instrument, 0);
    let bid = Number.NEGATIVE_INFINITY;
    for (const price of this.bids.keys()) if (price > bid) bid = price;
    let ask = Number.POSITIVE_INFINITY;
    for (const price of this.asks.keys()) if (price < ask) ask = price;
    return [
      formatPrice(instrument, bid as Ticks),
      formatQuantity(instrument, this.bids.get(bid) as Lots),
      formatPrice(instrument, ask as Ticks),
      formatQuantity(instrument, this.asks.get(ask) as Lots),
    ];
  }
}

function trimZeros(text: string): string {
  return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}

function expectSoundBlocks(session: RecordedSession): void {
  let sequence = 1;
  let nowMs = 0;
  for (const block of session.blocks) {
    expect(block.firstSequence).toBe(sequence);
    expect(block.receivedTimeMs[0]).toBeGreaterThanOrEqual(nowMs);
    nowMs = block.receivedTimeMs[block.length - 1] ?? 0;
    sequence += block.events;
  }
  expect(session.events).toBe(sequence - 1);
}

describe.skipIf(DATA === undefined)('recorded sessions', () => {
  test.each([
    ['binance-um-btcusdt-20230404T2358', 1_565, 12_934, 'BTCUSDT', 1, 3],
    ['binance-um-btcusdt-20240808T2354', 629, 21_313, 'BTCUSDT', 1, 3],
    ['binance-spot-btcusdt-20240808T2354', 1_072, 19_904, 'BTCUSDT', 2, 6],
    ['binance-spot-nexousdt-20240723T1539', 12_198, 12_458, 'NEXOUSDT', 3, 2],
  ])(
    '%s: the rebuilt book equals the recorded best bid and ask at every shared update id',
    async (name, sharedIds, trades, symbol, priceDecimals, quantityDecimals) => {
      const prefix = path.join(DATA ?? '', 'l2', name);
      const session = await loadRecordedSession(prefix);
      expectSoundBlocks(session);
      expect(session.instrument).toMatchObject({
        ...{ symbol, price_decimals: priceDecimals, quantity_decimals: quantityDecimals },
      });

      const diffs = rowsOf(prefix, 'l2');
      const snapshotId = Number(diffs.find((row) => row[2] === 's')?.[6]);
      const isSpot = name.includes('spot');
      const kept = diffs.filter(
        (row) => row[2] === 'u' && (isSpot ? Number(row[6]) > snapshotId : Number(row[6]) >= snapshotId),
      );
      const quotes = new Map(rowsOf(prefix, 'bbo').map((row) => [row[4], row.slice(5, 9).map(trimZeros)]));
      const book = new PlainBook();
      let frames = 0;
      let shared = 0;
      let seenTrades = 0;
      for (const event of eventsOf(session.blocks)) {
        if (event.kind === EventKind.trade) seenTrades++;
        if (event.kind !== EventKind.bookSnapshot && event.kind !== EventKind.bookDelta) continue;
        book.apply(event);
        if (event.kind === EventKind.bookSnapshot) continue;
        const quote = quotes.get(kept[frames++]?.[6] ?? '');
        if (quote === undefined) continue;
        expect(book.best(session)).toEqual(quote);
        shared++;
      }
      expect({ frames, shared, seenTrades }).toEqual({
        frames: kept.length,
        shared: sharedIds,
        seenTrades: trades,
      });
    },
  );

  test.each([
    ['hyperliquid-perp-btc-20250904T1946', 6_675, 0, 'BTCUSDT'],
    ['hyperliquid-perp-eth-20250904T1946', 6_884 - 17, 1, 'ETHUSDT'],
  ])(
    '%s: every row is a whole book, repeated trades are gone',
    async (name, trades, priceDecimals, symbol) => {
      const prefix = path.join(DATA ?? '', 'l2', name);
      const session = await loadRecordedSession(prefix);
      expectSoundBlocks(session);
      expect(session.instrument).toMatchObject({
        symbol,
        price_decimals: priceDecimals,
        funding_interval_hours: 1,
      });
      const rows = rowsOf(prefix, 'book');
      let frames = 0;
      let seenTrades = 0;
      const book = new PlainBook();
      for (const event of eventsOf(session.blocks)) {
        if (event.kind === EventKind.trade) {
          seenTrades++;
          continue;
        }
        expect(event.kind).toBe(EventKind.bookSnapshot);
        book.apply(event);
        const [, , bids = '', asks = ''] = rows[frames++] ?? [];
        const firstLevel = (cell: string): string[] => (cell.split(' ')[0] ?? '').split(':').map(trimZeros);
        expect(book.best(session)).toEqual([...firstLevel(bids), ...firstLevel(asks)]);
        expect(event.levels).toHaveLength(40);
      }
      expect({ frames, seenTrades }).toEqual({ frames: 3_785, seenTrades: trades });
    },
  );

  test('the insurance fund neither trades nor sets the last price, and marks are there', async () => {
    const session = await loadRecordedSession(
      path.join(DATA ?? '', 'l2', 'binance-um-btcusdt-20230404T2358'),
    );
    let marks = 0;
    for (const { kind, levels } of eventsOf(session.blocks)) {
      if (kind === EventKind.mark) marks++;
      if (kind !== EventKind.trade) continue;
      expect(levels[0]?.[1]).toBeLessThan(284_000);
    }
    expect(marks).toBe(514);
  });
});

describe('made-up session', () => {
  let folder = '';
  let prefix = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'recorded-'));
    prefix = path.join(folder, 'binance-um-xyzusdt-2024');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, lines: readonly string[]): void {
    writeFileSync(`${prefix}-${name}.csv.gz`, gzipSync(`${lines.join('\n')}\n`));
  }
  const diffHeader = 'seq,recv_us,kind,event_ms,tx_ms,first_id,last_id,prev_id,bids,asks';
  const tradeHeader = 'seq,recv_us,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker,type';
  const snapshot = '3,3,s,,,,100,,10.50:1.000 10.40:2,10.60:3.25';

  test('drops stale diffs also when they came before the snapshot, and keeps those that were needed', async () => {
    write('l2', [
      diffHeader,
      '1,1,u,1001,1000,80,90,79,10.10:9,',
      '2,2,u,1002,1001,95,105,90,,10.70:1.5',
      snapshot,
      '5,5,u,1000,999,106,110,105,10.5:0,',
    ]);
    write('trades', [
      tradeHeader,
      '4,4,1003,1002,7,10.55,0.5,1,MARKET',
      '6,6,1004,1003,7,10.55,0.5,1,MARKET',
      '7,7,1004,1003,8,99,0.5,0,INSURANCE_FUND',
      '8,8,1005,1004,9,10.6,0.5,0,MARKET',
    ]);
    const session = await loadRecordedSession(prefix, { firstSequence: 5 });
    expect(session.instrument).toMatchObject({ symbol: 'XYZUSDT', price_decimals: 2, quantity_decimals: 2 });
    expect([...eventsOf(session.blocks)]).toEqual([
      ...[
        {
          kind: EventKind.bookSnapshot,
          levels: [
            [true, 1050, 100],
            [true, 1040, 200],
            [false, 1060, 325],
          ],
        },
      ],
      ...[{ kind: EventKind.bookDelta, levels: [[false, 1070, 150]] }],
      ...[{ kind: EventKind.trade, levels: [[false, 1055, 50]] }],
      ...[{ kind: EventKind.bookDelta, levels: [[true, 1050, 0]] }],
      ...[{ kind: EventKind.trade, levels: [[true, 1060, 50]] }],
    ]);
    const [block] = session.blocks;
    expect(block?.firstSequence).toBe(5);
    expect([...(block?.receivedTimeMs.subarray(0, session.rows) ?? [])]).toEqual([
      ...[1001, 1001, 1001, 1001, 1002, 1002, 1003, 1003, 1003, 1005],
    ]);
  });

  test.each([
    [
      'a broken chain',
      [diffHeader, snapshot, '4,4,u,1,1,95,105,90,,', '5,5,u,1,1,107,110,106,,'],
      /l2\.csv\.gz:4: the chain of update ids is broken: 106 after 105/,
    ],
    [
      'a hole after the snapshot',
      [diffHeader, snapshot, '4,4,u,1,1,103,105,102,,'],
      /l2\.csv\.gz:3: updates 100 to 102 after the snapshot are missing/,
    ],
    [
      'a missing field',
      [diffHeader, snapshot, '4,4,u,1,1,95,105,90,'],
      /l2\.csv\.gz:3: expected 10 fields, found 9/,
    ],
    ['another header', ['time,price', '1,2'], /l2\.csv\.gz:1: expected the header seq,/],
    [
      'a bad number',
      [diffHeader, snapshot, '4,4,u,1,1,95,105,90,1e5:1,'],
      /l2\.csv\.gz:3: not a decimal number: "1e5"/,
    ],
    [
      'half a level',
      [diffHeader, snapshot, '4,4,u,1,1,95,105,90,10.5,'],
      /l2\.csv\.gz:3: a level must be price:quantity/,
    ],
    [
      'a bad id',
      [diffHeader, snapshot, '4,4,u,1,1,x,105,90,,'],
      /l2\.csv\.gz:3: first_id must be an integer, found "x"/,
    ],
  ])('names file and line of %s', async (_, lines, message) => {
    write('l2', lines);
    write('trades', [tradeHeader]);
    await expect(loadRecordedSession(prefix)).rejects.toThrow(message);
  });

  test('names what is missing or not compressed', async () => {
    await expect(loadRecordedSession(prefix)).rejects.toThrow(/no recorded session .*xyzusdt-2024/);
    write('l2', [diffHeader, snapshot]);
    await expect(loadRecordedSession(prefix)).rejects.toThrow(/lacks .*-trades\.csv\.gz/);
    writeFileSync(`${prefix}-trades.csv.gz`, 'plain text');
    await expect(loadRecordedSession(prefix)).rejects.toThrow(
      /could not read .*-trades\.csv\.gz: incorrect header check/,
    );
  });
});
