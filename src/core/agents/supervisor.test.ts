import { expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { createBuiltInStrategy } from '../strategy/built-in-strategies.ts';
import { INTAKE_HISTORY_BARS } from './market-intake.ts';

const HISTORY = INTAKE_HISTORY_BARS + 10;

/** A market in a steady climb of `step` ticks a bar, ready to run; one bar a minute from the start on. */
function climbing(strategy: string, step: number): TestMarket {
  const instance = createBuiltInStrategy(strategy, {});
  if (instance === null) throw new Error(`no strategy ${strategy}`);
  const market = new TestMarket(
    sessionStart({ duration_ms: 3_600_000, stale_timeout_ms: 600_000 }),
    instance.handlers,
    instance.historyBars,
  );
  for (let index = HISTORY; index >= 1; index--) {
    market.bar(0, -index * 60_000, 850_000 - index * step, true);
  }
  return market.book(10, [[849_990, 50_000]], [[850_010, 50_000]]).mark(10, 850_000);
}

test('every agent says something of every bar, with its numbers', () => {
  const market = climbing('pullback_ribbon', 20);
  market.book(60_000, [[849_990, 50_000]], [[850_010, 50_000]]).bar(60_010, 0, 850_000);
  const agents = market.of('verdict').map(({ verdict }) => verdict.agent);
  expect(agents).toEqual([
    'market_intake',
    'derivatives_flows',
    'cvd_divergence',
    'setup_signal',
    'supervisor',
  ]);
  const intake = market.of('verdict')[0]?.verdict;
  expect(intake).toMatchObject({ verdict: 'trend_up', numbers: { swing_high: null } });
  expect(Number(intake?.numbers['ema_20'])).toBeGreaterThan(Number(intake?.numbers['ema_50']));
});

test('a pullback is entered with a limit order and its exits, and given up after its bars', () => {
  const market = climbing('pullback_ribbon', 20);
  // The bar comes back to the fast average and holds above the slow one.
  market.book(60_000, [[849_990, 50_000]], [[850_010, 50_000]]).bar(60_010, 0, 849_700);
  const entry = market.of('order').find(({ order }) => order.type === 'limit')?.order;
  expect(entry).toMatchObject({
    side: 'buy',
    clientOrderId: `pullback_ribbon-BTCUSDT-${Date.UTC(2026, 0, 1)}`,
  });
  const decision = market.of('verdict').find(({ verdict }) => verdict.verdict === 'enter_long')?.verdict;
  const signal = market.of('verdict').find(({ verdict }) => verdict.verdict === 'long')?.verdict;
  expect(signal).toMatchObject({ agent: 'setup_signal', numbers: { close: '84970' } });
  expect(decision?.numbers['entry']).toMatch(/^84[89]\d\d/);
  for (let minute = 2; minute <= 5; minute++) {
    market
      .book(minute * 60_000, [[850_990, 50_000]], [[851_010, 50_000]])
      .bar(minute * 60_000 + 10, (minute - 1) * 60_000, 851_000);
  }
  market.time(5 * 60_000 + 500);
  expect(market.of('order').at(-1)?.order).toMatchObject({ id: entry?.id, status: 'canceled' });
});

test('a filled entry gets its exits, and its end a lesson', () => {
  const market = climbing('pullback_ribbon', 20);
  market
    .book(60_000, [[849_990, 50_000]], [[850_010, 50_000]])
    .bar(60_010, 0, 849_700)
    .time(60_200);
  const quiet = market.of('order').at(-1)?.order;
  const price = quiet?.price ?? 0;
  // Sold through the entry, then up through any target.
  market
    .book(60_300, [[price - 100, 50_000]], [[price - 50, 50_000]])
    .trade(60_310, 'sell', price - 50, 50_000)
    .time(61_000);
  expect(market.of('fill')[0]?.fill).toMatchObject({ side: 'buy', liquidity: 'maker' });
  market
    .book(62_000, [[price + 5_000, 50_000]], [[price + 5_010, 50_000]])
    .mark(62_010, price + 5_000)
    .time(63_000);
  expect(market.of('trade')[0]?.trade).toMatchObject({ exitReason: 'take_profit' });
  const lesson = market.of('verdict').find(({ verdict }) => verdict.agent === 'journal_coach')?.verdict;
  expect(lesson).toMatchObject({ verdict: 'winner', numbers: { tags: 'winner full_target volatile_entry' } });
});

test('a crowded side is vetoed', () => {
  const market = climbing('pullback_ribbon', 20);
  market.markWithRate(20, 850_000, 0.001);
  market.book(60_000, [[849_990, 50_000]], [[850_010, 50_000]]).bar(60_010, 0, 849_700);
  expect(market.of('verdict').at(-1)?.verdict).toMatchObject({
    agent: 'supervisor',
    verdict: 'veto',
    reason: 'the flows say crowded_longs',
  });
  expect(market.of('order')).toEqual([]);
});
