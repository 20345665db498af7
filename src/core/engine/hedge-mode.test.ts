import { expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { formatMoney } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { lots } from '../domain/units.ts';
import type { StrategyHandlers } from '../strategy/strategy.ts';
import { marketOrder } from '../strategy/strategy.ts';

const BOOK = [[[999_9, 1_000]], [[1_000_0, 1_000]]] as const;

function hedged(handlers: StrategyHandlers, changes: Partial<SessionStart> = {}): TestMarket {
  const start = sessionStart({ position_mode: 'hedge', on_end: 'keep', ...changes });
  return new TestMarket(start, handlers).mark(0, 1_000_0).book(0, ...BOOK);
}

const sending = (...intents: OrderIntent[]): StrategyHandlers => ({ onStart: () => intents });
const slots = (run: TestMarket): unknown[] =>
  run.engine.accountEnd().positions.map(({ position_side: side, quantity }) => [side, quantity]);

test('a long and a short of one contract stand side by side', () => {
  const run = hedged(sending(marketOrder(0, 'buy', lots(7)), marketOrder(0, 'sell', lots(3)))).time(200);
  expect(slots(run)).toEqual([
    ['long', '0.0007'],
    ['short', '-0.0003'],
  ]);
  expect(run.engine.status().position).toBe(4);
  expect(run.of('trade')).toEqual([]);
});

test('an order against the position it names closes it, and no more than it holds', () => {
  const close = marketOrder(0, 'sell', lots(9), { positionSide: 'long' });
  const run = hedged(sending(marketOrder(0, 'buy', lots(7)), close)).time(200);
  expect(slots(run)).toEqual([]);
  expect(run.of('trade')).toHaveLength(1);
  expect(run.of('fill').map(({ fill }) => [fill.side, fill.positionSide, fill.quantity])).toEqual([
    ['buy', 'long', 7],
    ['sell', 'long', 7],
  ]);
});

test('a reduce-only order that names no position closes the other side', () => {
  const close = marketOrder(0, 'buy', lots(3), { reduceOnly: true });
  const run = hedged(sending(marketOrder(0, 'sell', lots(3)), marketOrder(0, 'buy', lots(2)), close)).time(
    200,
  );
  expect(slots(run)).toEqual([['long', '0.0002']]);
});

test('closing what is not there is rejected with the code for it', () => {
  const run = hedged(sending(marketOrder(0, 'sell', lots(3), { positionSide: 'long' }))).time(200);
  expect(run.of('order').at(-1)?.order).toMatchObject({ status: 'rejected', reason: 'position_not_found' });
});

test('a flatten closes both, and the strategy sees each side', () => {
  const seen: number[] = [];
  const run = hedged({
    onStart: (view) => {
      view.setTimer('look', view.timeMs + 300);
      return [marketOrder(0, 'buy', lots(7)), marketOrder(0, 'sell', lots(3))];
    },
    onTimer: (_name, view) => {
      seen.push(view.position(0), view.position(0, 'long'), view.position(0, 'short'));
      return [{ action: 'flatten' }];
    },
  }).time(1_000);
  expect(seen).toEqual([4, 7, -3]);
  expect(slots(run)).toEqual([]);
  expect(run.of('trade')).toHaveLength(2);
});

test('both sides pay and receive funding of their own, and are carried into the next session', () => {
  const run = hedged(sending(marketOrder(0, 'buy', lots(7)), marketOrder(0, 'sell', lots(3))));
  run.mark(500, 1_000_0, 1_000).time(1_500).funding(2_000, 1_000, 1_000_000_000, 1_000_0);
  const paid = run.of('ledger').filter(({ entry }) => entry.kind === 'funding');
  expect(paid.map(({ entry }) => formatMoney(entry.amount))).toEqual(['-0.0007', '0.0003']);
  const account = run.engine.accountEnd();
  expect(account.terms?.position_mode).toBe('hedge');
  const next = new TestMarket(sessionStart({ account, position_mode: 'one_way' }), {});
  const line = next.of('log').find(({ event }) => event === 'account_term_refused');
  expect(line?.fields).toMatchObject({ term: 'position_mode', kept: 'hedge', venue_code: 20009 });
  expect(next.engine.accountEnd().positions).toEqual(account.positions);
});

test('one-way mode nets, whatever position an order names', () => {
  const intents = [
    marketOrder(0, 'buy', lots(7), { positionSide: 'long' }),
    marketOrder(0, 'sell', lots(3), { positionSide: 'short' }),
  ];
  const run = hedged(sending(...intents), { position_mode: 'one_way' }).time(200);
  expect(slots(run)).toEqual([[undefined, '0.0004']]);
});

test('an isolated long can be liquidated while the short beside it lives', () => {
  const base = sessionStart();
  const run = hedged(sending(marketOrder(0, 'buy', lots(7)), marketOrder(0, 'sell', lots(3))), {
    leverage: 50,
    liquidation: { on_event: 'continue', fee_rate: '0.0006', tier_rule: 'position' },
    risk: { ...base.risk, max_leverage: 100 },
  }).time(200);
  run.book(300, [[980_0, 1_000]], [[980_1, 1_000]]).mark(300, 980_0);
  expect(slots(run)).toEqual([['short', '-0.0003']]);
  expect(run.of('trade').at(-1)?.trade).toMatchObject({ side: 'long', exitReason: 'liquidation' });
});
