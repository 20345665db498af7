import { describe, expect, test } from 'vitest';
import { START_MS, TestMarket, sessionStart, strategyOf } from '../../../test/builders/session.ts';
import { FLAG_RECONSTRUCTED } from '../domain/event-block.ts';
import { DEFAULT_FILL_TERMS } from '../domain/fill-terms.ts';
import type { SubmitIntent } from '../domain/order.ts';
import type { BandPoint, Output } from '../domain/outputs.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots, ticks } from '../domain/units.ts';
import { type StrategyHandlers, marketOrder } from '../strategy/strategy.ts';
import { EngineBand } from './engine-band.ts';

/** What a price difference of one tick is worth to one lot, 10^-8 USDT. */
const UNIT = 1_000n;
const MINUTE_MS = 60_000;

/** No fees, no costs of their own on bars: results are those of prices alone. */
function start(changes: Partial<SessionStart> = {}): SessionStart {
  const plain = sessionStart();
  const free = { simulated_liquidity: 1e12, half_spread_bps: 0, max_slippage_bps: 0 };
  return {
    ...plain,
    band: 'on',
    taker_fee_rate: '0',
    maker_fee_rate: '0',
    liquidation: { on_event: 'end', fee_rate: '0', tier_rule: 'position' },
    fills: { ...DEFAULT_FILL_TERMS, parametric: { ...DEFAULT_FILL_TERMS.parametric, ...free } },
    risk: { ...plain.risk, max_leverage: 200, max_account_loss_percent: 100, max_day_loss_percent: 100 },
    ...changes,
  };
}

interface Held {
  readonly band: EngineBand;
  readonly outputs: readonly Output[];
  readonly last: BandPoint;
}

/** Plays a market typed in by hand to the three exchanges; `orders` leave at their times. */
function hold(
  terms: SessionStart,
  orders: Readonly<Record<number, SubmitIntent>>,
  play: (run: TestMarket) => TestMarket,
): Held {
  const each = (): StrategyHandlers => ({
    onStart: (view) => {
      for (const atMs of Object.keys(orders)) view.setTimer(atMs, START_MS + Number(atMs));
    },
    onTimer: (name) => {
      const order = orders[Number(name)];
      return order === undefined ? [] : [order];
    },
  });
  const band = new EngineBand(terms, () => strategyOf(each()));
  const opened = new TestMarket(terms, {}).mark(1_000, 10_001);
  band.process(play(opened.book(1_000, [[10_000, 50_000]], [[10_002, 50_000]])).fed);
  band.finish();
  const outputs = band.takeOutputs();
  const last = outputs.findLast((output) => output.type === 'band')?.point;
  if (last === undefined) throw new Error('the band said nothing');
  return { band, outputs, last };
}

const end = (run: TestMarket, atMs: number): TestMarket =>
  run.command(atMs, { type: 'end_now', reason: 'stop_requested', detail: null });

const buy = (quantity: number): SubmitIntent => marketOrder(0, 'buy', lots(quantity)) as SubmitIntent;

/** Sells everything once the mark is down at this price. */
const stopAt = (price: number, quantity: number): SubmitIntent => ({
  ...(marketOrder(0, 'sell', lots(quantity), { reduceOnly: true }) as SubmitIntent),
  type: 'stop_market',
  trigger: { on: 'mark', price: ticks(price), trailBps: null },
});

/** Times of the session's fills by quantity, signed. */
const fillsOf = (outputs: readonly Output[]): unknown[] =>
  outputs.flatMap((output) =>
    output.type === 'fill'
      ? [[output.timeMs - START_MS, output.fill.side, output.fill.quantity, output.fill.price]]
      : [],
  );

describe('conditional orders under the three exchanges', () => {
  const orders = { 10_000: buy(10), 20_000: stopAt(9_900, 10) };

  test('a stop protects whom it has reached in time: it arrives after 0, 100 and 400 ms', () => {
    const { last, outputs } = hold(start(), orders, (run) =>
      end(
        run
          .book(9_990, [[10_000, 50]], [[10_002, 50]])
          .book(20_200, [[9_895, 50]], [[9_897, 50]])
          .mark(20_200, 9_898)
          .book(25_000, [[9_800, 50]], [[9_802, 50]])
          .mark(25_000, 9_801),
        30_000,
      ),
    );
    expect(fillsOf(outputs)).toEqual([
      [10_100, 'buy', 10, 10_002],
      [20_200, 'sell', 10, 9_895],
    ]);
    // Stopped out at 9,895; the pessimist's stop would have fired on arrival and was refused: held, and worth 9,801.
    expect(last.optimistic).toBe(BigInt(9_895 - 10_002) * 10n * UNIT);
    expect(last.realistic).toBe(last.optimistic);
    expect(last.pessimistic).toBe(BigInt(9_801 - 10_002) * 10n * UNIT);
  });

  test('a stop trades at the book that its trigger meets, which a later arrival makes another one', () => {
    const { last } = hold(start(), { 10_000: buy(10), 20_000: stopAt(9_900, 10) }, (run) =>
      end(
        run
          .book(9_990, [[10_000, 50]], [[10_002, 50]])
          .book(20_450, [[9_890, 50]], [[9_892, 50]])
          .mark(20_450, 9_891),
        30_000,
      ),
    );
    // By then all three have it.
    const stopped = BigInt(9_890 - 10_002) * 10n * UNIT;
    expect([last.optimistic, last.realistic, last.pessimistic]).toEqual([stopped, stopped, stopped]);
  });
});

