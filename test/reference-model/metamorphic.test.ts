/**
 * Laws that need no expected value: what must not change, or must change just so, when a scenario is changed.
 *
 * How many scenarios, and of which seed: ../builders/proof-size.ts.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventBlock } from '../../src/core/domain/event-block.ts';
import { EventDecoder } from '../../src/storage/event-decoder.ts';
import { EventEncoder } from '../../src/storage/event-encoder.ts';
import { PROOF_SEED as SEED, PROOF_SIZE } from '../builders/proof-size.ts';
import { exact } from '../e2e/support/exact-decimal.ts';
import { drawScenario } from './draw-scenario.ts';
import { MARK_OF_TICK, type Outcome } from './outcome.ts';
import { runEngine } from './run-engine.ts';
import {
  type Action,
  BASE_PRICES,
  type MarketEvent,
  type Scenario,
  type Submit,
  type Terms,
  type Timed,
} from './scenario.ts';

const RUNS = 200 * PROOF_SIZE;
const LIMIT_MS = 600_000;

/** Limits that never bind, so that a law about fills is not one about limits. */
const FREE: Partial<Terms> = {
  ...{ wallet: '1000000', leverage: 1, gateLeverage: 1_000, maxNotional: null },
  ...{ dayLossPercent: 1_000_000, staleMs: 30_000 },
};

function withTerms(scenario: Scenario, terms: Partial<Terms>): Scenario {
  return { ...scenario, terms: { ...scenario.terms, ...terms } };
}

/** The outcome without the numbers of events, which shift where events are added. */
function timeless(outcome: Outcome): Outcome {
  return { ...outcome, fills: outcome.fills.map((line) => line.replace(/ event \d+$/, '')) };
}

const outcomeOf = (scenario: Scenario): Outcome => timeless(runEngine(scenario).outcome);

/** Checks a law on many scenarios; at least one in twenty must have had a fill, or it says nothing. */
function holds(law: (scenario: Scenario, salt: number) => Outcome): void {
  let withFills = 0;
  fc.assert(
    fc.property(drawScenario, fc.nat(), (scenario, salt) => {
      if (law(scenario, salt).fills.length > 0) withFills++;
    }),
    { numRuns: RUNS, seed: SEED },
  );
  expect(withFills).toBeGreaterThan(RUNS / 20);
}

