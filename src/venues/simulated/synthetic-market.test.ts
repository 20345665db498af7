import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/base/random.ts';
import type { InstrumentMarket } from './market/instrument-market.ts';
import { KLINE_INTERVALS, type KlineInterval } from './market/kline-grid.ts';
import type { MarketSource } from './market-source.ts';
import { KNOWN_INSTRUMENTS } from './known-instruments.ts';
import { createSyntheticMarket } from './synthetic-market.ts';

const START_MS = Date.UTC(2026, 8, 23, 1, 0, 7);
const MINUTE_MS = 60_000;

function only(
  symbol: string,
  seed: number,
  startMs = START_MS,
): { market: MarketSource; contract: InstrumentMarket } {
  const instrument = KNOWN_INSTRUMENTS[symbol];
  const market = createSyntheticMarket({
    seed,
    startMs,
    instruments: instrument === undefined ? [] : [instrument],
  });
  const [contract] = market.instruments;
  if (contract === undefined) throw new Error(`no contract ${symbol}`);
  return { market, contract };
}

function interval(restName: string): KlineInterval {
  const found = KLINE_INTERVALS.find((candidate) => candidate.restName === restName);
  if (found === undefined) throw new Error(`no interval ${restName}`);
  return found;
}

/** Everything a client could see, as one text. */
function picture(contract: InstrumentMarket): string {
  const { bids, asks, tape, bars, reference, funding } = contract;
  const levels = (side: typeof bids): number[][] =>
    Array.from({ length: side.size }, (_, rank) => [side.ticksAt(rank) ?? 0, side.lotsAt(rank)]);
  const recent = bars.query({
    interval: interval('1m'),
    fromMs: 0,
    toMs: Infinity,
    limit: 20,
    keep: 'newest',
  });
  return JSON.stringify(
    [levels(bids), levels(asks), tape.since(0), recent, reference.index, reference.mark, funding.runningRate],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}

describe('the order flow', () => {
  test.each(Object.keys(KNOWN_INSTRUMENTS))(
    'never crosses the book and keeps 200 levels a side (%s)',
    (symbol) => {
      for (const seed of [1, 2, 3]) {
        const { market, contract } = only(symbol, seed);
        let fewest = Number.POSITIVE_INFINITY;
        let narrowest = Number.POSITIVE_INFINITY;
        let isSorted = true;
        for (let timeMs = START_MS; timeMs < START_MS + 180_000; timeMs += 10) {
          market.advance(timeMs);
          const { bids, asks } = contract;
          fewest = Math.min(fewest, bids.size, asks.size);
          narrowest = Math.min(narrowest, (asks.best() ?? 0) - (bids.best() ?? 0));
          isSorted &&=
            (bids.ticksAt(0) ?? 0) > (bids.ticksAt(1) ?? 0) &&
            (asks.ticksAt(0) ?? 0) < (asks.ticksAt(1) ?? 0);
        }
        expect([seed, fewest >= 200, narrowest >= 1, isSorted]).toEqual([seed, true, true, true]);
        expect(contract.tape.sequence).toBeGreaterThan(300);
      }
    },
  );

  test('large market orders walk the book: prints of one moment go through several prices in order', () => {
    const { market, contract } = only('BTCUSDT', 5);
    market.advance(START_MS + 120_000);
    const trades = contract.tape.since(0);
    let walks = 0;
    for (const [at, trade] of trades.entries()) {
      const next = trades[at + 1];
      if (next === undefined || next.timeMs !== trade.timeMs || next.isBuy !== trade.isBuy) continue;
      if (next.ticks !== trade.ticks) walks++;
    }
    expect(walks).toBeGreaterThan(50);
  });

  test('crosses SMA(2) over SMA(4) of one-minute closes three times in ten minutes for 95 % of the seeds', () => {
    const seeds = Array.from({ length: 60 }, (_, at) => 5_000 + at);
    const enough = seeds.filter((seed) => {
      const startMs = START_MS + seed * 7_919;
      const { market, contract } = only('BTCUSDT', seed, startMs);
      market.advance(startMs + 600_000);
      const firstMs = Math.floor(startMs / MINUTE_MS) * MINUTE_MS;
      const close = (at: number): number =>
        contract.bars.fold(firstMs + at * MINUTE_MS, firstMs + (at + 1) * MINUTE_MS)?.close ?? 0;
      const signs: number[] = [];
      for (let bar = 0; firstMs + (bar + 1) * MINUTE_MS <= startMs + 600_000; bar++) {
        const sign = Math.sign(close(bar) + close(bar - 1) - close(bar - 2) - close(bar - 3));
        if (sign !== 0) signs.push(sign);
      }
      return signs.filter((sign, at) => at > 0 && sign !== signs[at - 1]).length >= 3;
    });
    expect(enough.length / seeds.length).toBeGreaterThanOrEqual(0.95);
  });
});

describe('determinism', () => {
  test('the same seed and start give the same market however the time is cut', () => {
    const endMs = START_MS + 150_000;
    const whole = createSyntheticMarket({ seed: 9, startMs: START_MS });
    whole.advance(endMs);
    const pieces = createSyntheticMarket({ seed: 9, startMs: START_MS });
    const random = new SeededRandom(77);
    for (let timeMs = START_MS; timeMs < endMs; timeMs += random.nextBelow(900) - 60) pieces.advance(timeMs);
    pieces.advance(endMs);
    for (const [at, contract] of whole.instruments.entries()) {
      const other = pieces.instruments[at];
      expect(other === undefined ? '' : picture(other)).toBe(picture(contract));
    }
  });

  test('another seed gives another market, and a contract does not depend on its neighbours', () => {
    const one = only('BTCUSDT', 1);
    const other = only('BTCUSDT', 2);
    expect(picture(one.contract)).not.toBe(picture(other.contract));
    const [beside] = createSyntheticMarket({ seed: 1, startMs: START_MS }).instruments;
    expect(beside === undefined ? '' : picture(beside)).toBe(picture(one.contract));
  });
});

describe('bars', () => {
  test('of live minutes are the fold of the trades', () => {
    const { market, contract } = only('BTCUSDT', 4);
    const { tape, bars } = contract;
    market.advance(START_MS + 240_000);
    // Trades of the first, partly tape-less minutes before the start are on the tape too: it begins with the market.
    const trades = tape.since(0);
    const fromMs = Math.ceil((trades[0]?.timeMs ?? 0) / MINUTE_MS) * MINUTE_MS;
    for (let openMs = fromMs; openMs + MINUTE_MS <= START_MS + 240_000; openMs += MINUTE_MS) {
      const own = trades.filter(({ timeMs }) => timeMs >= openMs && timeMs < openMs + MINUTE_MS);
      expect(bars.fold(openMs, openMs + MINUTE_MS)).toEqual({
        openMs,
        open: own[0]?.ticks,
        high: Math.max(...own.map(({ ticks }) => ticks)),
        low: Math.min(...own.map(({ ticks }) => ticks)),
        close: own.at(-1)?.ticks,
        lots: own.reduce((sum, { lots }) => sum + lots, 0),
        quote: own.reduce((sum, { ticks, lots }) => sum + BigInt(ticks * lots), 0n),
      });
    }
  });

  test('of the past are contiguous, end at the start price, and do not depend on the order of reading', () => {
    const { contract } = only('BTCUSDT', 3);
    const past = contract.bars.query({
      interval: interval('1m'),
      fromMs: 0,
      toMs: START_MS - 3 * MINUTE_MS,
      limit: 5_000,
      keep: 'newest',
    });
    expect(past).toHaveLength(5_000);
    expect(past[0]?.close).toBe(860_000);
    const breaks = past
      .slice(1)
      .filter(
        (bar, at) => bar.close !== past[at]?.open || bar.openMs !== (past[at]?.openMs ?? 0) - MINUTE_MS,
      );
    expect(breaks).toEqual([]);
    const oldestFirst = only('BTCUSDT', 3).contract.bars;
    const old = oldestFirst.fold(START_MS - 900 * 86_400_000, START_MS - 899 * 86_400_000);
    expect(old).not.toBeNull();
    expect(contract.bars.fold(START_MS - 900 * 86_400_000, START_MS - 899 * 86_400_000)).toEqual(old);
  });
});

describe('mark price and funding', () => {
  test('the mark is the median of its three candidates and stays near the last price', () => {
    const { market, contract } = only('BTCUSDT', 6);
    let checks = 0;
    for (let timeMs = START_MS; timeMs < START_MS + 300_000; timeMs += 1_000) {
      market.advance(timeMs);
      const derived = contract.reference.derivation;
      if (derived === null) continue;
      checks++;
      const { first, second, last, mark } = derived;
      expect([first, second, last].toSorted((one, other) => one - other)[1]).toBe(mark);
      expect(Math.abs(mark / contract.lastTicks - 1)).toBeLessThan(0.002);
      expect(contract.reference.mark).toBe(mark);
    }
    expect(checks).toBeGreaterThan(250);
  });

  test('settles at 00, 08 and 16 UTC with the rate and the mark that stand there', () => {
    const settlementMs = Date.UTC(2026, 8, 23, 8);
    const { market, contract } = only('BTCUSDT', 8, settlementMs - 90_000);
    const { funding } = contract;
    expect(funding.nextSettlementMs).toBe(settlementMs);
    expect(funding.lastSettlement().timeMs).toBe(Date.UTC(2026, 8, 23));
    const previous = funding.lastSettlement();
    market.advance(settlementMs - 1);
    expect(funding.lastSettlement()).toEqual(previous);
    const standing = funding.runningRate;
    market.advance(settlementMs);
    expect(funding.lastSettlement()).toMatchObject({
      timeMs: settlementMs,
      rate: standing,
      mark: contract.reference.mark,
    });
    expect(funding.nextSettlementMs).toBe(Date.UTC(2026, 8, 23, 16));
    expect(funding.history(0, settlementMs, 2)).toEqual([funding.lastSettlement(), previous]);
  });
});
