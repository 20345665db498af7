import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { type Candle, START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { FLAG_HISTORY, FLAG_RECONSTRUCTED } from '../domain/event-block.ts';
import { DEFAULT_FILL_TERMS, type ParametricTerms } from '../domain/fill-terms.ts';
import type { OrderIntent, SubmitIntent } from '../domain/order.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';

const MINUTE_MS = 60_000;
/** No costs of their own, so that prices are those of the rules. */
const FREE: Partial<ParametricTerms> = {
  simulated_liquidity: 1e12,
  half_spread_bps: 0,
  max_slippage_bps: 0,
};
/** What is left of impact without costs: a part of a tick, rounded up. */
const ONE_TICK = 1;

function barStart(parametric: Partial<ParametricTerms> = FREE): SessionStart {
  return sessionStart({
    duration_ms: null,
    fill_model: 'parametric',
    fills: {
      ...DEFAULT_FILL_TERMS,
      price_source: 'bars',
      parametric: { ...DEFAULT_FILL_TERMS.parametric, ...parametric },
    },
  });
}

/** A session of bars: intents leave when the bar of their number closes; bar 0 closes flat at 1000. */
function trading(
  intents: Readonly<Record<number, readonly OrderIntent[]>>,
  bars: readonly (Candle | readonly [Candle, number])[],
  parametric: Partial<ParametricTerms> = FREE,
): TestMarket {
  let closed = 0;
  const run = new TestMarket(barStart(parametric), { onBar: () => intents[closed++] ?? [] });
  run.candle(-MINUTE_MS, [10_000, 10_000, 10_000, 10_000], 10_000, FLAG_HISTORY, 0);
  run.candle(0, [10_000, 10_000, 10_000, 10_000]);
  for (const [at, bar] of bars.entries()) {
    const [prices, volume] = bar.length === 2 ? bar : [bar, 10_000];
    run.candle((at + 1) * MINUTE_MS, prices, volume);
  }
  return run;
}

const rows = (run: TestMarket): unknown[] =>
  run.of('fill').map(({ fill }) => [fill.side, fill.price, fill.quantity, fill.liquidity]);
const lastOrder = (run: TestMarket): unknown[] => {
  const order = run.of('order').at(-1)?.order;
  return [order?.status, order?.reason, order?.filled];
};

function conditional(
  type: 'stop_market' | 'take_profit' | 'trailing_stop',
  side: 'buy' | 'sell',
  price: number | null,
  trailBps: number | null = null,
  on: 'last' | 'mark' = 'last',
): SubmitIntent {
  return {
    ...(marketOrder(0, side, lots(10), { reduceOnly: true }) as SubmitIntent),
    type,
    trigger: { on, price: price === null ? null : ticks(price), trailBps },
  };
}

const buy = marketOrder(0, 'buy', lots(10)) as SubmitIntent;
const bracket: SubmitIntent = {
  ...buy,
  bracket: { on: 'last', takeProfit: ticks(10_200), stopLoss: ticks(9_800) },
};

describe('orders that take', () => {
  test('fill at the open of the next bar, at the parametric price', () => {
    const run = trading({ 0: [buy] }, [[10_050, 10_090, 9_950, 10_010]]);
    expect(rows(run)).toEqual([['buy', 10_050 + ONE_TICK, 10, 'taker']]);
    expect(run.of('fill')[0]?.fill).toMatchObject({ model: 'parametric', reconstructed: false });
  });

  test('book half spread, impact and slippage apart, and they add up', () => {
    const run = trading({ 0: [buy] }, [[10_050, 10_090, 9_950, 10_010]], DEFAULT_FILL_TERMS.parametric);
    const fill = run.of('fill')[0]?.fill;
    const unit = 10n * 1_000n;
    expect(fill?.spreadCost).toBe(1n * unit);
    expect(fill?.impactCost).toBe(1n * unit);
    expect(fill?.slippageCost === 1n * unit || fill?.slippageCost === 2n * unit).toBe(true);
    expect(fill?.latencyCost).toBe(50n * unit);
    const total = BigInt((fill?.price ?? 0) - 10_000) * unit;
    expect(total).toBe(
      (fill?.spreadCost ?? 0n) + (fill?.impactCost ?? 0n) + (fill?.slippageCost ?? 0n) + 50n * unit,
    );
  });

  test('have at most their share of the volume; the rest of a market order waits for the next open', () => {
    const big = marketOrder(0, 'buy', lots(150));
    const run = trading({ 0: [big] }, [
      [[10_000, 10_000, 10_000, 10_000], 1_000],
      [[10_020, 10_020, 10_020, 10_020], 1_000],
    ]);
    expect(rows(run)).toEqual([
      ['buy', 10_000 + ONE_TICK, 100, 'taker'],
      ['buy', 10_020 + ONE_TICK, 50, 'taker'],
    ]);
  });

  test.each([
    ['ioc', 150, ['expired', 'ioc_remainder', 100]],
    ['fok', 150, ['expired', 'fok_not_fillable', 0]],
    ['fok', 90, ['filled', null, 90]],
    ['gtc', 150, ['partially_filled', null, 100]],
    ['post_only', 10, ['expired', 'post_only_would_cross', 0]],
  ] as const)('at a limit that the open meets: %s of %i', (timeInForce, quantity, expected) => {
    const limit = limitOrder(0, 'buy', lots(quantity), ticks(10_030), { timeInForce });
    expect(lastOrder(trading({ 0: [limit] }, [[[10_000, 10_000, 10_000, 10_000], 1_000]]))).toEqual(expected);
  });

  test('can be cancelled while they wait for the open', () => {
    const named = { ...buy, clientOrderId: 'b' };
    const run = trading({ 0: [named, { action: 'cancel', orderId: null, clientOrderId: 'b' }] }, [
      [10_000, 10_000, 10_000, 10_000],
    ]);
    expect([rows(run), lastOrder(run)]).toEqual([[], ['canceled', 'cancel_requested', 0]]);
  });

  test('decided after the open wait for the bar after', () => {
    const run = new TestMarket(barStart(), {
      onStart: (view) => {
        view.setTimer('buy', view.timeMs + 5_000);
      },
      onTimer: () => [buy],
    });
    run.candle(-MINUTE_MS, [10_000, 10_000, 10_000, 10_000], 10_000, FLAG_HISTORY, 0);
    run.candle(0, [9_000, 9_000, 9_000, 9_000]).candle(MINUTE_MS, [10_100, 10_100, 10_100, 10_100]);
    expect(rows(run)).toEqual([['buy', 10_100 + ONE_TICK, 10, 'taker']]);
  });

  test('close what is open at the last close when the session ends', () => {
    const run = trading({ 0: [buy] }, [[10_000, 10_000, 10_000, 10_000]]);
    run
      .command(3 * MINUTE_MS, { type: 'stop', reason: 'stop_requested', detail: null })
      .time(3 * MINUTE_MS + 5_000);
    expect(rows(run)).toHaveLength(2);
    expect([run.engine.endReason, run.engine.status().position]).toEqual(['stop_requested', 0]);
  });
});

describe('resting orders', () => {
  const bid = limitOrder(0, 'buy', lots(10), ticks(9_950));

  test('are not filled by a touch, and at their own price by a trade through', () => {
    const touched = trading({ 0: [bid] }, [[10_000, 10_010, 9_950, 10_000]]);
    expect(rows(touched)).toEqual([]);
    const through = trading({ 0: [bid] }, [[10_000, 10_010, 9_949, 10_000]]);
    expect(rows(through)).toEqual([['buy', 9_950, 10, 'maker']]);
    const gap = trading({ 0: [bid] }, [
      [10_000, 10_010, 9_990, 10_000],
      [9_900, 9_910, 9_890, 9_900],
    ]);
    expect(rows(gap)).toEqual([['buy', 9_950, 10, 'maker']]);
  });

  test('share the volume of the bar with everything else of ours', () => {
    const bids = [limitOrder(0, 'buy', lots(80), ticks(9_950)), limitOrder(0, 'buy', lots(80), ticks(9_960))];
    const run = trading({ 0: bids }, [[[10_000, 10_010, 9_900, 10_000], 1_000]]);
    expect(rows(run)).toEqual([
      ['buy', 9_960, 80, 'maker'],
      ['buy', 9_950, 20, 'maker'],
    ]);
  });
});

describe('stops and targets', () => {
  const flat: Candle = [10_000, 10_000, 10_000, 10_000];

  test('a bar that reaches both hits the stop, and the target is cancelled', () => {
    const run = trading({ 0: [bracket] }, [flat, [10_000, 10_300, 9_700, 10_250]]);
    expect(rows(run).slice(1)).toEqual([['sell', 9_800 - ONE_TICK, 10, 'taker']]);
    expect(run.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['stop_loss']);
    expect(run.engine.status().openOrders).toBe(0);
  });

  test('a stop or target that the open has passed fills at the open', () => {
    expect(rows(trading({ 0: [bracket] }, [flat, [9_700, 9_750, 9_650, 9_700]])).slice(1)).toEqual([
      ['sell', 9_700 - ONE_TICK, 10, 'taker'],
    ]);
    expect(rows(trading({ 0: [bracket] }, [flat, [10_260, 10_300, 9_700, 10_000]])).slice(1)).toEqual([
      ['sell', 10_260 - ONE_TICK, 10, 'taker'],
    ]);
  });

  test('an entry is stopped out within its own bar, but never meets its target there', () => {
    const entry: SubmitIntent = {
      ...(limitOrder(0, 'buy', lots(10), ticks(9_950)) as SubmitIntent),
      bracket: { on: 'last', takeProfit: ticks(9_990), stopLoss: ticks(9_900) },
    };
    expect(rows(trading({ 0: [entry] }, [[10_000, 10_010, 9_890, 9_990]]))).toEqual([
      ['buy', 9_950, 10, 'maker'],
      ['sell', 9_900 - ONE_TICK, 10, 'taker'],
    ]);
    const later = trading({ 0: [entry] }, [
      [10_000, 10_010, 9_940, 9_999],
      [9_980, 9_995, 9_970, 9_990],
    ]);
    expect(rows(later)).toEqual([
      ['buy', 9_950, 10, 'maker'],
      ['sell', 9_990 - ONE_TICK, 10, 'taker'],
    ]);
  });

  test('a trailing stop follows the bars before and the open, never the rest of the same bar', () => {
    // One per cent behind the best: 9,900 from the entry's bar on; the high of 10,400 counts from the bar after.
    const trail = conditional('trailing_stop', 'sell', null, 100);
    const run = trading({ 0: [buy], 1: [trail] }, [
      flat,
      [10_000, 10_400, 10_000, 10_390],
      [10_390, 10_395, 10_290, 10_300],
    ]);
    expect(rows(run).slice(1)).toEqual([['sell', 10_296 - ONE_TICK, 10, 'taker']]);
    const sameBar = trading({ 0: [buy], 1: [trail] }, [flat, [10_000, 10_400, 9_899, 10_000]]);
    expect(rows(sameBar).slice(1)).toEqual([['sell', 9_900 - ONE_TICK, 10, 'taker']]);
  });
});

describe('time that is played through after an outage', () => {
  const book = [[[9_999, 500]], [[10_001, 500]]] as const;
  /** A live session on the book with a resting bid, a long position and a stop on the mark. */
  function live(): { run: TestMarket; heard: number[] } {
    const heard: number[] = [];
    const run = new TestMarket(sessionStart({ stale_timeout_ms: 30_000 }), {
      onStart: () => [buy, limitOrder(0, 'buy', lots(5), ticks(9_950), { clientOrderId: 'b' })],
      onFill: (fill) =>
        fill.liquidity === 'taker' && fill.side === 'buy'
          ? [conditional('stop_market', 'sell', 9_900, null, 'mark')]
          : [],
      onBar: (_, view) => {
        heard.push(view.timeMs);
      },
    });
    run
      .mark(0, 10_000)
      .book(0, ...book)
      .time(1_000)
      .feedState(2_000, 'disconnected');
    return { run, heard };
  }

  test('fills resting orders and stops by the rules for bars, and says so', () => {
    const { run, heard } = live();
    run.markCandle(MINUTE_MS, [10_000, 10_000, 9_940, 9_960]);
    run.candle(MINUTE_MS, [10_000, 10_000, 9_949, 9_960], 10_000, FLAG_RECONSTRUCTED);
    run.markCandle(2 * MINUTE_MS, [9_960, 9_960, 9_890, 9_930]);
    run.candle(2 * MINUTE_MS, [9_960, 9_960, 9_910, 9_930], 10_000, FLAG_RECONSTRUCTED);
    expect(
      run
        .of('fill')
        .slice(1)
        .map(({ fill }) => [fill.side, fill.quantity, fill.liquidity, fill.reconstructed, fill.model]),
    ).toEqual([
      ['buy', 5, 'maker', true, 'parametric'],
      ['sell', 10, 'taker', true, 'parametric'],
    ]);
    // The mark passed 9,900 and the last price did not: as far as the bar traded, less costs.
    expect(run.of('fill')[2]?.fill.price).toBeLessThan(9_910);
    expect(run.of('fill')[2]?.fill.receipt).toMatchObject({
      book: null,
      print: null,
      model: { name: 'parametric' },
    });
    expect(heard).toEqual([]);
  });

  test('plays no bar twice, and ends no session for want of a book', () => {
    const { run } = live();
    for (let minute = 1; minute <= 8; minute++) {
      for (let turn = 0; turn < 2; turn++)
        run.candle(minute * MINUTE_MS, [10_000, 10_000, 9_949, 9_960], 10, FLAG_RECONSTRUCTED);
    }
    expect(run.engine.endReason).toBeNull();
    const bids = run.of('fill').filter(({ fill }) => fill.liquidity === 'maker');
    expect(bids.map(({ fill }) => fill.quantity)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('margin inside a bar', () => {
  const large = marketOrder(0, 'buy', lots(450_000));
  /** Nine times the wallet long at 1000.0, in cross mode: used up some ten per cent lower. */
  const long = (last: Candle): TestMarket => {
    const start = barStart({ ...FREE, max_volume_share: 1 });
    const modes = {
      leverage: 10,
      margin_mode: 'cross' as const,
      account: { ...start.account, wallet: '5000' },
    };
    const risk = {
      ...start.risk,
      max_leverage: 100,
      max_account_loss_percent: 100,
      max_day_loss_percent: 100,
    };
    let closed = 0;
    const run = new TestMarket(
      { ...start, ...modes, risk },
      { onBar: () => (closed++ === 0 ? [large] : []) },
    );
    run.candle(-MINUTE_MS, [10_000, 10_000, 10_000, 10_000], 10_000, FLAG_HISTORY, 0);
    run.candle(0, [10_000, 10_000, 10_000, 10_000]).candle(MINUTE_MS, [10_000, 10_000, 10_000, 10_000], 1e9);
    return run.candle(2 * MINUTE_MS, last, 1e9);
  };

  test('is judged at the extremes: a low that uses it up liquidates, at that price, though the close is back', () => {
    const run = long([10_000, 10_000, 8_500, 10_000]);
    const forced = run.of('fill').at(-1)?.fill;
    expect(run.of('trade').map(({ trade }) => trade.exitReason)).toEqual(['liquidation']);
    expect(forced).toMatchObject({ side: 'sell', liquidity: 'taker', model: 'parametric' });
    expect(forced?.price).toBeLessThan(8_500);
  });

  test('is not used up by a low that leaves it', () => {
    expect(long([10_000, 10_000, 9_500, 10_000]).of('trade')).toEqual([]);
  });
});

describe('whatever the bars and orders', () => {
  const candle = fc
    .tuple(
      fc.integer({ min: 9_700, max: 10_300 }),
      fc.nat({ max: 200 }),
      fc.nat({ max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat({ max: 3_000 }),
    )
    .map(([open, up, down, at, volume]): readonly [Candle, number] => {
      const [high, low] = [open + up, open - down];
      return [[open, high, low, Math.round(low + (high - low) * at)], volume];
    });
  const side = fc.constantFrom('buy' as const, 'sell' as const);
  const order = fc.oneof(
    fc.tuple(side, fc.integer({ min: 1, max: 200 })).map(([way, size]) => marketOrder(0, way, lots(size))),
    fc
      .tuple(side, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 9_920, max: 10_080 }))
      .map(([way, size, price]) => limitOrder(0, way, lots(size), ticks(price))),
    fc
      .tuple(side, fc.integer({ min: 9_800, max: 10_200 }))
      .map(([way, price]) => conditional('stop_market', way, price)),
    fc
      .tuple(side, fc.integer({ min: 10, max: 200 }))
      .map(([way, bps]) => conditional('trailing_stop', way, null, bps)),
  );

  test('makers fill at prices the bar traded through, takers never better than it, and all within the share of volume', () => {
    fc.assert(
      fc.property(
        fc.array(candle, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat({ max: 11 }), order), { maxLength: 8 }),
        (bars, sent) => {
          const intents: Record<number, OrderIntent[]> = {};
          for (const [at, intent] of sent) (intents[at] ??= []).push(intent);
          const run = trading(intents, bars);
          const fills = run.of('fill');
          for (const { fill, timeMs } of fills) {
            const [[open, high, low], volume] = bars[(timeMs - START_MS) / MINUTE_MS - 2] ?? [
              [0, 0, 0, 0],
              0,
            ];
            const isBuy = fill.side === 'buy';
            if (fill.liquidity === 'maker') expect(isBuy ? low < fill.price : high > fill.price).toBe(true);
            else
              expect(isBuy ? fill.price >= Math.min(open, low) : fill.price <= Math.max(open, high)).toBe(
                true,
              );
            const sameBar = fills.filter((other) => other.timeMs === timeMs);
            const total = sameBar.reduce((sum, other) => sum + other.fill.quantity, 0);
            expect(total).toBeLessThanOrEqual(Math.floor(volume * 0.1));
          }
        },
      ),
      { seed: PROOF_SEED, numRuns: 200 },
    );
  });
});
