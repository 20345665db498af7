/**
 * Draws scenarios: small books round one price, so that orders, cancels, amendments and prints meet all the time.
 *
 * Latencies and the gaps between steps come from the same few numbers, so that arrivals tie with events and with each
 * other. Books are bad now and then: crossed, one-sided, empty, without a stamp, gone.
 */

import fc from 'fast-check';
import { MARK_OF_TICK } from './outcome.ts';
import {
  type Action,
  BASE_PRICES,
  type Level,
  type MarketEvent,
  type Scenario,
  type Submit,
  type Terms,
  type Timed,
} from './scenario.ts';

/** Beyond this nothing is drawn: data are never lost for good. */
const LENGTH_MS = 15_000;
/** After the last step, so that everything on its way arrives. */
const TAIL_MS = 1_000;

export const drawTerms: fc.Arbitrary<Terms> = fc.record({
  instruments: fc.constantFrom(1, 1, 2),
  wallet: fc.constantFrom('10000', '10000', '20', '3', '0.5'),
  leverage: fc.constantFrom(1, 5, 20, 100),
  marginMode: fc.constantFrom('isolated', 'cross'),
  makerFee: fc.constantFrom('0.0002', '0', '-0.00005'),
  takerFee: fc.constantFrom('0.0006', '0.000375', '0'),
  requestMs: fc.constantFrom(0, 1, 20, 100, 250),
  responseMs: fc.constantFrom(0, 50),
  staleMs: fc.constantFrom(30_000, 30_000, 2_000),
  ordersPerSecond: fc.constantFrom(4, 100, 100),
  gateLeverage: fc.constantFrom(5, 1_000, 1_000),
  maxNotional: fc.constantFrom(null, null, '3'),
  dayLossPercent: fc.constantFrom(1, 1_000_000, 1_000_000),
  queueExponent: fc.constantFrom(1, 3, 3),
  tailAgeMs: fc.constantFrom(120_000, 120_000, 1_500),
});

/** What a step is, before it is known when it happens and what went before it. */
type Step =
  | { readonly kind: 'action'; readonly make: (orders: readonly string[], next: string) => Action }
  | { readonly kind: 'event'; readonly make: (atMs: number) => MarketEvent };

const instrument = fc.constantFrom(0, 0, 0, 1);
const side = fc.constantFrom('buy' as const, 'sell' as const);
const quantity = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 2, max: 14 }) },
  { weight: 2, arbitrary: fc.integer({ min: 15, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 41, 61) },
);
const offset = fc.integer({ min: -6, max: 6 });
const source = fc.constantFrom('mark' as const, 'last' as const);
/** Where an order's or a trigger's price stands, seen from the base price: mostly near, now and then beyond the band. */
const priceOffset = fc.oneof(
  { weight: 20, arbitrary: offset },
  { weight: 1, arbitrary: fc.constantFrom(-120, 120, -30, 30) },
);