describe('liquidation under the three exchanges', () => {
  const leveraged = start({ leverage: 100 });

  test('takes the one whose entry was too dear, and leaves the session and the other alone', () => {
    // Entries: 10,000 at once, 10,010 after 100 ms, 10,040 after 400 ms. With 1 % of margin and 0.4 % of maintenance
    // they are liquidated at 99.4 % of these: 9,940; 9,949.94; 9,979.76.
    const { last, outputs, band } = hold(leveraged, { 10_000: buy(5_000) }, (run) =>
      end(
        run
          .book(9_990, [[9_999, 50_000]], [[10_000, 50_000]])
          .book(10_050, [[10_009, 50_000]], [[10_010, 50_000]])
          .book(10_300, [[10_039, 50_000]], [[10_040, 50_000]])
          .book(15_000, [[9_959, 50_000]], [[9_961, 50_000]])
          .mark(15_000, 9_960)
          .book(20_000, [[10_099, 50_000]], [[10_101, 50_000]])
          .mark(20_000, 10_100),
        30_000,
      ),
    );
    expect(fillsOf(outputs)).toEqual([[10_100, 'buy', 5_000, 10_010]]);
    expect(outputs.filter((output) => output.type === 'log' && output.event === 'liquidation')).toEqual([]);
    expect(band.primary.endReason).toBe('stop_requested');
    expect(last.optimistic).toBe(BigInt(10_100 - 10_000) * 5_000n * UNIT);
    expect(last.realistic).toBe(BigInt(10_100 - 10_010) * 5_000n * UNIT);
    // Sold at 9,959 by the venue, and not there any more when the price comes back.
    expect(last.pessimistic).toBe(BigInt(9_959 - 10_040) * 5_000n * UNIT);
  });

  test('of the session ends it, and the band with it', () => {
    const { last, band } = hold(leveraged, { 10_000: buy(5_000) }, (run) =>
      run
        .book(9_990, [[9_999, 50_000]], [[10_000, 50_000]])
        .book(15_000, [[9_939, 50_000]], [[9_941, 50_000]])
        .mark(15_000, 9_940)
        .time(16_000),
    );
    expect(band.primary.endReason).toBe('liquidated');
    const lost = BigInt(9_939 - 10_000) * 5_000n * UNIT;
    expect([last.optimistic, last.realistic, last.pessimistic]).toEqual([lost, lost, lost]);
  });
});

describe('time that is played through by bars, under the three exchanges', () => {
  test('fires a stop in each, as far as the bar traded, marked as reconstructed', () => {
    const { last, outputs } = hold(start(), { 10_000: buy(10), 20_000: stopAt(9_900, 10) }, (run) =>
      end(
        run
          .book(9_990, [[10_000, 50]], [[10_002, 50]])
          .book(25_000, [[10_000, 50]], [[10_002, 50]])
          .feedState(30_000, 'disconnected')
          .markCandle(MINUTE_MS, [10_000, 10_000, 9_890, 9_930])
          .candle(MINUTE_MS, [10_000, 10_000, 9_910, 9_930], 10_000, FLAG_RECONSTRUCTED),
        3 * MINUTE_MS,
      ),
    );
    // The mark passed 9,900, the last price did not: sold at the low, a part of a tick of impact rounded up.
    expect(fillsOf(outputs).slice(1)).toEqual([[2 * MINUTE_MS, 'sell', 10, 9_909]]);
    expect(outputs.flatMap((output) => (output.type === 'fill' ? [output.fill.reconstructed] : []))).toEqual([
      false,
      true,
    ]);
    const stopped = BigInt(9_909 - 10_002) * 10n * UNIT;
    expect([last.optimistic, last.realistic, last.pessimistic]).toEqual([stopped, stopped, stopped]);
  });

  test('liquidates in each at the worst of the bar, though its close is back', () => {
    const { last, outputs, band } = hold(start({ leverage: 100 }), { 10_000: buy(1_000) }, (run) =>
      run
        .book(9_990, [[9_999, 50_000]], [[10_000, 50_000]])
        .feedState(30_000, 'disconnected')
        .markCandle(MINUTE_MS, [10_000, 10_000, 9_930, 10_000])
        .candle(MINUTE_MS, [10_000, 10_000, 9_930, 10_000], 1e9, FLAG_RECONSTRUCTED)
        .time(3 * MINUTE_MS),
    );
    expect(band.primary.endReason).toBe('liquidated');
    const forced = outputs.findLast((output) => output.type === 'fill')?.fill;
    expect(forced).toMatchObject({ side: 'sell', quantity: 1_000, price: 9_929, reconstructed: true });
    expect(outputs.findLast((output) => output.type === 'trade')?.trade.exitReason).toBe('liquidation');
    const lost = BigInt(9_929 - 10_000) * 1_000n * UNIT;
    expect([last.optimistic, last.realistic, last.pessimistic]).toEqual([lost, lost, lost]);
  });
});
