/**
 * `la check`: whether a strategy's backtests can be believed: it keeps nothing between runs, does not know the future, and
 * needs no more history than it says.
 *
 * All runs are in one process over one load of the strategy, as a sweep's are: what its module keeps between them shows as
 * another decision. Limit: a strategy that reads its future from a file of its own decides the same in all of them.
 */

import path from 'node:path';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { displayTime } from '../report/display-text.ts';
import { StorageError } from '../storage/storage-error.ts';
import { evaluateBacktest } from './backtest-run.ts';
import { DEFAULT_SEED, composeBacktestStart, neededHistory } from './backtest-start.ts';
import { BacktestMarket, contractsOf } from './backtest-market.ts';
import type { BacktestRequest } from './backtest.ts';
import { type CallMark, loadMarked } from './call-mark.ts';
import { watchCalls } from './call-watchdog.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';
import { ReplayProgress } from './replay-progress.ts';
import { BACKTEST_SOURCE } from './session-manifest.ts';
import { type StrategyMaker, loadStrategyMaker, strategyPlaces } from './strategy-loader.ts';
import { EXIT_STUCK, StrategyStuckError } from './strategy-stuck-error.ts';

/** Ends at which the future is cut off, evenly spread. */
const CUTS = 5;
/** Histories that are tried, in multiples of what the strategy says it needs. */
const HISTORY_FACTORS = [2, 5] as const;
/** Share of the data before which the runs of the recursive check do not begin, so that there is history. */
const HISTORY_SHARE = 0.5;
const EXIT_CAUGHT = 1;

export interface StrategyCheck {
  readonly name: 'state' | 'lookahead' | 'recursive';
  /** null = the strategy decided too little to tell. */
  readonly passed: boolean | null;
  readonly detail: string;
}

interface Subject {
  readonly request: BacktestRequest;
  readonly market: BacktestMarket;
  readonly createStrategy: StrategyMaker;
}

interface Part {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly historyBars: number;
}

/** What a strategy asked for, and when it decided so; what became of it is the market's. */
interface Decision {
  readonly timeMs: number;
  readonly text: string;
}

