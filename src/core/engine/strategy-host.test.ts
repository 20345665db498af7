import { describe, expect, test } from 'vitest';
import { playTenSeconds, START_MS, strategyOf } from '../../../test/builders/session.ts';
import type { Output } from '../domain/outputs.ts';
import { lots } from '../domain/units.ts';
import type { CallGuard } from '../strategy/call-guard.ts';
import {
  type MarketView,
  type StrategyHandlers,
  type StrategyInstance,
  marketOrder,
} from '../strategy/strategy.ts';

const errorsOf = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((output) =>
    output.type === 'log' && output.event === 'strategy_error' ? [String(output.fields['error'])] : [],
  );

const ordersOf = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((output) => (output.type === 'order' ? [output.order.status] : []));

/** What user code may do, types or not. */
const wild = (value: unknown): never => value as never;
const good = marketOrder(0, 'buy', lots(5));

describe('a handler that misbehaves loses its signal, and the session goes on', () => {
  test.each<[string, (view: MarketView) => unknown, RegExp]>([
    ['returns a number', () => 5, /returned 5 instead of a list/],
    ['returns an endless list', () => ({ *[Symbol.iterator]() {} }), /returned a object instead/],
    ['is asynchronous and fails', () => Promise.reject(new Error('later')), /returned a object instead/],
    ['returns too much', () => Array.from({ length: 1_001 }, () => good), /1001 intents/],
    ['returns null among good ones', () => [good, null], /an intent is null/],
    ['names no action', () => [good, { action: 'buy' }], /action is "buy"/],
    ['asks for no number', () => [good, { ...good, quantity: Number.NaN }], /quantity is NaN/],
    ['asks for part of a lot', () => [good, { ...good, quantity: 0.5 }], /quantity is 0.5/],
    ['asks for text', () => [good, { ...good, quantity: '5' }], /quantity is "5"/],
    ['asks for an unknown contract', () => [good, { ...good, instrument: 7 }], /no instrument 7/],
    ['asks for half a price', () => [good, { ...good, type: 'limit', price: 1.5 }], /price is 1.5/],
    ['misspells a side', () => [good, { ...good, side: 'long' }], /side is "long"/],
    ['forgets a field', () => [good, { ...good, reduceOnly: undefined }], /reduceOnly is undefined/],
    [
      'has a broken stop',
      () => [good, { ...good, bracket: { on: 'mark', takeProfit: null, stopLoss: Infinity } }],
      /bracket: stopLoss is Infinity/,
    ],
    [
      'cancels nothing',
      () => [good, { action: 'cancel', orderId: null, clientOrderId: null }],
      /orderId is null/,
    ],
    [
      'looks beyond the bars that are held',
      (view) => [good, view.bars(0).close(500)],
      /bar 500 back of 0 held/,
    ],
    ['looks at a contract that is not there', (view) => view.bars(3), /no instrument 3/],
    ['throws what is no error', () => (wild(['text']) as { fail(): void }).fail(), /not a function/],
    ['sets a timer at no time', (view) => view.setTimer('x', Number.NaN), /setTimer takes/],
    [
      'sets timers without end',
      (view) => {
        for (;;) view.setTimer('x', view.timeMs + 1e9);
      },
      /more than 10000 timers/,
    ],
    [
      'notes what cannot be stored',
      (view) =>
        view.note({
          ...{
            instrument: 0,
            barOpenTimeMs: 0,
            agent: 'supervisor',
            verdict: 'x',
            reason: 'y',
            confidence: null,
          },
          numbers: { big: wild(1n) },
        }),
      /numbers of a verdict/,
    ],
  ])('one that %s', (_what, onStart, message) => {
    const handlers: StrategyHandlers = {
      onStart: (view) => wild(onStart(view)),
      onBook: (_instrument, view) => (view.timeMs === START_MS + 5_000 ? [good] : []),
    };
    const { engine, outputs } = playTenSeconds(strategyOf(handlers));
    expect(errorsOf(outputs)).toEqual([expect.stringMatching(message)]);
    expect([engine.lifecycle, engine.status().strategyErrors]).toEqual(['running', 1]);
    // Nothing of the signal acted, and the next one did.
    expect(ordersOf(outputs)).toEqual(['new', 'filled']);
    expect(engine.status().position).toBe(5);
  });

  test('the view is good only while a handler runs', () => {
    let kept: MarketView | null = null;
    playTenSeconds(strategyOf({ onStart: (view) => void (kept = view) }));
    expect(() => (kept as unknown as MarketView).setTimer('x', 0)).toThrow('only while a handler runs');
  });
});

describe('a call that was cut off', () => {
  const cutting = (calls: readonly number[]): CallGuard => ({
    run(number, _handler, call) {
      call();
      return !calls.includes(number);
    },
  });
  /** Counts its books, buys at the third, and asks to be woken in its first. */
  const create = (): StrategyHandlers => {
    let books = 0;
    return {
      onStart: (view) => {
        view.setTimer('hello', view.timeMs);
      },
      onTimer: () => [marketOrder(0, 'sell', lots(1))],
      onBook: () => (++books === 3 ? [good] : []),
    };
  };
  const guarded = (calls: readonly number[]): StrategyInstance => ({
    ...strategyOf(create()),
    renew: create,
    guard: cutting(calls),
  });
  const said = (outputs: readonly Output[]): string[] =>
    outputs.flatMap((output) =>
      output.type === 'log' && output.event.startsWith('strategy_') ? [output.event] : [],
    );

  test('leaves nothing behind: no order, no timer, no memory; the strategy begins anew', () => {
    // Call 1 is onStart, 2 the timer, then books; the first two books are forgotten with call 4.
    const { engine, outputs } = playTenSeconds(guarded([4]));
    expect(said(outputs)).toEqual(['strategy_overrun']);
    expect(engine.lifecycle).toBe('running');
    const bought = outputs.find((output) => output.type === 'fill' && output.fill.side === 'buy');
    expect((bought?.timeMs ?? 0) - START_MS).toBe(5_100);
    // It sold at both beginnings, and bought once.
    expect(engine.status().position).toBe(3);
  });

  test('disables the strategy at the third time: what it holds is closed, the session goes on', () => {
    const { engine, outputs } = playTenSeconds(guarded([4, 12, 14]));
    expect(said(outputs)).toEqual([
      ...['strategy_overrun', 'strategy_overrun', 'strategy_overrun', 'strategy_disabled'],
    ]);
    expect([engine.lifecycle, engine.status().position]).toEqual(['running', 0]);
  });

  test('in the making of a fresh memory disables it at once', () => {
    const { outputs } = playTenSeconds(guarded([4, 5]));
    expect(said(outputs)).toEqual(['strategy_overrun', 'strategy_disabled']);
  });

  test('is the same for a replay that only knows its number', () => {
    const knowing: CallGuard = {
      run(number, _handler, call) {
        if ([4, 12].includes(number)) return false;
        call();
        return true;
      },
    };
    const lived = playTenSeconds(guarded([4, 12])).engine.stateHash();
    expect(
      playTenSeconds({ ...strategyOf(create()), renew: create, guard: knowing }).engine.stateHash(),
    ).toBe(lived);
  });
});
