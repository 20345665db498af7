import { describe, expect, test } from 'vitest';
import { lots, ticks } from '../core/domain/units.ts';
import { Ingress } from './ingress.ts';

const T0 = 1_790_126_520_000;

function setUp() {
  let nowMs = T0;
  const ingress = new Ingress(() => nowMs);
  const trade = (price: number): void => {
    ingress.open(1).appendTrade(0, ingress.nowMs(), nowMs, 'buy', ticks(price), lots(1));
    ingress.ready();
  };
  return { ingress, trade, at: (ms: number): void => void (nowMs = T0 + ms) };
}

/** Takes what has arrived so far, then closes. */
async function takeAll(ingress: Ingress, onBlock: () => void = () => {}): Promise<number[][]> {
  const rows: number[][] = [];
  await ingress.close();
  for await (const block of ingress) {
    for (let row = 0; row < block.length; row++)
      rows.push([block.firstSequence + row, block.receivedTimeMs[row] ?? 0, block.price[row] ?? 0]);
    onBlock();
  }
  return rows;
}

describe('the ingress', () => {
  test('hands on everything in order, numbered without a hole, however many blocks it takes', async () => {
    const { ingress, trade } = setUp();
    for (let price = 1; price <= 20_000; price++) trade(price);
    const rows = await takeAll(ingress);
    expect(rows).toEqual(Array.from({ length: 20_000 }, (_, row) => [row, T0, row + 1]));
  });

  test('stamps receive times that never decrease, also when the venue clock goes back', async () => {
    const { ingress, trade, at } = setUp();
    const times = [0, 40, 10, 50];
    for (const [row, ms] of times.entries()) {
      at(ms);
      trade(row + 1);
    }
    const stamps = (await takeAll(ingress)).map(([, received]) => (received ?? 0) - T0);
    expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
  });

  test('says how many rows the loop has not taken yet', async () => {
    const { ingress, trade } = setUp();
    for (let price = 1; price <= 10_000; price++) trade(price);
    expect(ingress.waitingRows).toBe(10_000);
    await takeAll(ingress);
    expect(ingress.waitingRows).toBe(0);
  });

  test('tells who waits once the loop has caught up, and hands on what they then append', async () => {
    const { ingress, trade } = setUp();
    for (let price = 1; price <= 10_000; price++) trade(price);
    let waited = 0;
    ingress.whenDrained(() => {
      waited = ingress.waitingRows;
      ingress.open(1).appendLastPrice(0, ingress.nowMs(), T0, ticks(77));
    });
    let blocks = 0;
    const rows = await takeAll(ingress, () => blocks++);
    expect(waited).toBe(0);
    expect(rows).toHaveLength(10_001);
    expect(rows.at(-1)).toEqual([10_000, T0, 77]);
    expect(blocks).toBe(3);
  });

  test('refuses to lose what is too much: a loop that stands still ends the session', () => {
    const { trade } = setUp();
    expect(() => {
      for (let price = 1; price <= 1_000_000; price++) trade(price);
    }).toThrow('blocks wait for the loop');
  });
});
