import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { START_MS, TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { EventBlock } from '../../core/domain/event-block.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { limitOrder } from '../../core/strategy/strategy.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import { DecodedFrame } from './decoded-frame.ts';
import { appendTrades } from './normalize.ts';
import { TradeReplay } from './trade-replay.ts';

interface Print {
  readonly second: number;
  readonly price: number;
  readonly quantity: number;
}

/** A session with a bid of 500 at 999.9 behind 20 others, fed with trade frames as the venue client hands them on. */
class RestingSession {
  readonly market: TestMarket;
  readonly #replay = new TradeReplay();
  #atMs = 1_000;

  constructor() {
    this.market = new TestMarket(sessionStart(), {
      onStart: () => [limitOrder(0, 'buy', lots(500), ticks(999_9))],
    })
      .mark(0, 1000_0)
      .book(0, [[999_9, 20]], [[1000_1, 9]])
      .time(200);
  }

  frame(prints: readonly Print[]): this {
    const frame = new DecodedFrame();
    frame.instrument = 0;
    frame.trades = prints.length;
    this.#atMs += 300;
    frame.exchangeTimeMs = START_MS + this.#atMs;
    for (const [row, { second, price, quantity }] of prints.entries()) {
      frame.tradeTimeMs[row] = START_MS + second * 1_000;
      frame.tradePrice[row] = price;
      frame.tradeQuantity[row] = quantity;
      frame.tradeIsBuy[row] = 0;
    }
    this.#replay.begin(frame);
    const block = new EventBlock(Math.max(1, prints.length));
    const inlet: EventInlet = {
      open: () => block,
      nowMs: () => START_MS + this.#atMs,
      ready: () => {},
      waitingRows: 0,
      whenDrained: () => {},
    };
    appendTrades(frame, inlet, this.#replay.previousFrameMs, (row) => this.#replay.accept(frame, row));
    for (let row = 0; row < block.length; row++) {
      const exchangeAtMs = (block.exchangeTimeMs[row] ?? 0) - START_MS;
      this.market.trade(this.#atMs, 'sell', block.price[row] ?? 0, block.quantity[row] ?? 0, exchangeAtMs);
    }
    return this;
  }

  reconnect(): this {
    this.#replay.noteReconnect();
    this.market.feedState(this.#atMs, 'disconnected').feedState(this.#atMs, 'connected');
    this.market.book(this.#atMs, [[999_9, 20]], [[1000_1, 9]]);
    return this;
  }

  get filled(): number {
    return this.market.of('fill').reduce((sum, { fill }) => sum + fill.quantity, 0);
  }
}

const print = fc.record({
  second: fc.integer({ min: 1, max: 3 }),
  price: fc.constantFrom(999_8, 999_9, 1000_0),
  quantity: fc.integer({ min: 1, max: 40 }),
});
const batch = fc.array(print, { minLength: 1, maxLength: 12 });

describe('trades that the venue tells again', () => {
  test('after a reconnect fill nothing a second time, whatever part of them comes and in whatever order', () => {
    fc.assert(
      fc.property(batch, fc.func(fc.nat()), (prints, shuffle) => {
        const session = new RestingSession().frame(prints);
        const { filled } = session;
        const again = prints.toSorted((left, right) => shuffle(left) - shuffle(right));
        session.reconnect().frame(again);
        expect(session.filled).toBe(filled);
        session.reconnect().frame(prints.slice(0, 1 + (shuffle(0) % prints.length)));
        expect(session.filled).toBe(filled);
      }),
      { seed: PROOF_SEED, numRuns: 100 },
    );
  });

  test('do not keep new ones behind them from filling', () => {
    const old = [{ second: 1, price: 999_9, quantity: 30 }];
    const session = new RestingSession().frame(old).reconnect();
    expect(session.filled).toBe(10);
    session.frame([...old, { second: 2, price: 999_8, quantity: 7 }]);
    expect(session.filled).toBe(17);
  });

  test('on a standing connection are dropped as a run', () => {
    const run = [5, 6, 7].map((quantity) => ({ second: 1, price: 999_8, quantity }));
    const session = new RestingSession().frame(run);
    expect(session.filled).toBe(18);
    expect(session.frame(run).filled).toBe(18);
  });
});