const submit: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    side,
    quantity,
    at: priceOffset,
    trigger: offset,
    stop: offset,
    type: fc.constantFrom(
      ...(['market', 'market', 'limit', 'limit', 'limit', 'limit', 'limit', 'limit'] as const),
      ...(['stop_market', 'stop_limit', 'take_profit', 'trailing_stop'] as const),
    ),
    tif: fc.constantFrom(...(['gtc', 'gtc', 'gtc', 'ioc', 'fok', 'post_only'] as const)),
    on: source,
    isReduceOnly: fc.constantFrom(false, false, false, false, false, true),
    bracket: fc.constantFrom('none', 'none', 'none', 'both', 'tp', 'sl'),
    name: fc.constantFrom('own', 'own', 'own', 'own', 'own', 'own', 'own', 'none', 'again', 'odd'),
    trailBps: fc.constantFrom(1, 3, 10),
    isActive: fc.boolean(),
  })
  .map((drawn): Step => {
    const { type, side: way, isReduceOnly } = drawn;
    const place = (from: number): number => (BASE_PRICES[drawn.instrument] ?? 0) + from;
    const isConditional = type !== 'market' && type !== 'limit';
    const hasPrice = type === 'limit' || type === 'stop_limit' || (type === 'take_profit' && drawn.isActive);
    const isOdd = drawn.name === 'odd';
    // The right side of the market, most of the time.
    const isUp = (way === 'buy') === (type !== 'take_profit');
    const fireAt = place(isUp ? Math.abs(drawn.trigger) + 1 : -Math.abs(drawn.trigger) - 1);
    const triggerPrice =
      type === 'trailing_stop'
        ? drawn.isActive
          ? null
          : place(drawn.trigger)
        : isOdd
          ? place(drawn.trigger)
          : fireAt;
    const gain = way === 'buy' ? 1 : -1;
    const isEntry = drawn.bracket !== 'none' && !isReduceOnly;
    const terms: Omit<Submit, 'clientId'> = {
      ...{ do: 'submit', instrument: drawn.instrument, side: way, type, quantity: drawn.quantity },
      price: hasPrice && !(isOdd && drawn.isActive) ? place(drawn.at) : null,
      tif: type === 'market' ? 'ioc' : drawn.tif,
      reduceOnly: isReduceOnly,
      trigger:
        isConditional && !(isOdd && drawn.stop === 0)
          ? { on: drawn.on, price: triggerPrice, trailBps: type === 'trailing_stop' ? drawn.trailBps : null }
          : null,
      bracket: isEntry
        ? {
            on: drawn.on,
            takeProfit:
              drawn.bracket === 'sl' ? null : place(gain * (isOdd ? -1 : 1) * (Math.abs(drawn.stop) + 1)),
            stopLoss:
              drawn.bracket === 'tp' ? null : place(-gain * (isOdd ? -1 : 1) * (Math.abs(drawn.trigger) + 1)),
          }
        : null,
    };
    return {
      kind: 'action',
      make: (orders, next) => {
        const clientId =
          drawn.name === 'none' ? null : drawn.name === 'again' ? (orders.at(-1) ?? next) : next;
        return { ...terms, clientId };
      },
    };
  });

/** One of the orders so far, the newer ones more often; now and then one that never was. */
const which = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 6, 9, 99);
const nameOf = (orders: readonly string[], back: number): string =>
  (back < 90 ? orders.at(-1 - (back % Math.max(1, orders.length))) : undefined) ?? 'nobody';

const cancel: fc.Arbitrary<Step> = which.map((at) => ({
  kind: 'action',
  make: (orders) => ({ do: 'cancel', id: nameOf(orders, at) }),
}));

const amend: fc.Arbitrary<Step> = fc
  .record({ at: which, price: fc.option(offset), quantity: fc.option(fc.integer({ min: 1, max: 20 })) })
  .map((drawn) => ({
    kind: 'action',
    make: (orders) => ({
      ...{ do: 'amend', id: nameOf(orders, drawn.at), quantity: drawn.quantity },
      price: drawn.price === null ? null : (BASE_PRICES[0] ?? 0) + drawn.price,
    }),
  }));

const flatten: fc.Arbitrary<Step> = fc.constant({ kind: 'action', make: () => ({ do: 'flatten' }) });

/** How much older than its arrival the exchange's stamp is: now and then beyond the stale timeout, or before an arrival. */
const bookLag = fc.constantFrom(...([0, 0, 0, 0, 0, 0, 1, 1, 50, 50, 200, 200, 900, 2_500] as const));
const tradeLag = fc.constantFrom(...([0, 0, 0, 0, 0, 0, 0, 0, 1, 50, 200, 900] as const));