describe('laws of the data', { timeout: LIMIT_MS }, () => {
  test('law 1: a restart after any event is as no restart', () => {
    holds((scenario, salt) => {
      const whole = runEngine(scenario);
      const before = runEngine(scenario, { eventsMax: 1 + (salt % (scenario.events.length + 3)) });
      // The new process reads the log from its start and goes on; its blocks are cut elsewhere.
      const after = runEngine(scenario, { eventsPerBlock: 1 + (salt % 5) });
      expect(after.outputs.slice(0, before.outputs.length)).toEqual(before.outputs);
      expect(after.hash).toBe(whole.hash);
      return whole.outcome;
    });
  });

  test('law 2: a book frame, a settlement or a loss of the feed that is told twice changes nothing', () => {
    holds((scenario) => {
      const isRepeated = ({ do: what }: MarketEvent): boolean =>
        what === 'book' || what === 'funding' || what === 'disconnect';
      const events = scenario.events.flatMap((event) => (isRepeated(event) ? [event, event] : [event]));
      const outcome = outcomeOf(scenario);
      expect(outcomeOf({ ...scenario, events })).toEqual(outcome);
      return outcome;
    });
  });

  test('law 3: where the stream is cut into blocks changes nothing', () => {
    holds((scenario, salt) => {
      const whole = runEngine(scenario);
      const cut = runEngine(scenario, { eventsPerBlock: 1 + (salt % 7) });
      expect(cut.hash).toBe(whole.hash);
      expect(cut.outputs).toEqual(whole.outputs);
      return whole.outcome;
    });
  });

  test('law 3b: events that say nothing new change nothing', () => {
    holds((scenario, salt) => {
      const events = scenario.events.flatMap((event, at): Timed<MarketEvent>[] =>
        (at + salt) % 3 === 0 ? [{ do: 'time', atMs: event.atMs }, event] : [event],
      );
      const outcome = outcomeOf(scenario);
      expect(outcomeOf({ ...scenario, events })).toEqual(outcome);
      return outcome;
    });
  });

  test('law 4: an instrument that is not traded changes nothing', () => {
    holds((drawn) => {
      const two = withTerms(drawn, { ...FREE, instruments: 2 });
      const isOurs = (thing: Action | MarketEvent): boolean =>
        !('instrument' in thing) || thing.instrument === 0;
      const actions = two.actions.filter(isOurs);
      const alone = { ...withTerms(two, { instruments: 1 }), actions, events: two.events.filter(isOurs) };
      const outcome = outcomeOf(alone);
      const beside = outcomeOf({ ...two, actions });
      expect({ ...beside, holdings: beside.holdings.slice(0, 1) }).toEqual(outcome);
      return outcome;
    });
  });

  test('law 10: the order of simultaneous events of different instruments changes nothing of either', () => {
    holds((drawn) => {
      const scenario = withTerms(drawn, { ...FREE, instruments: 2 });
      const outcome = outcomeOf(scenario);
      const swapped = outcomeOf({ ...scenario, events: swapInstruments(scenario.events) });
      for (const index of [0, 1]) expect(fillsOf(swapped, index)).toEqual(fillsOf(outcome, index));
      expect(swapped.equity).toBe(outcome.equity);
      return outcome;
    });
  });

  test('law 11: a run is the replay of its own recording', () => {
    holds((scenario) => {
      const live = runEngine(scenario);
      const encoder = new EventEncoder();
      const decoder = new EventDecoder();
      const throughText = (block: EventBlock): EventBlock => {
        const read = new EventBlock(block.capacity);
        read.reset(block.firstSequence);
        for (const line of encoder.encode(block).trimEnd().split('\n'))
          decoder.append(decoder.parse(line), read);
        return read;
      };
      const replayed = runEngine(scenario, { pass: throughText, eventsPerBlock: 9 });
      expect(replayed.hash).toBe(live.hash);
      return live.outcome;
    });
  });
});