/** Returns the exit code: 1 when a check caught the strategy or it did not come back, 2 for data that cannot be read. Throws ConfigError. */
export async function checkStrategy(request: BacktestRequest, io: ProgramIo): Promise<number> {
  let checks: readonly StrategyCheck[];
  try {
    checks = await watchCalls(request.settings.strategy, request.settings, (calls) =>
      runChecks(request, calls, io),
    );
  } catch (error) {
    if (error instanceof StrategyStuckError) {
      io.stderr.write(`${error.message}\n`);
      return EXIT_STUCK;
    }
    if (!(error instanceof StorageError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return EXIT_CODES.config_invalid;
  }
  const isCaught = checks.some(({ passed }) => passed === false);
  if (io.json) printJson(io, { ok: !isCaught, checks });
  else
    printTable(
      io,
      checks.map(({ name, passed, detail }) => [
        passed === null ? 'unknown' : passed ? 'ok' : 'CAUGHT',
        name,
        detail,
      ]),
    );
  return isCaught ? EXIT_CAUGHT : 0;
}

async function runChecks(
  request: BacktestRequest,
  calls: CallMark | null,
  io: ProgramIo,
): Promise<readonly StrategyCheck[]> {
  const { settings, further = [] } = request;
  const createStrategy = await loadMarked(calls, () =>
    loadStrategyMaker(settings.strategy, settings.params, strategyPlaces(settings)),
  );
  const market = await BacktestMarket.open(contractsOf(settings, [request, ...further]));
  const { dataset } = market;
  const subject: Subject = { request, market, createStrategy };
  const runs = 2 + CUTS + 1 + HISTORY_FACTORS.length;
  const progress = new ReplayProgress(io, systemClock, 'ran', runs, 'backtests');
  let done = 0;
  const decide = async (part: Part): Promise<readonly Decision[]> => {
    const decisions = await decisionsOf(subject, part);
    progress.update(++done);
    return decisions;
  };
  try {
    const historyBars = neededHistory(settings, dataset, createStrategy());
    const whole: Part = { fromMs: request.fromMs, toMs: request.toMs, historyBars };
    const full = await decide(whole);
    return [
      checkState(full, await decide(whole)),
      await checkLookahead(subject, full, whole, decide),
      await checkRecursion(subject, whole, decide),
    ];
  } finally {
    progress.end();
  }
}

function checkState(first: readonly Decision[], second: readonly Decision[]): StrategyCheck {
  const name = 'state';
  if (first.length === 0 && second.length === 0) return unknown(name);
  const difference = firstDifference(first, second);
  return difference === null
    ? verdict(name, true, `a second run decided the same, ${first.length} times`)
    : verdict(
        name,
        false,
        `a second run decided otherwise: the strategy keeps something between runs; ${difference}`,
      );
}

async function checkLookahead(
  subject: Subject,
  full: readonly Decision[],
  whole: Part,
  decide: (part: Part) => Promise<readonly Decision[]>,
): Promise<StrategyCheck> {
  const name = 'lookahead';
  const { startMs, endMs } = spanOf(subject, whole);
  let compared = 0;
  for (let cut = 1; cut <= CUTS; cut++) {
    const toMs = startMs + Math.floor(((endMs - startMs) * cut) / (CUTS + 1));
    // At its own end a run closes what is open.
    const before = ({ timeMs }: Decision): boolean => timeMs < toMs - (subject.market.dataset.barMs ?? 0);
    const past = full.filter(before);
    const difference = firstDifference(past, (await decide({ ...whole, toMs })).filter(before));
    if (difference !== null)
      return verdict(
        name,
        false,
        `with no data behind ${displayTime(toMs)} it decided otherwise before; ${difference}`,
      );
    compared += past.length;
  }
  return compared === 0
    ? unknown(name)
    : verdict(
        name,
        true,
        `with the future cut off at ${CUTS} places the past stayed the same, ${compared} decisions`,
      );
}

async function checkRecursion(
  subject: Subject,
  whole: Part,
  decide: (part: Part) => Promise<readonly Decision[]>,
): Promise<StrategyCheck> {
  const name = 'recursive';
  if (subject.market.dataset.priceSource === 'stream')
    return unknown(name, 'a recorded book has no history before it: take candles or trades');
  const { startMs, endMs } = spanOf(subject, whole);
  const later = { ...whole, fromMs: startMs + Math.floor((endMs - startMs) * HISTORY_SHARE) };
  const declared = await decide(later);
  let compared = declared.length;
  for (const factor of HISTORY_FACTORS) {
    const historyBars = Math.max(1, whole.historyBars) * factor;
    const longer = await decide({ ...later, historyBars });
    const difference = firstDifference(declared, longer);
    if (difference !== null)
      return verdict(
        name,
        false,
        `with ${historyBars} bars of history in place of the ${whole.historyBars} it declares it decides otherwise; ${difference}`,
      );
    compared += longer.length;
  }
  return compared === 0
    ? unknown(name)
    : verdict(
        name,
        true,
        `${HISTORY_FACTORS.join(' and ')} times the declared history changed none of ${declared.length} decisions`,
      );
}

function spanOf({ market }: Subject, part: Part): { readonly startMs: number; readonly endMs: number } {
  return market.feed(part);
}

async function decisionsOf(
  { request, market, createStrategy }: Subject,
  part: Part,
): Promise<readonly Decision[]> {
  const { settings, data } = request;
  const { dataset, specs } = market;
  const feed = market.feed(part);
  const facts = {
    sessionId: 'check',
    seed: settings.seed ?? DEFAULT_SEED,
    source: `${BACKTEST_SOURCE}${path.resolve(data)}`,
    specs,
    strategy: createStrategy(),
  };
  const start = composeBacktestStart({ ...settings, band: 'off' }, dataset, feed, facts);
  const { rows } = await evaluateBacktest({ start, createStrategy, feed });
  return rows.orders.map((order) => ({
    timeMs: order.decision_time_ms,
    text: [order.symbol, order.side, order.quantity, order.type, order.price ?? '', order.time_in_force]
      .filter((word) => word !== '')
      .join(' '),
  }));
}

/** Null where both decided the same. */
function firstDifference(expected: readonly Decision[], found: readonly Decision[]): string | null {
  const length = Math.max(expected.length, found.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [expected[at], found[at]];
    if (one?.timeMs === other?.timeMs && one?.text === other?.text) continue;
    return `first difference: ${describe(one)}, then ${describe(other)}`;
  }
  return null;
}

function describe(decision: Decision | undefined): string {
  return decision === undefined ? 'nothing' : `${decision.text} at ${displayTime(decision.timeMs)}`;
}

function verdict(name: StrategyCheck['name'], passed: boolean, detail: string): StrategyCheck {
  return { name, passed, detail };
}

function unknown(
  name: StrategyCheck['name'],
  detail = 'the strategy decided nothing on this data',
): StrategyCheck {
  return { name, passed: null, detail };
}