const levelsOfSide: fc.Arbitrary<readonly Omit<Level, 'isBid'>[]> = fc.array(
  fc.record({ price: fc.integer({ min: 1, max: 3 }), quantity: fc.integer({ min: 1, max: 12 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

const snapshot: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    middle: fc.constantFrom(-3, -1, -1, 0, 0, 0, 0, 1, 1, 3),
    bids: levelsOfSide,
    asks: levelsOfSide,
    lag: bookLag,
    flaw: fc.constantFrom(
      ...Array.from({ length: 60 }, () => 'none'),
      'crossed',
      'no bids',
      'empty',
      'no stamp',
    ),
  })
  .map(({ instrument: index, middle, bids, asks, lag, flaw }): Step => {
    const levels: Level[] = [];
    const base = (BASE_PRICES[index] ?? 0) + middle;
    for (const isBid of [true, false]) {
      if (flaw === 'empty' || (flaw === 'no bids' && isBid)) continue;
      // Steps away from the middle add up, so that prices differ.
      let price = flaw === 'crossed' ? base + (isBid ? 3 : -3) : base;
      for (const step of isBid ? bids : asks) {
        price += isBid ? -step.price : step.price;
        levels.push({ isBid, price, quantity: step.quantity });
      }
    }
    return {
      kind: 'event',
      make: (atMs) => ({
        ...{ do: 'book', instrument: index, isSnapshot: true, levels },
        exchangeMs: flaw === 'no stamp' ? null : Math.max(0, atMs - lag),
      }),
    };
  });

const update: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    levels: fc.uniqueArray(
      fc.record({
        isBid: fc.boolean(),
        away: fc.constantFrom(0, 1, 1, 2, 2, 3, 3, 4, 5, 6),
        quantity: fc.constantFrom(0, 0, 1, 2, 5, 9, 20),
      }),
      { minLength: 0, maxLength: 4, selector: ({ isBid, away }) => `${isBid} ${away}` },
    ),
    lag: bookLag,
  })
  .map(({ instrument: index, levels, lag }): Step => ({
    kind: 'event',
    make: (atMs) => ({
      ...{ do: 'book', instrument: index, isSnapshot: false, exchangeMs: Math.max(0, atMs - lag) },
      levels: levels.map(({ isBid, away, quantity: size }) => ({
        isBid,
        price: (BASE_PRICES[index] ?? 0) + (isBid ? -away : away),
        quantity: size,
      })),
    }),
  }));

/** A full book: deeper than any window, as far as it goes consistent with none of them. */
const tail: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    middle: fc.constantFrom(-1, 0, 0, 0, 1),
    bids: fc.array(
      fc.record({ price: fc.integer({ min: 1, max: 4 }), quantity: fc.integer({ min: 1, max: 15 }) }),
      { minLength: 2, maxLength: 9 },
    ),
    asks: fc.array(
      fc.record({ price: fc.integer({ min: 1, max: 4 }), quantity: fc.integer({ min: 1, max: 15 }) }),
      { minLength: 2, maxLength: 9 },
    ),
  })
  .map(({ instrument: index, middle, bids, asks }): Step => {
    const levels = [true, false].flatMap((isBid) => {
      let price = (BASE_PRICES[index] ?? 0) + middle;
      return (isBid ? bids : asks).map((level) => {
        price += isBid ? -level.price : level.price;
        return { isBid, price, quantity: level.quantity };
      });
    });
    return { kind: 'event', make: () => ({ do: 'tail', instrument: index, levels }) };
  });

const trade: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    taker: side,
    at: fc.integer({ min: -8, max: 8 }),
    quantity: fc.integer({ min: 1, max: 60 }),
    lag: tradeLag,
  })
  .map(({ instrument: index, taker, at, quantity: size, lag }): Step => ({
    kind: 'event',
    make: (atMs) => ({
      ...{ do: 'trade', instrument: index, taker, quantity: size, exchangeMs: Math.max(0, atMs - lag) },
      price: (BASE_PRICES[index] ?? 0) + at,
    }),
  }));

