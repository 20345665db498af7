import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInstrument } from '../../core/domain/instrument.ts';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { openDataset } from './open-dataset.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-trades-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function open(text: string) {
  const file = path.join(folder, 'trades.csv');
  writeFileSync(file, text);
  return openDataset({ data: file, marks: null, funding: null, symbol: 'BTCUSDT' });
}

/** Receive time, exchange time, flags, price and quantity of each trade. */
async function tradesOf(text: string, span = {}): Promise<number[][]> {
  const dataset = await open(text);
  const found: number[][] = [];
  const feed = dataset.feed(createInstrument(BTCUSDT, 0), {
    fromMs: null,
    toMs: null,
    historyBars: 0,
    ...span,
  });
  for await (const block of feed.blocks(1)) {
    for (let row = 0; row < block.length; row++) {
      const columns = [block.receivedTimeMs, block.exchangeTimeMs, block.flags, block.price, block.quantity];
      found.push(columns.map((column) => column[row] ?? Number.NaN));
    }
  }
  return found;
}

const TARDIS = 'recv_us,trade_ms,trade_id,price,qty,taker_side';

describe('a file of trades', () => {
  test('is played in its own order, repetitions left out', async () => {
    const rows = ['1,1000,7,50000.5,0.01,buy', '1,1010,8,50001,0.02,sell', '1,1010,8,50001,0.02,sell'];
    const dataset = await open([TARDIS, ...rows, '1,1005,9,50000,1.5,sell'].join('\n'));
    expect(dataset).toMatchObject({
      priceSource: 'trades',
      barMs: null,
      priceDecimals: 1,
      quantityDecimals: 2,
    });
    expect(dataset.notes).toEqual([
      expect.stringMatching(/no book/),
      expect.stringMatching(/^1 trades are stamped before/),
      expect.stringMatching(/^1 repeated trades/),
    ]);
    const trades = await tradesOf([TARDIS, ...rows, '1,1005,9,50000,1.5,sell'].join('\n'));
    // Flags: 1 = ends its event, 2 = the taker bought.
    expect(trades).toEqual([
      [1000, 1000, 3, 500_005, 100],
      [1010, 1010, 1, 500_010, 200],
      [1010, 1005, 1, 500_000, 15_000],
    ]);
  });

  test('may be aggregated ones that name the maker', async () => {
    const header = 'agg_trade_id,price,qty,first_trade_id,last_trade_id,trade_ms,buyer_is_maker';
    const dataset = await open(`${header}\n1,0.7097,19.0,5,5,1000,0\n2,0.7098,1,6,6,1001,1\n`);
    expect(dataset).toMatchObject({ priceDecimals: 4, quantityDecimals: 0 });
  });

  test('is played from and to where it is told', async () => {
    const rows = [1000, 2000, 3000].map((time) => `1,${time},${time},50000,1,buy`);
    const trades = await tradesOf([TARDIS, ...rows].join('\n'), { fromMs: 1500, toMs: 2500 });
    expect(trades.map(([received]) => received)).toEqual([2000]);
  });

  test.each([
    [`${TARDIS}\n1,1000,7,0,1,buy`, /:2: expected a price above zero in column price/],
    [`${TARDIS}\n1,1000,7,1,0,buy`, /:2: expected a quantity above zero/],
    [`${TARDIS}\n1,1000,7,1,1,up`, /:2: expected buy or sell in column taker_side/],
    ['trade_ms,price,qty\n1,1,1', /:1: expected a column taker_side or buyer_is_maker/],
    ['a,b\n1,1', /:1: expected a header of candles .* or trades/],
  ])('is refused with file and line: %j', async (text, message) => {
    await expect(open(text)).rejects.toThrow(message);
  });
});
