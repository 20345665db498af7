/**
 * The exchange against its reference model: random scenarios, compared fill for fill and unit for unit, and audited.
 *
 * How many, and of which seed: ../builders/proof-size.ts.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { START_MS } from '../builders/session.ts';
import { PROOF_SEED as SEED, PROOF_SIZE } from '../builders/proof-size.ts';
import { audit } from './audit.ts';
import { drawMeasuredScenario } from './draw-measured-scenario.ts';
import { drawScenario } from './draw-scenario.ts';
import type { Outcome } from './outcome.ts';
import { ReferenceModel } from './reference-model.ts';
import { runEngine } from './run-engine.ts';
import type { Scenario } from './scenario.ts';
import { Tally } from './tally.ts';

const SCENARIOS = 10_000 * PROOF_SIZE;
const MEASURED_SCENARIOS = 1_000 * PROOF_SIZE;
const LIMIT_MS = 60 * 60_000;

/** Orders that change at the same instant without touching each other have no order between them. */
function byOrder(outcome: Outcome): Outcome {
  const idOf = (line: string): string => line.split(' ')[1] ?? '';
  const changes = outcome.changes.toSorted((one, other) =>
    idOf(one) < idOf(other) ? -1 : idOf(one) > idOf(other) ? 1 : 0,
  );
  return { ...outcome, changes };
}

const tally = new Tally();

/** Plays one scenario through both and compares everything; what it contained is counted. */
function compare(scenario: Scenario, counts: Tally): ReferenceModel {
  const run = runEngine(scenario);
  const model = new ReferenceModel(scenario.terms);
  const outcome = model.play(scenario, START_MS);
  expect(byOrder(run.outcome)).toEqual(byOrder(outcome));
  expect(audit(run, scenario)).toEqual([]);
  counts.add(scenario, outcome);
  return model;
}

test(
  `${SCENARIOS} random scenarios come out of the engine as out of the reference model (seed ${SEED})`,
  { timeout: LIMIT_MS },
  () => {
    fc.assert(
      fc.property(drawScenario, (scenario) => {
        compare(scenario, tally);
      }),
      { numRuns: SCENARIOS, seed: SEED },
    );
    process.stdout.write(`${tally.scenarios} scenarios, seed ${SEED}:\n${tally.text()}\n`);
  },
);

test(
  `${MEASURED_SCENARIOS} random scenarios on markets whose recovery is measured come out alike (seed ${SEED})`,
  { timeout: LIMIT_MS },
  () => {
    const counts = new Tally();
    fc.assert(
      fc.property(drawMeasuredScenario, (scenario) => {
        const { exchange } = compare(scenario, counts);
        const rate = exchange.market(0).resilience.ratePerMs();
        if (rate !== null && rate > 0) counts.count('measured rates');
        if (exchange.market(0).hasFaded) counts.count('faded consumption');
      }),
      { numRuns: MEASURED_SCENARIOS, seed: SEED },
    );
    const least = {
      'measured rates': 0.4,
      'faded consumption': 0.15,
      'taker fills': 1,
      'extrapolated fills': 0.05,
    };
    const missing = Object.entries(least).filter(
      ([what, share]) => counts.of(what) < Math.floor(counts.scenarios * share),
    );
    expect(missing, counts.text()).toEqual([]);
  },
);

/** Least number a scenario, on average; what is too rare for the number of scenarios played is not asked for. */
const ENOUGH: readonly (readonly [what: string, share: number])[] = [
  ['maker fills', 0.15],
  ['taker fills', 0.5],
  ['extrapolated fills', 0.05],
  ['partly filled orders', 0.2],
  ['round trips', 0.1],
  ['funding payments', 0.01],
  ['two instruments', 0.2],
  ['cancel too late', 0.003],
  ['amend too late', 0.002],
  ['canceled cancel_requested', 0.2],
  ['canceled other_exit_triggered', 0.02],
  ['canceled reduce_only_shrunk', 0.05],
  ['canceled amended_below_filled', 0.001],
  ['canceled liquidation', 0.01],
  ['filled liquidation', 0.01],
  ['rejected would_be_liquidated', 0.001],
  ['expired ioc_remainder', 0.05],
  ['expired fok_not_fillable', 0.05],
  ['expired market_remainder', 0.05],
  ['expired post_only_would_cross', 0.05],
  ['rejected quantity_below_minimum', 0.02],
  ['rejected quantity_above_maximum', 0.02],
  ['rejected buy_price_above_band', 0.003],
  ['rejected sell_price_below_band', 0.003],
  ['rejected reduce_only_without_position', 0.02],
  ['rejected reduce_only_same_direction', 0.02],
  ['rejected tier_limit_exceeded', 0.02],
  ['rejected insufficient_balance', 0.02],
  ['rejected no_market', 0.02],
  ['rejected stop_not_above_last', 0.001],
  ['rejected stop_not_above_mark', 0.001],
  ['rejected stop_not_below_last', 0.001],
  ['rejected stop_not_below_mark', 0.001],
  ['rejected take_profit_not_above_last', 0.001],
  ['rejected take_profit_not_above_mark', 0.001],
  ['rejected take_profit_not_below_last', 0.001],
  ['rejected take_profit_not_below_mark', 0.001],
  ['denial market_data_stale', 0.1],
  ['denial paused', 0.02],
  ['denial order_rate', 0.01],
  ['denial leverage', 0.003],
  ['denial position_notional', 0.02],
  ['denial day_loss', 0.0001],
  ['canceled risk_limit', 0.001],
  ['repeated client ids', 0.05],
  ['denial not_amendable', 0.05],
  ['denial order_unknown', 0.02],
  ['denial quantity_invalid', 0.01],
  ['denial price_invalid', 0.02],
  ['denial trigger_invalid', 0.002],
];

test('the scenarios contain enough of everything', () => {
  const missing = ENOUGH.filter(([what, share]) => tally.of(what) < Math.floor(tally.scenarios * share));
  expect(missing).toEqual([]);
});