const markOf = (index: number, at: number, fraction: number): number =>
  ((BASE_PRICES[index] ?? 0) + at) * (MARK_OF_TICK[index] ?? 0) + fraction;

const mark: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    at: offset,
    // Now and then far enough that somebody is liquidated.
    leap: fc.constantFrom(...Array.from({ length: 6 }, () => 0), -0.3, -0.05, -0.01, 0.01, 0.05, 0.3),
    fraction: fc.constantFrom(0, 0, 7),
    next: fc.option(fc.constantFrom(700, 2_500, 4_000)),
  })
  .map(({ instrument: index, at, leap, fraction, next }): Step => ({
    kind: 'event',
    make: () => ({
      do: 'mark',
      instrument: index,
      mark: markOf(index, at + Math.round((BASE_PRICES[index] ?? 0) * leap), fraction),
      nextSettlementMs: next,
    }),
  }));

const funding: fc.Arbitrary<Step> = fc
  .record({
    instrument,
    at: offset,
    settlementMs: fc.constantFrom(1_500, 1_500, 700, 2_500, 4_000),
    rate: fc.constantFrom(100_000_000, -250_000_000, 123_456_789, 0),
  })
  .map(({ instrument: index, at, settlementMs, rate }): Step => ({
    kind: 'event',
    // A rate is published once its instant has passed.
    make: (atMs) =>
      atMs < settlementMs
        ? { do: 'time' }
        : { do: 'funding', instrument: index, settlementMs, rate, mark: markOf(index, at, 3) },
  }));

const rare: fc.Arbitrary<Step> = fc
  .constantFrom(...(['disconnect', 'pause', 'resume', 'resume', 'resume', 'time'] as const))
  .map((what) => ({ kind: 'event', make: () => ({ do: what }) }));

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: submit },
  { weight: 7, arbitrary: cancel },
  { weight: 6, arbitrary: amend },
  { weight: 1, arbitrary: flatten },
  { weight: 16, arbitrary: snapshot },
  { weight: 12, arbitrary: update },
  { weight: 5, arbitrary: tail },
  { weight: 32, arbitrary: trade },
  { weight: 12, arbitrary: mark },
  { weight: 3, arbitrary: funding },
  { weight: 2, arbitrary: rare },
);

export const gap = fc.constantFrom(
  0,
  0,
  0,
  1,
  1,
  19,
  20,
  20,
  80,
  100,
  100,
  150,
  250,
  250,
  250,
  250,
  1_000,
  3_500,
);

export const drawScenario: fc.Arbitrary<Scenario> = fc
  .tuple(drawTerms, fc.array(fc.tuple(gap, step), { minLength: 10, maxLength: 60, size: 'max' }))
  .map(([terms, steps]) => buildScenario(terms, steps, []));

/** `before`: what the market did before the steps. */
export function buildScenario(
  terms: Terms,
  steps: readonly (readonly [number, Step])[],
  before: readonly Timed<MarketEvent>[],
): Scenario {
  const events: Timed<MarketEvent>[] = [...before];
  const actions: Timed<Action>[] = [];
  const orders: string[] = [];
  const firstMs = before.at(-1)?.atMs ?? 0;
  let atMs = firstMs;
  for (const [gapMs, drawn] of steps) {
    atMs += gapMs;
    if (atMs > firstMs + LENGTH_MS) break;
    if (drawn.kind === 'event') {
      const event = drawn.make(atMs);
      if (!('instrument' in event) || event.instrument < terms.instruments) events.push({ ...event, atMs });
      continue;
    }
    const action = drawn.make(orders, `c${orders.length + 1}`);
    if (action.do === 'submit' && action.instrument >= terms.instruments) continue;
    if (action.do === 'submit' && action.clientId !== null && !orders.includes(action.clientId))
      orders.push(action.clientId);
    actions.push({ ...action, atMs });
  }
  return { terms, events, actions, endMs: Math.min(atMs, firstMs + LENGTH_MS) + TAIL_MS };
}
