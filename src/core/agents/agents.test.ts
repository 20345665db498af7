import { describe, expect, test } from 'vitest';
import { BTCUSDT } from '../../../test/builders/session.ts';
import { createInstrument, parseMoney } from '../domain/instrument.ts';
import { rate } from '../domain/units.ts';
import { BarSeries } from '../market/bar-series.ts';
import { TradeFlow } from '../market/trade-flow.ts';
import { readDivergence } from './cvd-divergence.ts';
import { readFlows } from './derivatives-flows.ts';
import { type RiskParams, sizePosition } from './execution-risk.ts';
import { coach } from './journal-coach.ts';
import { type MarketPicture, readMarket } from './market-intake.ts';
import { type Setup, findPullback, findSweep } from './setup-signal.ts';

const BTC = createInstrument(BTCUSDT, 0);
const SETUP_PARAMS = { stopAtr: 1.5, targetR: 2, volumeFactor: 1.2, trendFilter: true };

function trending(step: number, bars = 320): BarSeries {
  const series = new BarSeries(2_000);
  for (let index = 0; index < bars; index++) {
    const close = 800_000 + index * step;
    series.add(index * 60_000, close - step, close + 40, close - 40, close, 10);
  }
  return series;
}

function picture(changes: Partial<MarketPicture> = {}): MarketPicture {
  return {
    trend: 'up',
    emaFast: 1_000.4,
    emaSlow: 980,
    atr: 10,
    regime: 'normal',
    regimeRatio: 1,
    swingHigh: 1_030,
    swingLow: 990,
    equalHighs: null,
    equalLows: null,
    ...changes,
  };
}

/** Quiet bars, then one of this shape. */
function lastBar(high: number, low: number, close: number, volume: number): BarSeries {
  const series = new BarSeries(100);
  for (let index = 0; index < 30; index++) series.add(index * 60_000, 1_005, 1_010, 1_002, 1_005, 100);
  series.add(30 * 60_000, 1_005, high, low, close, volume);
  return series;
}

describe('market intake', () => {
  test('sees a trend where both averages rise or fall, and none where nothing moves', () => {
    expect(readMarket(trending(20))?.trend).toBe('up');
    expect(readMarket(trending(-20))?.trend).toBe('down');
    expect(readMarket(trending(0))?.trend).toBe('flat');
  });

  test('says nothing before the slow average is whole', () => {
    expect(readMarket(trending(20, 52))).toBeNull();
    expect(readMarket(trending(20, 53))).not.toBeNull();
  });

  test('calls a market volatile whose range grew against its own past', () => {
    const series = trending(0, 300);
    for (let index = 300; index < 312; index++) {
      series.add(index * 60_000, 800_000, 800_200, 799_800, 800_000, 10);
    }
    expect(readMarket(series)?.regime).toBe('volatile');
    expect(readMarket(trending(0, 320))?.regime).toBe('normal');
  });
});

describe('derivatives flows', () => {
  test('judge by the rate of eight hours, whatever the interval of the contract', () => {
    const rateOf = (fraction: number): ReturnType<typeof rate> => rate(Math.round(fraction * 1e12));
    expect(readFlows(rateOf(0.0002), 2, null, 0, 0.0005)).toEqual({
      verdict: 'crowded_longs',
      ratePerEightHours: 0.0008,
      toSettlementMs: null,
    });
    expect(readFlows(rateOf(0.0002), 8, 5_000, 1_000, 0.0005)).toMatchObject({
      verdict: 'neutral',
      toSettlementMs: 4_000,
    });
    expect(readFlows(rateOf(-0.0006), 8, null, 0, 0.0005).verdict).toBe('crowded_shorts');
  });

  test('are unknown while the venue has not said a rate', () => {
    expect(readFlows(null, 8, null, 0, 0.0005)).toMatchObject({
      verdict: 'unknown',
      ratePerEightHours: null,
    });
  });
});

describe('the volume delta', () => {
  const closes = [...Array.from({ length: 16 }, (_, index) => 100 + (index % 3)), 103, 104, 105, 106];
  const bars = new BarSeries(100);
  for (const [index, close] of closes.entries()) bars.add(index * 60_000, close, close, close, close, 1);

  test('diverges where a new high comes on selling', () => {
    const delta = (back: number): number => (back < 4 ? -5 : 2);
    expect(readDivergence(bars, delta)).toMatchObject({ verdict: 'bearish_divergence', barDelta: -5 });
    expect(readDivergence(bars, () => 2).verdict).toBe('none');
  });

  test('is unknown as soon as one bar of the window was not heard whole', () => {
    expect(readDivergence(bars, (back) => (back === 7 ? null : 1))).toEqual({
      verdict: 'unknown',
      barDelta: 1,
      windowDelta: null,
      barsHeard: 7,
    });
  });

  test('counts whole bars only: not the one in which the feed began, nor any before a loss', () => {
    const flow = new TradeFlow(60_000);
    flow.addTrade(10_000, true, 5);
    expect(flow.delta(0)).toBeNull();
    flow.begin(30_000);
    flow.addTrade(40_000, true, 5);
    flow.addTrade(70_000, true, 5);
    flow.addTrade(80_000, false, 7);
    expect([flow.delta(0), flow.delta(60_000), flow.delta(120_000)]).toEqual([null, -2, 0]);
    flow.end();
    expect(flow.delta(60_000)).toBeNull();
    flow.begin(130_000);
    expect([flow.delta(60_000), flow.delta(120_000), flow.delta(180_000)]).toEqual([null, null, 0]);
  });
});

