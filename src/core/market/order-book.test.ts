import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import { type OrderBook, NO_PRICE } from './order-book.ts';
import { SortedBook } from './sorted-book.ts';
import { TickLadderBook } from './tick-ladder-book.ts';

const implementations: readonly (readonly [string, () => OrderBook])[] = [
  ['sorted book', () => new SortedBook()],
  ['tick ladder', () => new TickLadderBook()],
];

describe.each(implementations)('%s', (_name, create) => {
  test('is empty at first', () => {
    const book = create();
    expect([book.bestBid, book.bestAsk, book.levelCount(true), book.levelCount(false)]).toEqual([
      -1, -1, 0, 0,
    ]);
    expect(book.nextWorse(true, 100)).toBe(NO_PRICE);
  });

  test('keeps the touch through inserts, updates and deletes', () => {
    const book = create();
    book.set(true, 1000, 5);
    book.set(true, 1002, 1);
    book.set(false, 1003, 7);
    book.set(false, 1010, 2);
    expect([book.bestBid, book.bestAsk]).toEqual([1002, 1003]);
    book.set(true, 1002, 0);
    book.set(false, 1003, 0);
    expect([book.bestBid, book.bestAsk]).toEqual([1000, 1010]);
    book.set(true, 1000, 9);
    expect(book.quantityAt(true, 1000)).toBe(9);
    expect(book.quantityAt(false, 1000)).toBe(0);
  });

  test('walks from the touch outwards', () => {
    const book = create();
    for (const price of [500, 502, 530, 600]) book.set(false, price, price);
    const seen: number[] = [];
    for (let price = book.bestAsk; price !== NO_PRICE; price = book.nextWorse(false, price)) seen.push(price);
    expect(seen).toEqual([500, 502, 530, 600]);
  });

  test('deleting what is not there changes nothing', () => {
    const book = create();
    book.set(true, 10, 0);
    expect(book.bestBid).toBe(NO_PRICE);
  });

  test('follows a market that moves far beyond any window', () => {
    const book = create();
    book.set(true, 1_000_000, 1);
    book.set(false, 1_000_001, 1);
    book.set(true, 100, 3);
    book.set(false, 9_000_000, 4);
    book.set(false, 1_000_001, 0);
    book.set(true, 1_000_000, 0);
    expect([book.bestBid, book.bestAsk]).toEqual([100, 9_000_000]);
    book.set(true, 8_999_990, 2);
    expect([book.bestBid, book.bestAsk]).toEqual([8_999_990, 9_000_000]);
    expect(book.nextWorse(true, 8_999_990)).toBe(100);
    book.clear();
    expect([book.bestBid, book.levelCount(false)]).toEqual([NO_PRICE, 0]);
  });
});

test('the ladder equals the sorted book after every one of many random updates', () => {
  const near = fc.integer({ min: 899_990, max: 900_060 });
  const far = fc.integer({ min: 0, max: 2_000_000 });
  const update = fc.record({
    isBid: fc.boolean(),
    price: fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: far }),
    quantity: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e12 })),
    isClear: fc.nat(400).map((draw) => draw === 0),
  });
  fc.assert(
    fc.property(fc.array(update, { maxLength: 300 }), (updates) => {
      const ladder = new TickLadderBook();
      const oracle = new SortedBook();
      for (const { isBid, price, quantity, isClear } of updates) {
        for (const book of [ladder, oracle]) {
          if (isClear) book.clear();
          else book.set(isBid, price, quantity);
        }
        expect([ladder.bestBid, ladder.bestAsk]).toEqual([oracle.bestBid, oracle.bestAsk]);
        expect(ladder.nextWorse(isBid, price)).toBe(oracle.nextWorse(isBid, price));
        expect(ladder.has(isBid, price)).toBe(oracle.quantityAt(isBid, price) > 0);
        expect(ladder.levelCount(isBid)).toBe(oracle.levelCount(isBid));
        expect(ladder.quantityAt(isBid, price)).toBe(oracle.quantityAt(isBid, price));
      }
    }),
    { seed: PROOF_SEED, numRuns: 300 },
  );
});
