import { describe, expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../test/builders/session.ts';
import { spellRows } from '../app/row-spelling.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import { lots } from '../core/domain/units.ts';
import { type StrategyHandlers, marketOrder } from '../core/strategy/strategy.ts';
import { SessionReadModel } from './session-read-model.ts';
import { type WhatIfQuestion, describeWhatIf } from './what-if.ts';

const SYMBOL = 'BTCUSDT';

/** A market of one level a side, and a strategy that trades the signed lots it is told to, one order a book. */
function play(wishes: number[], changes: Parameters<typeof sessionStart>[0] = {}) {
  const handlers: StrategyHandlers = {
    onBook() {
      const wish = wishes.shift();
      if (wish === undefined || wish === 0) return [];
      return [marketOrder(0, wish > 0 ? 'buy' : 'sell', lots(Math.abs(wish)))];
    },
  };
  const market = new TestMarket(sessionStart(changes), handlers);
  const model = new SessionReadModel(market.engine, spellRows([createInstrument(BTCUSDT, 0)], 'test'));
  let atMs = 0;
  const next = (): void => {
    market
      .book(atMs, [[1000_0, 1_000_000]], [[1000_1, 1_000_000]])
      .mark(atMs, 1000_0)
      .time(atMs + 900);
    atMs += 1_000;
  };
  next();
  return {
    market,
    model,
    next,
    ask: (question: Omit<WhatIfQuestion, 'symbol'>) =>
      describeWhatIf(market.engine, { symbol: SYMBOL, ...question }),
  };
}

describe.each(['isolated', 'cross'] as const)('a what-if of an account with %s margin', (marginMode) => {
  test.each([
    ['opens', [], 300, '0.03'],
    ['adds', [200], 300, '0.03'],
    ['reduces', [500], -200, '-0.02'],
    ['closes', [500], -500, '-0.05'],
    ['turns round', [500], -900, '-0.09'],
    ['opens short', [], -300, '-0.03'],
  ])('says what a trade that %s then does', (_, before, wish, quantity) => {
    const wishes: number[] = [...before];
    const { market, model, next, ask } = play(wishes, { margin_mode: marginMode, leverage: 20 });
    for (let step = 0; step < 3; step++) next();
    const start = model.engine.status().wallet;
    const foretold = ask({ quantity });
    const untouched = model.engine.stateHash();
    wishes.push(wish);
    for (let step = 0; step < 3; step++) next();
    expect(market.of('fill').length).toBe(before.length + 1);
    const [position] = model.positions();
    expect(foretold).toMatchObject({
      refusal: null,
      quantity: position?.quantity,
      initial_margin: position?.initial_margin,
      maintenance_margin: position?.maintenance_margin ?? '0',
      liquidation_price: position?.liquidation_price,
      average_price: position?.average_price,
      available_balance: model.account().available_balance,
    });
    const fills = market.of('fill');
    expect(foretold?.fee).toBe((Number(fills.at(-1)?.fill.fee) / 1e8).toString());
    expect(model.engine.status().wallet).not.toBe(start);
    expect(model.engine.stateHash()).not.toBe(untouched);
  });
});

test('asking changes nothing', () => {
  const { model, ask } = play([]);
  const before = model.engine.stateHash();
  for (const quantity of ['1', '-1', '1000']) ask({ quantity });
  expect(model.engine.stateHash()).toBe(before);
});

test.each([
  [{ quantity: '1000' }, {}, 'leverage'],
  [{ quantity: '20' }, { risk: { ...sessionStart().risk, max_notional: '10000' } }, 'position_notional'],
])('%j is refused as our gate would', (question, changes, code) => {
  expect(play([], changes).ask(question)?.refusal).toBe(code);
});

test('takes a price of its own, and knows none without a market', () => {
  const { ask } = play([]);
  expect(ask({ quantity: '0.03', price: '900' })?.average_price).toBe('900');
  expect(
    describeWhatIf(new TestMarket(sessionStart(), {}).engine, { symbol: SYMBOL, quantity: '1' }),
  ).toMatchObject({
    refusal: 'no_market',
    liquidation_price: null,
    quantity: '0',
  });
});

test('says what is no question', () => {
  const { market, ask } = play([]);
  expect(describeWhatIf(market.engine, { symbol: 'XRPUSDT', quantity: '1' })).toBeNull();
  for (const question of [{ quantity: '0' }, { quantity: '0.0000000001' }, { quantity: '1', price: '-5' }])
    expect(() => ask(question)).toThrow(RangeError);
});
