/** The auditor itself: a true run of the engine, made untrue in one way at a time. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Output } from '../../src/core/domain/outputs.ts';
import { lots, money, ticks } from '../../src/core/domain/units.ts';
import { audit } from './audit.ts';
import { drawScenario } from './draw-scenario.ts';
import { type EngineRun, runEngine } from './run-engine.ts';
import type { Scenario } from './scenario.ts';

const SCENARIOS = fc.sample(drawScenario, { numRuns: 300, seed: 5 });

type FillOutput = Output & { readonly type: 'fill' };

/** The first drawn run in which something of the kind happened. */
function runWith(isWanted: (run: EngineRun) => boolean): {
  readonly scenario: Scenario;
  readonly run: EngineRun;
} {
  for (const scenario of SCENARIOS) {
    const run = runEngine(scenario);
    if (isWanted(run)) return { scenario, run };
  }
  throw new Error('no such run was drawn');
}

const fillsOf = (run: EngineRun): FillOutput[] =>
  run.outputs.filter((output): output is FillOutput => output.type === 'fill');

function findingsAfter(
  isWanted: (run: EngineRun) => boolean,
  change: (outputs: readonly Output[]) => readonly Output[],
): readonly string[] {
  const { scenario, run } = runWith(isWanted);
  expect(audit(run, scenario)).toEqual([]);
  return audit({ ...run, outputs: change(run.outputs) }, scenario);
}

/** Changes the first fill of a liquidity. */
function changeFill(
  liquidity: 'maker' | 'taker',
  change: (fill: FillOutput['fill']) => Partial<FillOutput['fill']>,
): readonly string[] {
  return findingsAfter(
    (run) => fillsOf(run).some(({ fill }) => fill.liquidity === liquidity),
    (outputs) => {
      const at = outputs.findIndex((output) => output.type === 'fill' && output.fill.liquidity === liquidity);
      return outputs.map((output, place) =>
        place === at && output.type === 'fill'
          ? { ...output, fill: { ...output.fill, ...change(output.fill) } }
          : output,
      );
    },
  );
}

test.each([
  ['more than is displayed', 'taker', () => ({ quantity: lots(900) }), /took 9\d\d of/],
  ['more than was printed', 'maker', () => ({ quantity: lots(900) }), /of a print of/],
  [
    'a price that the print did not reach',
    'maker',
    (fill: FillOutput['fill']) => ({
      price: ticks(fill.price + (fill.side === 'buy' ? -50 : 50)),
    }),
    /did not reach/,
  ],
  [
    'a fee that is one unit short',
    'taker',
    (fill: FillOutput['fill']) => ({ fee: money(fill.fee - 1n) }),
    /fee/,
  ],
  [
    'the other side',
    'taker',
    (fill: FillOutput['fill']) => ({
      side: fill.side === 'buy' ? ('sell' as const) : ('buy' as const),
    }),
    /not of the side/,
  ],
  [
    'before its arrival',
    'maker',
    (fill: FillOutput['fill']) => ({ timeMs: fill.arrivalTimeMs - 1 }),
    /before its order arrived/,
  ],
  ['evidence that is no event', 'taker', () => ({ evidenceSequence: 100_000 }), /its evidence is no event/],
] as const)('finds %s', (_, liquidity, change, text) => {
  expect(changeFill(liquidity, change).join('\n')).toMatch(text);
});

test('finds a fill that was said twice', () => {
  const found = findingsAfter(
    (run) => fillsOf(run).length > 1,
    (outputs) =>
      outputs.flatMap((output): Output[] => (output.type === 'fill' ? [output, output] : [output])),
  );
  expect(found.join('\n')).toMatch(/is not number[^]*its fills add up to/);
});

test('finds a ledger entry that is missing', () => {
  const found = findingsAfter(
    (run) => fillsOf(run).length > 0,
    (outputs) => outputs.filter((output) => output.type !== 'ledger' || output.entry.kind !== 'fee'),
  );
  expect(found.join('\n')).toMatch(/its fee was not booked[^]*the wallet is/);
});

test('finds an order that comes back from its end', () => {
  const found = findingsAfter(
    (run) => run.outcome.changes.some((line) => line.includes('canceled')),
    (outputs) => {
      const ended = outputs.find((output) => output.type === 'order' && output.order.status === 'canceled');
      const last = outputs.at(-1);
      if (ended?.type !== 'order' || last === undefined) return outputs;
      return [
        ...outputs,
        { ...ended, timeMs: last.timeMs, order: { ...ended.order, status: 'new', closedTimeMs: null } },
      ];
    },
  );
  expect(found.join('\n')).toMatch(/went from canceled to new/);
});

test('finds a payment of funding that was made twice', () => {
  const found = findingsAfter(
    (run) => run.outcome.ledger.some((line) => line.includes('funding')),
    (outputs) =>
      outputs.flatMap((output) =>
        output.type === 'ledger' && output.entry.kind === 'funding' ? [output, output] : [output],
      ),
  );
  expect(found.join('\n')).toMatch(/two payments for settlement/);
});
