import { expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { createInstrument, parseMoney } from '../domain/instrument.ts';
import type { TradeRecord } from '../domain/outputs.ts';
import { type Money, lots, markPrice, money, ticks } from '../domain/units.ts';
import { Position } from './position.ts';

const instrument = createInstrument(BTCUSDT, 0);
const fillArbitrary = fc.record({
  isBuy: fc.boolean(),
  price: fc.integer({ min: 1, max: 2_000_000 }),
  quantity: fc.integer({ min: 1, max: 100_000 }),
  fee: fc.integer({ min: 0, max: 1_000_000 }),
});

test('whatever the fills: position is their signed sum, money is conserved, flat costs nothing', () => {
  fc.assert(
    fc.property(fc.array(fillArbitrary, { maxLength: 60 }), (fills) => {
      const position = new Position(instrument);
      let signed = 0;
      // Cash that the fills alone moved: what an accountant without positions would book.
      let cash = 0n;
      let realized = 0n;
      let fees = 0n;
      const closed: TradeRecord[] = [];
      for (const { isBuy, price, quantity, fee } of fills) {
        const change = position.applyFill(
          isBuy ? 'buy' : 'sell',
          ticks(price),
          lots(quantity),
          money(BigInt(fee)),
          0,
          0,
          closed.length + 1,
          'test',
        );
        signed += isBuy ? quantity : -quantity;
        cash -= BigInt(price * (isBuy ? quantity : -quantity)) * instrument.tickLotMoney;
        realized += change.realized ?? 0n;
        fees += BigInt(fee);
        if (change.closed !== null) closed.push(change.closed);
        expect(position.quantity).toBe(signed);
        // Realized profit less the cost of what is held is the cash that moved, to the last unit.
        expect(realized - position.cost).toBe(cash);
        position.assertConsistent();
      }
      // What is closed and what is still open account for every unit that was realized and paid.
      const nets = closed.reduce((sum, trade) => sum + trade.netPnl, 0n);
      expect(signed === 0 ? nets : realized - fees).toBe(realized - fees);
    }),
    { seed: PROOF_SEED },
  );
});

test('realized profit of a part is never overstated: the released cost is rounded up', () => {
  const position = new Position(createInstrument({ ...BTCUSDT, price_decimals: 4 }, 0));
  // 3 lots for a cost of 10 units: closing one releases 4, not 3.33.
  position.carry(lots(3), money(10n), 0, null);
  const first = position.applyFill('sell', ticks(5), lots(1), money(0n), 0, 0, 1, 'x');
  expect(first.realized).toBe(1n);
  const rest = position.applyFill('sell', ticks(5), lots(2), money(0n), 0, 0, 1, 'x');
  expect((first.realized ?? 0n) + (rest.realized ?? 0n)).toBe(5n);
  expect(position.cost).toBe(0n);
});

test('unrealized profit follows the mark with the sign of the side', () => {
  const long = new Position(instrument);
  long.applyFill('buy', ticks(1000_0), lots(10_000), money(0n), 0, 0, 1, 'x');
  const short = new Position(instrument);
  short.applyFill('sell', ticks(1000_0), lots(10_000), money(0n), 0, 0, 1, 'x');
  const up = markPrice(1010 * 1e8);
  expect([long.unrealized(up), short.unrealized(up)]).toEqual([10n * 10n ** 8n, -10n * 10n ** 8n] as Money[]);
});

test('a round trip remembers what its entries risked at their own stops, unless one had none', () => {
  const riskOf = (stops: readonly (number | null)[]): bigint | null => {
    const position = new Position(instrument);
    for (const stop of stops) {
      const at = stop === null ? null : ticks(stop);
      position.applyFill('buy', ticks(1000_0), lots(10_000), money(0n), 0, 0, 1, 'x', at);
    }
    const size = lots(10_000 * stops.length);
    return position.applyFill('sell', ticks(1010_0), size, money(0n), 9, 0, 1, 'x').closed?.risk ?? null;
  };
  // 1 BTC, 20 USDT from the stop; then one more, 5 USDT from its own.
  expect(riskOf([980_0])).toBe(parseMoney('20'));
  expect(riskOf([980_0, 995_0])).toBe(parseMoney('25'));
  expect([riskOf([null]), riskOf([980_0, null]), riskOf([1001_0])]).toEqual([null, null, null]);
});
