import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { HOUR_MS } from '../base/time.ts';
import { createInstrument, markNotional, parseMoney } from '../domain/instrument.ts';
import { OutputBuffer } from '../domain/output-buffer.ts';
import { lots, markPrice, money } from '../domain/units.ts';
import { Account } from '../ledger/account.ts';
import { BarSeries } from '../market/bar-series.ts';
import { InstrumentMarket } from '../market/instrument-market.ts';
import { PublicBook } from '../market/public-book.ts';
import { CircuitBreakers } from '../risk/circuit-breakers.ts';
import { LossLimits } from '../risk/loss-limits.ts';
import { LimitWatch } from './limit-watch.ts';

const UNIT = 100_000_000;
const BALANCE = parseMoney('10000');

function limitsWith(drawdownPercent: number | null) {
  const settings = { maxDayLossPercent: 5, maxAccountLossPercent: 20, openingBalance: BALANCE };
  const breakers = { maxDrawdownPercent: drawdownPercent, maxConsecutiveLosses: 2, cooldownMs: 3 * HOUR_MS };
  return { losses: new LossLimits(settings, null, null), breakers: new CircuitBreakers(breakers) };
}

/** Two contracts at 100 and 10 USDT; what is held of each in USDT, signed. */
function openAccount(held: readonly number[]) {
  const specs = [
    BTCUSDT,
    { ...BTCUSDT, symbol: 'ALTUSDT', base: 'ALT', quantity_decimals: 1, min_quantity: '0.1' },
  ];
  const markets = specs.map((spec, index) => {
    const market = new InstrumentMarket(
      createInstrument(spec, index),
      new BarSeries(2),
      new PublicBook(60_000),
    );
    market.mark = markPrice((index === 0 ? 100 : 10) * UNIT);
    return market;
  });
  const modes = { leverage: 10, marginMode: 'isolated', positionMode: 'one_way' } as const;
  const account = new Account(markets, modes, new OutputBuffer(() => undefined));
  account.deposit(0, BALANCE);
  for (const { mark, instrument } of markets) {
    const { index, quantityDecimals } = instrument;
    const value = (held[index] ?? 0) * UNIT;
    const quantity = lots(Math.round((value / (mark ?? 0)) * 10 ** quantityDecimals));
    const cost = markNotional(instrument, markPrice(mark ?? 0), quantity);
    if (quantity !== 0) account.carryPosition(index, undefined, quantity, cost, money(0n), 0);
  }
  return { account, markets };
}

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ market: fc.constantFrom(0, 1), moveBps: fc.integer({ min: -60, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ paid: fc.integer({ min: 1, max: 100 }) }),
  },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 9 * HOUR_MS }) }) },
  { weight: 1, arbitrary: fc.record({ netPnl: fc.integer({ min: -2, max: 1 }) }) },
  { weight: 1, arbitrary: fc.constant({ asks: true } as const) },
);

test('looks that the watch spares find nothing, whatever prices, positions, time and orders did', () => {
  let spared = 0;
  let looks = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 120 }),
      fc.tuple(fc.integer({ min: -40_000, max: 40_000 }), fc.integer({ min: -20_000, max: 20_000 })),
      fc.constantFrom(null, 3),
      (path, held, drawdown) => {
        const { account, markets } = openAccount(held);
        const exact = limitsWith(drawdown);
        const watched = limitsWith(drawdown);
        const watch = new LimitWatch({ account, markets, ...watched });
        const marketOf = (index: number): InstrumentMarket => {
          const market = markets[index];
          if (market === undefined) throw new Error('no market');
          return market;
        };
        let nowMs = 0;
        for (const each of path) {
          nowMs += 1_000;
          if ('moveBps' in each) {
            const market = marketOf(each.market);
            market.mark = markPrice(Math.round((market.mark ?? 0) * (1 + each.moveBps / 10_000)));
          } else if ('paid' in each) {
            account.deposit(nowMs, money(BigInt(each.paid) * BigInt(UNIT)));
          } else if ('waitMs' in each) {
            nowMs += each.waitMs;
          }
          const { equity } = account;
          for (const { losses, breakers } of [exact, watched]) {
            if ('netPnl' in each) breakers.noteTrade(nowMs, money(BigInt(each.netPnl)));
            // As an order does that asks for leave.
            if (!('asks' in each)) continue;
            losses.update(nowMs, equity);
            breakers.update(nowMs, equity);
          }
          const wasLost = exact.losses.isDayLost;
          exact.losses.update(nowMs, equity);
          const trip = exact.breakers.update(nowMs, equity);
          looks++;
          if (watch.mayFind(nowMs)) {
            watched.losses.update(nowMs, equity);
            expect(watched.breakers.update(nowMs, equity)).toEqual(trip);
            watch.renew(nowMs, equity);
          } else {
            spared++;
            expect([trip, exact.losses.isDayLost, exact.losses.accountLoss(equity)]).toEqual([
              null,
              wasLost,
              null,
            ]);
          }
          expect(watched.losses.save()).toEqual(exact.losses.save());
          expect(watched.breakers.save()).toEqual(exact.breakers.save());
        }
      },
    ),
    { numRuns: 150, seed: 20_261_123 },
  );
  expect(spared).toBeGreaterThan(looks / 4);
});
