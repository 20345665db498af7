import { expect, test } from 'vitest';
import { playTenSeconds, START_MS, strategyOf } from '../../../test/builders/session.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Output } from '../domain/outputs.ts';
import { lots, ticks } from '../domain/units.ts';
import { type MarketView, type StrategyHandlers, limitOrder, marketOrder } from '../strategy/strategy.ts';

/** Classes of the language itself: what a strategy does to those it does to everybody. */
const BUILT_IN: ReadonlySet<object> = new Set([Object.prototype, Array.prototype]);

/** Tries to overwrite every field of an object, its methods and those of its class; says how many tries were let pass. */
function scribble(target: object | null): number {
  let passed = 0;
  let object = target;
  while (object !== null && !BUILT_IN.has(object)) {
    const parent = Reflect.getPrototypeOf(object);
    for (const name of Reflect.ownKeys(object)) passed += Number(Reflect.set(object, name, 1));
    passed += Number(Reflect.set(object, 'anything', 1)) + Number(Reflect.setPrototypeOf(object, {}));
    object = parent;
  }
  return passed;
}

interface Hands {
  readonly view?: (view: MarketView) => void;
  readonly record?: (record: object) => void;
  readonly intents?: (intents: OrderIntent[]) => readonly OrderIntent[];
}

/** A session of ten seconds with market, limit and closing orders, in which `hands` get at what the strategy is given. */
function trade({ view: touch, record, intents = (list) => list }: Hands): readonly Output[] {
  const given: OrderIntent[] = [];
  const handlers: StrategyHandlers = {
    onBook(instrument, view) {
      touch?.(view);
      const second = (view.timeMs - START_MS) / 1_000;
      const list: OrderIntent[] = [
        second % 2 === 0
          ? marketOrder(instrument, second % 4 === 0 ? 'buy' : 'sell', lots(3))
          : limitOrder(instrument, 'buy', lots(2), ticks(999_0), { clientOrderId: `rest-${second}` }),
      ];
      given.push(...list);
      return intents(list);
    },
    onOrder: (order) => record?.(order),
    onFill: (fill) => record?.(fill),
  };
  return playTenSeconds(strategyOf(handlers)).outputs;
}

const UNTOUCHED = trade({});

test('a strategy is handed nothing that it could change', () => {
  let passed = 0;
  let tried = 0;
  const hand = (object: object): void => {
    tried++;
    passed += scribble(object);
  };
  const outputs = trade({
    view(view) {
      hand(view.instruments);
      hand(view.instruments[0] ?? {});
      hand(view.bars(0));
      hand(view.trades(0));
      hand(view);
    },
    record: hand,
  });
  expect(outputs).toEqual(UNTOUCHED);
  expect([passed, tried > 60]).toEqual([0, true]);
});

test('what a strategy does to an intent after it returned it changes no order', () => {
  const kept: OrderIntent[] = [];
  const outputs = trade({
    intents(list) {
      kept.push(...list);
      return list;
    },
    record() {
      for (const intent of kept) scribble(intent);
    },
  });
  expect(outputs).toEqual(UNTOUCHED);
});

test('an intent is read once: one that says something else the second time does not get past the check', () => {
  const quantities = [3, 1e15, 1e15];
  const outputs = trade({
    intents: (list) =>
      list.map((intent) => {
        const left = intent.action === 'submit' && intent.type === 'market' ? [...quantities] : null;
        return left === null
          ? intent
          : Object.defineProperty({ ...intent }, 'quantity', { get: () => left.shift() });
      }),
  });
  expect(outputs).toEqual(UNTOUCHED);
});

test('an intent may leave out what can be null', () => {
  const outputs = trade({
    intents: (list) =>
      list.map(
        (intent) => Object.fromEntries(Object.entries(intent).filter(([, value]) => value !== null)) as never,
      ),
  });
  expect(outputs).toEqual(UNTOUCHED);
});

test.each<[string, () => unknown]>([
  [
    'a list whose reading fails',
    () =>
      new Proxy([], {
        get: () => {
          throw new Error('no');
        },
      }),
  ],
  [
    'an error without a text',
    () => {
      throw Object.create(null);
    },
  ],
  [
    'an error of five million characters',
    () => {
      throw new Error('x'.repeat(5e6));
    },
  ],
])('a handler that gives %s loses its signal and no more', (_what, intents) => {
  const outputs = trade({ intents: () => intents() as never });
  const errors = outputs.filter((output) => output.type === 'log' && output.event === 'strategy_error');
  expect(errors.length).toBeGreaterThan(5);
  expect(
    JSON.stringify(errors, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      .length,
  ).toBeLessThan(errors.length * 2_000);
});