describe('laws of money', { timeout: LIMIT_MS }, () => {
  test('law 5: the mirrored market with mirrored orders makes the same gross profit', () => {
    holds((drawn) => {
      // A short is liquidated at a mark that its mirror, a long, survives: the whole wallet stands behind both.
      const terms = { ...FREE, marginMode: 'cross' as const, makerFee: '0', takerFee: '0' };
      // Distances in bps are not linear, funding is not symmetric, and marks between ticks round one way.
      const scenario: Scenario = {
        ...withTerms(drawn, terms),
        actions: drawn.actions.filter((action) => action.do !== 'submit' || action.type !== 'trailing_stop'),
        events: drawn.events
          .filter(({ do: what }) => what !== 'funding')
          .map((event) =>
            event.do === 'mark' ? { ...event, mark: wholeTick(event.mark, event.instrument) } : event,
          ),
      };
      const outcome = outcomeOf(scenario);
      const mirrored = outcomeOf({
        ...scenario,
        actions: scenario.actions.map((action) => ({ ...mirrorAction(action), atMs: action.atMs })),
        events: scenario.events.map((event) => ({ ...mirrorEvent(event), atMs: event.atMs })),
      });
      // The band of order prices is a share of the mark, so it is not its own mirror.
      if ([outcome, mirrored].some(({ changes }) => changes.some((line) => /_band \d+$/.test(line)))) {
        return { ...outcome, fills: [] };
      }
      expect(mirrored.fills.map(sizeOf)).toEqual(outcome.fills.map(sizeOf));
      expect(mirrored.equity).toBe(outcome.equity);
      return outcome;
    });
  });

  test('law 9: a strategy that does nothing ends with its deposit to the last unit', () => {
    fc.assert(
      fc.property(drawScenario, (scenario) => {
        const outcome = outcomeOf({ ...scenario, actions: [] });
        const deposit = exact(scenario.terms.wallet);
        expect(outcome).toMatchObject({ wallet: deposit, equity: deposit, fills: [], trips: [] });
        expect(outcome.ledger).toEqual([`0 deposit ${deposit}`]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test('law 12: higher fees never raise equity', () => {
    holds((drawn) => {
      const cheap = outcomeOf(withTerms(drawn, { ...FREE, makerFee: '-0.00005', takerFee: '0.00026' }));
      const dear = outcomeOf(withTerms(drawn, { ...FREE, makerFee: '0.0002', takerFee: '0.0006' }));
      expect(dear.fills.map(sizeOf)).toEqual(cheap.fills.map(sizeOf));
      if (cheap.fills.length === 0) expect(dear.equity).toBe(cheap.equity);
      else expect(dear.equity).toBeLessThan(cheap.equity);
      return cheap;
    });
  });
});

/** Time, order, size and liquidity of a fill, without prices and money. */
function sizeOf(line: string): string {
  const [timeMs, id, sized = '', liquidity] = line.split(' ');
  return `${timeMs} ${id} ${sized.slice(0, sized.indexOf('@'))} ${liquidity}`;
}

/** Fills of one instrument, told by their prices. */
function fillsOf({ fills }: Outcome, instrument: number): string[] {
  const base = BASE_PRICES[instrument] ?? 0;
  return fills.filter((line) => {
    const price = Number(/@(\d+)/.exec(line)?.[1]);
    return Math.abs(price - base) < base / 2;
  });
}

/** At each time the second instrument's events first; what concerns both stays where it is. */
function swapInstruments(events: readonly Timed<MarketEvent>[]): Timed<MarketEvent>[] {
  const swapped: Timed<MarketEvent>[] = [];
  let group: Timed<MarketEvent>[] = [];
  const flush = (): void => {
    const isFirst = (event: MarketEvent): boolean => 'instrument' in event && event.instrument === 0;
    swapped.push(...group.filter((event) => !isFirst(event)), ...group.filter(isFirst));
    group = [];
  };
  for (const event of events) {
    const isShared = !('instrument' in event);
    if (isShared || group.at(-1)?.atMs !== event.atMs) flush();
    if (isShared) swapped.push(event);
    else group.push(event);
  }
  flush();
  return swapped;
}

function wholeTick(mark: number, instrument: number): number {
  const tick = MARK_OF_TICK[instrument] ?? 1;
  return Math.floor(mark / tick) * tick;
}

const other = (side: 'buy' | 'sell'): 'buy' | 'sell' => (side === 'buy' ? 'sell' : 'buy');

function mirrorPrice(instrument: number, price: number | null): number | null {
  return price === null ? null : 2 * (BASE_PRICES[instrument] ?? 0) - price;
}

function mirrorAction(action: Action): Action {
  if (action.do === 'amend') return { ...action, price: mirrorPrice(0, action.price) };
  if (action.do !== 'submit') return action;
  const at = (price: number | null): number | null => mirrorPrice(action.instrument, price);
  const { trigger, bracket } = action;
  const mirrored: Submit = {
    ...action,
    side: other(action.side),
    price: at(action.price),
    trigger: trigger === null ? null : { ...trigger, price: at(trigger.price) },
    bracket:
      bracket === null
        ? null
        : { ...bracket, takeProfit: at(bracket.takeProfit), stopLoss: at(bracket.stopLoss) },
  };
  return mirrored;
}

function mirrorEvent(event: MarketEvent): MarketEvent {
  if (!('instrument' in event)) return event;
  const at = (price: number): number => mirrorPrice(event.instrument, price) ?? 0;
  switch (event.do) {
    case 'book':
    case 'tail':
      return {
        ...event,
        levels: event.levels.map((level) => ({ ...level, isBid: !level.isBid, price: at(level.price) })),
      };
    case 'trade':
      return { ...event, taker: other(event.taker), price: at(event.price) };
    case 'mark': {
      const tick = MARK_OF_TICK[event.instrument] ?? 1;
      return { ...event, mark: at(event.mark / tick) * tick };
    }
    case 'funding':
      return event;
  }
}
