/** Laws that hold in markets made for them: deep books, one price, one order. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROOF_SEED as SEED, PROOF_SIZE } from '../builders/proof-size.ts';
import { TestMarket, sessionStart } from '../builders/session.ts';
import { lots, ticks } from '../../src/core/domain/units.ts';
import { limitOrder, marketOrder } from '../../src/core/strategy/strategy.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';

const RUNS = 100 * PROOF_SIZE;
const DEEP = 1_000_000_000;

function start(changes: Partial<SessionStart>): SessionStart {
  const usual = sessionStart();
  return sessionStart({
    ...{ duration_ms: null, on_end: 'keep', stale_timeout_ms: 3_600_000, leverage: 50, margin_mode: 'cross' },
    account: { ...usual.account, wallet: '100000000', opening_balance: '100000000' },
    risk: {
      ...usual.risk,
      max_orders_per_second: 1_000,
      max_leverage: 1_000,
      max_account_loss_percent: 1_000_000,
      max_day_loss_percent: 1_000_000,
    },
    ...changes,
  });
}

interface Trade {
  readonly isBuy: boolean;
  readonly quantity: number;
  /** In tens of ticks, so that the fees of the lots below come out whole. */
  readonly price: number;
}

const trades = fc.array(
  fc.record({
    isBuy: fc.boolean(),
    quantity: fc.integer({ min: 1, max: 2_000 }),
    price: fc.integer({ min: 500, max: 1_500 }),
  }),
  { minLength: 2, maxLength: 25 },
);

/** Trades at market, one a second, in a book as deep as anyone wants. */
function tradeDeep(steps: readonly Trade[], quantityFactor: number, priceFactor: number): TestMarket {
  const run = new TestMarket(start({}), {
    onStart: (view) => {
      for (const at of steps.keys()) view.setTimer(String(at), view.timeMs + (at + 1) * 1_000);
    },
    onTimer: (name) => {
      const step = steps[Number(name)];
      if (step === undefined) return [];
      return [marketOrder(0, step.isBuy ? 'buy' : 'sell', lots(step.quantity * quantityFactor))];
    },
  });
  run.mark(0, 1_000 * 10 * priceFactor).book(0, [[10, DEEP]], [[1_000_000, DEEP]]);
  for (const [at, { price, isBuy }] of steps.entries()) {
    const touch = price * 10 * priceFactor;
    const book = isBuy ? ([[10, DEEP]] as const) : ([[touch, DEEP]] as const);
    run.book((at + 1) * 1_000 - 1, book, isBuy ? [[touch, DEEP]] : [[1_000_000, DEEP]]);
  }
  const last = 1_000 * 10 * priceFactor;
  return run.time(steps.length * 1_000 + 500).mark(steps.length * 1_000 + 600, last);
}

function moneyOf(run: TestMarket): { fees: bigint; profit: bigint; fills: number } {
  const { equity } = run.engine.status();
  let fees = 0n;
  for (const { entry } of run.of('ledger')) if (entry.kind === 'fee') fees -= entry.amount;
  return { fees, profit: equity + fees - 10_000_000_000_000_000n, fills: run.of('fill').length };
}

