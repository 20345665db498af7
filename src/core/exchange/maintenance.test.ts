import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import {
  createInstrument,
  formatMarkPrice,
  notional,
  parseMoney,
  timesRateUp,
} from '../domain/instrument.ts';
import { OutputBuffer } from '../domain/output-buffer.ts';
import { lots, markPrice, money, rate, ticks } from '../domain/units.ts';
import { Account, type AccountModes } from '../ledger/account.ts';
import { BarSeries } from '../market/bar-series.ts';
import { InstrumentMarket } from '../market/instrument-market.ts';
import { PublicBook } from '../market/public-book.ts';
import {
  type MaintenanceTerms,
  NO_PENDING,
  crossLine,
  crossSlack,
  isUsedUp,
  isolatedLine,
  liquidationMark,
  positionMaintenance,
} from './maintenance.ts';
import { MarginWatch } from './margin-watch.ts';
import {
  maintenanceMargin,
  refuseLeverage,
  refuseMarginMode,
  refusePositionMode,
  tierLimit,
} from './risk-tiers.ts';

/** The table of the venue's older help page, its first two steps also in the API's example. */
const TIERS = [
  { level: 1, start_notional: '0', end_notional: '50000', max_leverage: 125, maintenance_rate: '0.004' },
  { level: 2, start_notional: '50000', end_notional: '200000', max_leverage: 100, maintenance_rate: '0.005' },
  { level: 3, start_notional: '200000', end_notional: '2000000', max_leverage: 50, maintenance_rate: '0.01' },
];
const SPEC = { ...BTCUSDT, tiers: TIERS, max_leverage: 125 };
const ALT = {
  ...BTCUSDT,
  ...{
    symbol: 'ALTUSDT',
    base: 'ALT',
    price_decimals: 3,
    quantity_decimals: 1,
    min_quantity: '0.1',
    tiers: [],
  },
};
const FREE: MaintenanceTerms = { tierRule: 'position', takerFeeRate: rate(0), liquidationFeeRate: rate(0) };
const BY_LEVERAGE: MaintenanceTerms = { ...FREE, tierRule: 'leverage' };

interface Holding {
  readonly instrument?: number;
  readonly quantity: number;
  readonly cost: string;
  readonly side?: 'long' | 'short';
}

/** Made once: a market's book is costly to make, and these tests set nothing of it but its mark. */
const MARKETS = [SPEC, ALT].map(
  (spec, index) =>
    new InstrumentMarket(createInstrument(spec, index), new BarSeries(10), new PublicBook(60_000)),
);

function accountOf(
  modes: Partial<AccountModes>,
  wallet: string,
  holdings: readonly Holding[],
): { account: Account; markets: readonly InstrumentMarket[] } {
  for (const market of MARKETS) market.mark = null;
  const markets = MARKETS;
  const account = new Account(
    markets,
    { leverage: 100, marginMode: 'isolated', positionMode: 'one_way', ...modes },
    new OutputBuffer(() => undefined),
  );
  account.deposit(0, parseMoney(wallet));
  for (const { instrument = 0, quantity, cost, side } of holdings)
    account.carryPosition(instrument, side, lots(quantity), parseMoney(cost), money(0n), 0);
  return { account, markets };
}

function isolatedPrice(quantity: number, cost: string, terms: MaintenanceTerms): string | null {
  const { account } = accountOf({}, '100000', [{ quantity, cost }]);
  const line = isolatedLine(account.position(0, undefined), account, terms);
  const mark = line === null ? null : liquidationMark(line);
  return mark === null ? null : formatMarkPrice(mark);
}

