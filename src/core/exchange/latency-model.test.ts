import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../../test/builders/session.ts';
import { namedStream } from '../base/random.ts';
import { DEFAULT_FILL_TERMS, type LatencyTerms } from '../domain/fill-terms.ts';
import { OutputBuffer } from '../domain/output-buffer.ts';
import { lots, ticks } from '../domain/units.ts';
import { limitOrder, marketOrder } from '../strategy/strategy.ts';
import { LatencyModel } from './latency-model.ts';

const SEED = 11;

function model(changes: Partial<LatencyTerms>, seed = SEED): { latency: LatencyModel; said: OutputBuffer } {
  const said = new OutputBuffer(() => {});
  const terms = { ...DEFAULT_FILL_TERMS.latency, ...changes };
  return { latency: new LatencyModel(terms, 100, 50, namedStream(seed, 'latency'), said), said };
}

/** Travel times of requests that leave so far apart that none waits for another. */
function requests(latency: LatencyModel, count: number): number[] {
  return Array.from({ length: count }, (_, at) => latency.requestArrivalMs(at * 1e6) - at * 1e6);
}

describe('latency', () => {
  test('constant is the same for every message', () => {
    const { latency } = model({});
    expect(requests(latency, 3)).toEqual([100, 100, 100]);
    expect(latency.responseArrivalMs(7)).toBe(57);
  });

  test('a distribution has the configured minimum, median and 99th percentile', () => {
    const { latency } = model({ model: 'distribution', minimum_ms: 20, request_p99_ms: 400 });
    const travel = requests(latency, 20_000).toSorted((left, right) => left - right);
    expect(travel[0]).toBeGreaterThan(20);
    expect(travel[10_000]).toBeGreaterThan(97);
    expect(travel[10_000]).toBeLessThan(104);
    expect(travel[19_800]).toBeGreaterThan(360);
    expect(travel[19_800]).toBeLessThan(450);
    expect(travel.every(Number.isInteger)).toBe(true);
  });

  test('a measured one draws whole round trips for requests and halves for responses', () => {
    const { latency } = model({ model: 'measured' });
    for (const roundTrip of [Number.NaN, 40, 60.5, 80, 0, -3]) latency.noteRoundTrip(roundTrip);
    expect(new Set(requests(latency, 200))).toEqual(new Set([40, 61, 80]));
    const responses = Array.from({ length: 200 }, (_, at) => latency.responseArrivalMs(at * 1e6) - at * 1e6);
    expect(new Set(responses)).toEqual(new Set([20, 31, 40]));
  });

  test('a measured one keeps the last 256 samples only', () => {
    const { latency } = model({ model: 'measured' });
    latency.noteRoundTrip(5_000);
    for (let sample = 0; sample < 256; sample++) latency.noteRoundTrip(30);
    expect(new Set(requests(latency, 500))).toEqual(new Set([30]));
  });

  test('before the first sample the constant stands in, and that is said once', () => {
    const { latency, said } = model({ model: 'measured' });
    expect(requests(latency, 2)).toEqual([100, 100]);
    expect(said.take()).toMatchObject([
      { type: 'log', event: 'latency_unmeasured', fields: { assumed_ms: 100 } },
    ]);
  });

  test('a later message never overtakes an earlier one, whatever is drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.array(fc.nat({ max: 50 }), { maxLength: 100 }), (seed, gaps) => {
        const { latency } = model({ model: 'distribution' }, seed);
        let nowMs = 0;
        let lastMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const arrivalMs = latency.requestArrivalMs(nowMs);
          expect(arrivalMs).toBeGreaterThanOrEqual(Math.max(lastMs, nowMs));
          lastMs = arrivalMs;
        }
      }),
    );
  });

  test('the same seed draws the same, another one does not, and other streams do not move it', () => {
    const draws = (seed: number): number[] => requests(model({ model: 'distribution' }, seed).latency, 20);
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    expect(namedStream(1, 'latency').state()).not.toEqual(namedStream(1, 'slippage').state());
  });
});

describe('latency in a session', () => {
  const start = sessionStart({
    fills: { ...DEFAULT_FILL_TERMS, latency: { ...DEFAULT_FILL_TERMS.latency, model: 'measured' } },
  });
  const book = [[[999_9, 9]], [[1000_1, 9]]] as const;

  test('orders take a round trip that the clock sync measured, and a replay takes the same', () => {
    const handlers = { onTimer: () => [marketOrder(0, 'buy', lots(1))] };
    const begin = {
      ...handlers,
      onStart: (view: { timeMs: number; setTimer(name: string, atMs: number): void }) => {
        for (const atMs of [1_000, 2_000, 3_000]) view.setTimer('buy', view.timeMs + atMs);
      },
    };
    const run = (): TestMarket => {
      const market = new TestMarket(start, begin)
        .clock(0, 0)
        .mark(0, 1000_0)
        .book(0, ...book);
      return market.time(5_000);
    };
    const fills = run().of('fill');
    expect(fills.map(({ fill }) => fill.arrivalTimeMs - fill.decisionTimeMs)).toEqual([20, 20, 20]);
    expect(run().engine.stateHash()).toBe(run().engine.stateHash());
  });

  test('a cancel races the fill on the same way: it is too late by one message of the tape', () => {
    const bid = limitOrder(0, 'buy', lots(1), ticks(999_9), { clientOrderId: 'b' });
    const handlers = {
      onStart: (view: { timeMs: number; setTimer(name: string, atMs: number): void }) => {
        view.setTimer('cancel', view.timeMs + 1_000);
        return [bid];
      },
      onTimer: () => [{ action: 'cancel', orderId: null, clientOrderId: 'b' } as const],
    };
    const run = (printAtMs: number): number =>
      new TestMarket(start, handlers)
        .clock(0, 0)
        .mark(0, 1000_0)
        .book(0, ...book)
        .time(1_000)
        .trade(printAtMs, 'sell', 999_8, 5)
        .of('fill').length;
    expect([run(1_019), run(1_021)]).toEqual([1, 0]);
  });
});