describe('a pullback', () => {
  test('to the fast average in an uptrend is a long with stop and target in ranges', () => {
    const reading = findPullback(lastBar(1_012, 999, 1_004, 50), picture(), SETUP_PARAMS);
    expect(reading.verdict).toBe('long');
    expect(reading.setup).toEqual({ side: 'buy', entry: 1_000, reference: 1_000, stop: 985, target: 1_030 });
  });

  test('mirrors in a downtrend', () => {
    const down = picture({ trend: 'down', emaFast: 1_000.4, emaSlow: 1_020 });
    const reading = findPullback(lastBar(1_002, 990, 996, 50), down, SETUP_PARAMS);
    expect(reading.setup).toEqual({ side: 'sell', entry: 1_001, reference: 1_001, stop: 1_016, target: 971 });
  });

  test.each([
    ['no_trend', picture({ trend: 'flat' }), lastBar(1_012, 999, 1_004, 50)],
    ['no_pullback', picture(), lastBar(1_012, 1_002, 1_004, 50)],
    ['ribbon_lost', picture(), lastBar(1_012, 970, 975, 50)],
    ['out_of_range', picture({ emaFast: 10, emaSlow: 5 }), lastBar(1_012, 9, 1_000, 50)],
  ])('is refused: %s', (verdict, seen, bars) => {
    const reading = findPullback(bars, seen, SETUP_PARAMS);
    expect([reading.setup, reading.verdict]).toEqual([null, verdict]);
  });
});

describe('a sweep', () => {
  test('below the swing low that closes back above it on volume is a long with its stop beyond the extreme', () => {
    const reading = findSweep(lastBar(1_008, 985, 1_000, 200), picture(), SETUP_PARAMS);
    expect(reading.setup).toEqual({ side: 'buy', entry: null, reference: 1_000, stop: 984, target: 1_032 });
  });

  test('above equal highs is a short', () => {
    const seen = picture({ trend: 'flat', equalHighs: 1_020, swingHigh: 1_040 });
    const reading = findSweep(lastBar(1_025, 1_001, 1_010, 200), seen, SETUP_PARAMS);
    expect(reading.setup).toMatchObject({ side: 'sell', stop: 1_026 });
  });

  test.each([
    ['no_sweep', picture(), lastBar(1_010, 995, 1_000, 200)],
    ['thin_volume', picture(), lastBar(1_008, 985, 1_000, 110)],
    ['against_trend', picture({ trend: 'down' }), lastBar(1_008, 985, 1_000, 200)],
    ['both_swept', picture({ swingHigh: 1_006 }), lastBar(1_008, 985, 1_000, 200)],
  ])('is refused: %s', (verdict, seen, bars) => {
    const reading = findSweep(bars, seen, SETUP_PARAMS);
    expect([reading.setup, reading.verdict]).toEqual([null, verdict]);
  });
});

describe('execution risk', () => {
  const params: RiskParams = { riskPercent: 1, maxLeverage: 2, cooldownBars: 3, halveAfterLosses: 2 };
  const setup: Setup = { side: 'buy', entry: 800_000, reference: 800_000, stop: 796_000, target: 808_000 };
  const equity = parseMoney('10000');
  const fresh = { lossesInRow: 0, barsSinceLoss: null };

  test('sizes by the distance to the stop: the stop loses the share of equity', () => {
    // 1 % of 10,000 = 100 USDT; the stop is 400 USDT away: 0.25 BTC, but 2 x equity buys 0.25 at 80,000.
    const size = sizePosition(BTC, setup, equity, 'normal', fresh, params);
    expect([size.quantity, size.verdict]).toEqual([2_500, 'full_size']);
  });

  test('never exceeds the leverage it may use', () => {
    const near: Setup = { ...setup, stop: 799_000 };
    expect(sizePosition(BTC, near, equity, 'normal', fresh, params).quantity).toBe(2_500);
  });

  test('halves in a volatile market and after losses in a row', () => {
    expect(sizePosition(BTC, setup, equity, 'volatile', fresh, params)).toMatchObject({
      quantity: 1_250,
      verdict: 'half_size',
    });
    const losing = { lossesInRow: 2, barsSinceLoss: 9 };
    expect(sizePosition(BTC, setup, equity, 'normal', losing, params).quantity).toBe(1_250);
  });

  test.each([
    ['cooldown', equity, { lossesInRow: 1, barsSinceLoss: 2 }],
    ['too_small', parseMoney('1'), fresh],
    ['no_equity', parseMoney('0'), fresh],
  ] as const)('refuses: %s', (verdict, wallet, record) => {
    const size = sizePosition(BTC, setup, wallet, 'normal', record, params);
    expect([size.quantity, size.verdict]).toEqual([null, verdict]);
  });
});

describe('the journal coach', () => {
  const trade = {
    netPnl: -100,
    grossPnl: -90,
    fees: 10,
    risk: 100,
    barsHeld: 5,
    exitTag: 'stop_loss',
    isVolatileEntry: false,
    isAgainstFlows: false,
  };

  test.each([
    [{}, ['loser', 'stopped']],
    [{ barsHeld: 1 }, ['loser', 'stopped_early']],
    [{ netPnl: -130 }, ['loser', 'stopped', 'slipped_stop']],
    [{ netPnl: 190, grossPnl: 200, exitTag: 'take_profit' }, ['winner', 'full_target']],
    [{ netPnl: -5, grossPnl: 5, exitTag: 'other' }, ['scratch', 'fees_ate_it']],
    [
      { isAgainstFlows: true, isVolatileEntry: true },
      ['loser', 'stopped', 'against_flows', 'volatile_entry'],
    ],
  ])('tags %o', (changes, tags) => {
    const lesson = coach({ ...trade, ...changes });
    expect(lesson.tags).toEqual(tags);
    expect(lesson.lesson.endsWith('.')).toBe(true);
  });
});