describe("the venue's worked examples", () => {
  test('help page: 0.5 BTC long at 100,000 and 100x needs 250 and is liquidated at 99,500', () => {
    const { account } = accountOf({}, '100000', [{ quantity: 5_000, cost: '50000' }]);
    const position = account.position(0, undefined);
    expect(position.isolatedMargin(100)).toBe(parseMoney('500'));
    expect(positionMaintenance(position, account, 'leverage')).toBe(parseMoney('250'));
    expect(isolatedPrice(5_000, '50000', BY_LEVERAGE)).toBe('99500');
  });

  test('the short of it is liquidated at 100,500', () => {
    expect(isolatedPrice(-5_000, '-50000', BY_LEVERAGE)).toBe('100500');
  });

  test('API page of positions: 0.5 at 60,000 with 300 of margin at 100x has its liqPrice at 59,700', () => {
    expect(isolatedPrice(5_000, '30000', BY_LEVERAGE)).toBe('59700');
  });

  test("by the step of the position's value the same positions live a little longer", () => {
    expect(isolatedPrice(5_000, '50000', FREE)).toBe('99400');
    expect(isolatedPrice(5_000, '30000', FREE)).toBe('59640');
  });

  test('cross, one position: entry - (balance - maintenance) / quantity; at or below zero there is none', () => {
    const price = (wallet: string): string | null => {
      const { account, markets } = accountOf({ marginMode: 'cross' }, wallet, [
        { quantity: 5_000, cost: '50000' },
      ]);
      const line = crossLine(account, markets, 0, FREE, NO_PENDING);
      const mark = line === null ? null : liquidationMark(line);
      return mark === null ? null : formatMarkPrice(mark);
    };
    expect(price('10200')).toBe('80000');
    expect(price('60000')).toBeNull();
  });

  test('fee = price x size x rate, on notional: VIP 0 takes 30 USDT of 50,000 and makes 10', () => {
    const value = notional(createInstrument(SPEC, 0), ticks(1_000_000), lots(5_000));
    expect(timesRateUp(value, rate(600_000_000))).toBe(parseMoney('30'));
    expect(timesRateUp(value, rate(200_000_000))).toBe(parseMoney('10'));
  });
});

describe('maintenance margin', () => {
  const instrument = createInstrument(SPEC, 0);
  const needs = (value: string): string =>
    String(maintenanceMargin(instrument, parseMoney(value), 100, 'position'));

  test('is flat: the rate of one step on the whole value; the end of a step belongs to it', () => {
    expect(needs('50000')).toBe(String(parseMoney('200')));
    expect(needs('50000.00000001')).toBe(String(parseMoney('250.00000001')));
    expect(needs('3000000')).toBe(String(parseMoney('30000')));
  });

  test('without a table is half of the smallest initial margin', () => {
    const bare = createInstrument({ ...SPEC, tiers: [], max_leverage: 125 }, 0);
    expect(maintenanceMargin(bare, parseMoney('50000'), 5, 'position')).toBe(parseMoney('200'));
  });

  test('the largest step that allows the leverage limits the position', () => {
    expect(tierLimit(instrument, 125)).toBe(parseMoney('50000'));
    expect(tierLimit(instrument, 100)).toBe(parseMoney('200000'));
    expect(tierLimit(instrument, 5)).toBe(parseMoney('2000000'));
  });
});

describe('changes that the venue refuses', () => {
  const instrument = createInstrument(SPEC, 0);
  const free = { hasOrders: false, hasPositions: false, openValue: money(0n) };
  test.each([
    [0, free, 'leverage_invalid'],
    [1.5, free, 'leverage_invalid'],
    [126, free, 'leverage_invalid'],
    [125, { ...free, openValue: parseMoney('50001') }, 'leverage_invalid'],
    [100, { ...free, openValue: parseMoney('50001') }, null],
    [10, { ...free, hasOrders: true }, 'open_orders_exist'],
    [10, { ...free, hasPositions: true }, null],
  ])('leverage %d with %o: %s', (leverage, use, code) => {
    expect(refuseLeverage(instrument, leverage, use)).toBe(code);
  });

  test('margin mode and position mode while anything is open', () => {
    expect(refuseMarginMode(free)).toBeNull();
    expect(refuseMarginMode({ ...free, hasPositions: true })).toBe('open_orders_exist');
    expect(refusePositionMode(free)).toBeNull();
    expect(refusePositionMode({ ...free, hasOrders: true })).toBe('open_orders_exist');
    expect(refusePositionMode({ ...free, hasOrders: true, hasPositions: true })).toBe('position_mode_fixed');
  });
});

const drawQuantity = fc.integer({ min: -50_000, max: 50_000 }).filter((quantity) => quantity !== 0);
const drawPrice = fc.integer({ min: 1, max: 3_000_000 });
const costOf = (quantity: number, price: number): string => {
  const value = notional(createInstrument(SPEC, 0), ticks(price), lots(quantity));
  const text = String(value < 0n ? -value : value).padStart(9, '0');
  return `${value < 0n ? '-' : ''}${text.slice(0, -8)}.${text.slice(-8)}`;
};