test.each([
  ['quantities', 7, 1],
  ['prices', 1, 3],
] as const)(
  'law 8: in a deep book, %s times k make k times the profit and k times the fees',
  (_, quantity, price) => {
    fc.assert(
      fc.property(trades, (steps) => {
        const one = moneyOf(tradeDeep(steps, 1, 1));
        const many = moneyOf(tradeDeep(steps, quantity, price));
        const factor = BigInt(quantity * price);
        expect(one.fills).toBe(steps.length);
        expect(many).toEqual({ fees: one.fees * factor, profit: one.profit * factor, fills: one.fills });
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
);

test('law 6: without fees and funding, round trips at one price leave the wallet as it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 500 })), { minLength: 1 }),
      (steps) => {
        const sum = steps.reduce((total, [isBuy, quantity]) => total + (isBuy ? quantity : -quantity), 0);
        const closing: readonly (readonly [boolean, number])[] = sum === 0 ? [] : [[sum < 0, Math.abs(sum)]];
        const orders = [...steps, ...closing].map(([isBuy, quantity]) =>
          limitOrder(0, isBuy ? 'buy' : 'sell', lots(quantity), ticks(1_000_7), { timeInForce: 'ioc' }),
        );
        const run = new TestMarket(start({ maker_fee_rate: '0', taker_fee_rate: '0' }), {
          onStart: (view) => {
            for (const at of orders.keys()) view.setTimer(String(at), view.timeMs + at * 10);
          },
          onTimer: (name) => orders.slice(Number(name), Number(name) + 1),
        });
        run.mark(0, 1_000_7).book(0, [[1_000_6, DEEP]], [[1_000_8, DEEP]]);
        for (const [at, order] of orders.entries()) {
          const isBuy = order.action === 'submit' && order.side === 'buy';
          const bids = [[isBuy ? 1_000_6 : 1_000_7, DEEP]] as const;
          run.book(at * 10 + 99, bids, [[isBuy ? 1_000_7 : 1_000_8, DEEP]]);
        }
        run.time(orders.length * 10 + 200);
        expect(run.of('fill').length).toBe(orders.length);
        expect(run.engine.status()).toMatchObject({ wallet: 10_000_000_000_000_000n, position: 0 });
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

interface Tape {
  readonly gapMs: number;
  readonly kind: 'book' | 'trade';
  readonly price: number;
  readonly quantity: number;
}

const tape = fc.array(
  fc.record({
    gapMs: fc.constantFrom(0, 10, 40, 100, 300),
    kind: fc.constantFrom('book' as const, 'trade' as const, 'trade' as const),
    price: fc.integer({ min: -3, max: 1 }),
    quantity: fc.integer({ min: 1, max: 15 }),
  }),
  { minLength: 5, maxLength: 40 },
);

/** What one order had got by each time; the book round it moves, the order is the only one. */
function filledOver(
  steps: readonly Tape[],
  latencyMs: number,
  isResting: boolean,
): [timeMs: number, filled: number][] {
  const order = isResting
    ? limitOrder(0, 'buy', lots(9), ticks(1_000_0), { timeInForce: 'post_only' })
    : marketOrder(0, 'buy', lots(9));
  const run = new TestMarket(start({ request_latency_ms: latencyMs }), { onStart: () => [order] });
  run.mark(0, 1_000_0).book(0, [[1_000_0, 12]], [[1_000_5, 40]]);
  let atMs = 0;
  for (const { gapMs, kind, price, quantity } of steps) {
    atMs += gapMs;
    // The touch stays away from us: an order that comes too late for a queue may take instead, and then is sooner filled.
    // Frames are stamped before the prints of their time: a print that a frame may show already is held against the
    // queue that prints alone have left, which is longer for the order that has seen more frames.
    if (kind === 'book')
      run.book(
        atMs,
        [
          [1_000_0, quantity],
          [999_0, 50],
        ],
        [[1_000_5, 40]],
        atMs - 1,
      );
    else run.trade(atMs, 'sell', 1_000_0 + price, quantity);
  }
  run.time(atMs + 1_000);
  let filled = 0;
  return run.of('fill').map(({ fill }) => [fill.timeMs, (filled += fill.quantity)]);
}

test.each([
  ['that rests behind a moving queue', true],
  ['at market', false],
])('law 7: more latency never gives an order %s an earlier fill', (_, isResting) => {
  let withFills = 0;
  const latency = fc.constantFrom(0, 5, 50, 120, 400);
  fc.assert(
    fc.property(tape, latency, latency, (steps, one, another) => {
      const early = filledOver(steps, Math.min(one, another), isResting);
      const late = filledOver(steps, Math.max(one, another), isResting);
      const by = (fills: typeof early, timeMs: number): number =>
        fills.findLast(([at]) => at <= timeMs)?.[1] ?? 0;
      for (const [timeMs, filled] of late) expect(by(early, timeMs)).toBeGreaterThanOrEqual(filled);
      if (late.length > 0) withFills++;
    }),
    { numRuns: RUNS * 2, seed: SEED },
  );
  expect(withFills).toBeGreaterThan(RUNS / 4);
});