test('the liquidation price shown is the first mark that liquidates, to the last unit of the grid', () => {
  fc.assert(
    fc.property(
      drawQuantity,
      drawPrice,
      fc.integer({ min: 1, max: 125 }),
      fc.boolean(),
      (quantity, price, leverage, isCross) => {
        const modes = { leverage, marginMode: isCross ? 'cross' : 'isolated' } as const;
        const { account, markets } = accountOf(modes, '25000.1', [
          { quantity, cost: costOf(quantity, price) },
        ]);
        const line = isCross
          ? crossLine(account, markets, 0, FREE, NO_PENDING)
          : isolatedLine(account.position(0, undefined), account, FREE);
        if (line === null) throw new Error('a position has a line');
        const shown = liquidationMark(line);
        if (shown === null) {
          expect(isUsedUp(line, markPrice(quantity > 0 ? 1 : Number.MAX_SAFE_INTEGER))).toBe(false);
          return;
        }
        expect(isUsedUp(line, shown)).toBe(true);
        const before = shown + (quantity > 0 ? 1 : -1);
        if (before > 0 && before <= Number.MAX_SAFE_INTEGER)
          expect(isUsedUp(line, markPrice(before))).toBe(false);
      },
    ),
    { numRuns: 2_000, seed: 20_261_122 },
  );
});

test('the watch never overlooks a mark that uses margin up, whatever the marks before it', () => {
  const marks = fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1), fc.integer({ min: 60_000, max: 140_000 })), {
    minLength: 1,
    maxLength: 60,
  });
  const holding = fc.integer({ min: -20_000, max: 20_000 });
  fc.assert(
    fc.property(
      marks,
      holding,
      holding,
      holding,
      fc.boolean(),
      fc.boolean(),
      (path, one, other, alt, isCross, isHedge) => {
        const modes = {
          leverage: 20,
          marginMode: isCross ? 'cross' : 'isolated',
          positionMode: isHedge ? 'hedge' : 'one_way',
        } as const;
        const hold = (
          instrument: number,
          quantity: number,
          price: number,
          side: 'long' | 'short',
        ): Holding[] => {
          const signed = isHedge ? (side === 'long' ? Math.abs(quantity) : -Math.abs(quantity)) : quantity;
          const cost = `${signed * price}`;
          return signed === 0 ? [] : [{ instrument, quantity: signed, cost, ...(isHedge ? { side } : {}) }];
        };
        const { account, markets } = accountOf(modes, '3000', [
          ...hold(0, one, 10, 'long'),
          ...(isHedge ? hold(0, other, 10, 'short') : []),
          ...hold(1, alt, 10, 'long'),
        ]);
        const watch = new MarginWatch(account, markets, FREE, () => NO_PENDING);
        for (const [index, price] of path) {
          const market = markets[index];
          if (market === undefined) throw new Error('no market');
          const mark = markPrice(price * (index === 0 ? 100_000_000 : 100_000));
          market.mark = mark;
          const isDue = isCross
            ? !account.isFlat && crossSlack(account, markets, FREE, NO_PENDING) <= 0n
            : account.positions.some((position) => {
                const line =
                  position.instrument.index === index ? isolatedLine(position, account, FREE) : null;
                return line !== null && isUsedUp(line, mark);
              });
          if (isDue) expect(watch.mayBeUsedUp(index, mark)).toBe(true);
          else if (!isCross) expect(watch.mayBeUsedUp(index, mark)).toBe(false);
          else watch.mayBeUsedUp(index, mark);
        }
      },
    ),
    { numRuns: 500, seed: 20_261_122 },
  );
});

test('long and short of one contract stand on a common step in cross mode', () => {
  const holdings: Holding[] = [
    { quantity: 4_000, cost: '40000', side: 'long' },
    { quantity: -4_000, cost: '-40000', side: 'short' },
  ];
  const { account, markets } = accountOf({ marginMode: 'cross', positionMode: 'hedge' }, '1000', holdings);
  // 80,000 of value on the second step: 0.5 % of it, where each by itself would need 0.4 %.
  expect(crossSlack(account, markets, FREE, NO_PENDING)).toBe(
    (parseMoney('1000') - parseMoney('400')) * 10n ** 8n,
  );
});
