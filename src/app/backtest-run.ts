/**
 * The seam of backtests: one dataset, one start document, one strategy through THE loop; what comes out is up to the sinks.
 *
 * Nothing here touches a disk unless it is given a log or a sink that does. A feed can be run any number of times, by any
 * number of starts: datasets keep what they have read.
 */

import { SECOND_MS } from '../core/base/time.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import { EngineBand } from '../core/engine/engine-band.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import type { FinalReport } from '../report/final-report.ts';
import { runLoop } from '../session/loop.ts';
import type { DatasetFeed } from '../storage/datasets/dataset.ts';
import { endAmounts } from './end-amounts.ts';
import { type EndFacts, composeReport } from './compose-report.ts';
import { RowCollector } from './row-collector.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** Market time behind the last event in which what is open is closed; a stop takes at most 8 s. */
const CLOSING_MS = 10 * SECOND_MS;

/** The end of a session comes behind the last event of its market, not before it. */
export const BEHIND_LAST_MS = 1;

export interface BacktestPlan {
  readonly start: SessionStart;
  /** Gives a fresh strategy at every call. */
  readonly createStrategy: StrategyMaker;
  readonly feed: DatasetFeed;
}

export interface BacktestSurroundings {
  /** Where the events are recorded; absent = nowhere. */
  readonly log?: EventLog;
  /** Who hears what the engine says. */
  readonly sinks?: (engine: Engine) => readonly OutputSink[];
  /** Who hears only with a block: what they keep belongs to its last event. */
  readonly stateSinks?: (engine: Engine) => readonly OutputSink[];
  /** After each block, with the market's time at its end. */
  readonly onProgress?: (timeMs: number) => void;
}

/** A backtest that has ended. */
export interface EndedBacktest {
  readonly engine: Engine;
  /** When the session ended, market time. */
  readonly endedMs: number;
}

/** Runs a backtest to its end. Throws StorageError and what the engine throws. */
export async function runBacktest(
  plan: BacktestPlan,
  surroundings: BacktestSurroundings = {},
): Promise<EndedBacktest> {
  const { log = null, sinks, stateSinks, onProgress } = surroundings;
  const band = new EngineBand(plan.start, plan.createStrategy);
  const end = new EndWatch();
  const heard = [...(sinks?.(band.primary) ?? []), end];
  await runLoop({
    source: blocksOf(plan, () => band.lifecycle === 'ended'),
    log,
    engine: band,
    sinks: [...heard, ...(stateSinks?.(band.primary) ?? [])],
    ...(onProgress === undefined ? {} : { afterBlock: (block) => onProgress(lastTimeMs(block)) }),
  });
  band.finish();
  const rest = band.takeOutputs();
  for (const sink of heard) sink.deliver(rest);
  return { engine: band.primary, endedMs: end.timeMs ?? band.primary.status().timeMs };
}

/** Hears when the session ends. */
class EndWatch implements OutputSink {
  timeMs: number | null = null;

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) if (output.type === 'ended') this.timeMs = output.timeMs;
  }
}

/** A backtest in memory: its report and the rows that a journal would hold. */
export async function evaluateBacktest(
  plan: BacktestPlan,
  surroundings: Omit<BacktestSurroundings, 'log'> = {},
): Promise<{ readonly report: FinalReport; readonly rows: RowCollector }> {
  const rows = new RowCollector(plan.start);
  const ended = await runBacktest(plan, {
    ...surroundings,
    sinks: (engine) => [rows, ...(surroundings.sinks?.(engine) ?? [])],
  });
  return { report: composeReport(backtestEnd(plan, ended), rows.rows()), rows };
}

/** How a backtest ended, as a report tells it. */
export function backtestEnd({ start, feed }: BacktestPlan, { engine, endedMs }: EndedBacktest): EndFacts {
  const status = engine.status();
  return {
    sessionId: start.session_id,
    symbols: start.instruments.map(({ symbol }) => symbol),
    strategy: start.strategy.name,
    source: start.source,
    seed: start.seed,
    stoppedReason: engine.endReason ?? 'crashed',
    startedMs: feed.startMs,
    endedMs,
    ...endAmounts(engine, start),
    events: status.events,
    stateHash: engine.stateHash(),
    reconnects: 0,
    errorCount: status.strategyErrors,
  };
}

/** The start, the market, and time for closing behind its end. */
async function* blocksOf({ start, feed }: BacktestPlan, isOver: () => boolean): AsyncGenerator<EventBlock> {
  const edge = new EventBlock(2);
  edge.reset(0);
  edge.appendSessionStarted(feed.startMs, start);
  yield edge;
  let next = 1;
  let lastMs = feed.startMs;
  for await (const block of feed.blocks(next)) {
    yield block;
    if (isOver()) return;
    next = block.firstSequence + block.events;
    lastMs = lastTimeMs(block);
  }
  // A session that has an end of its own came to it just before.
  const endMs = Math.max(lastMs, feed.endMs) + BEHIND_LAST_MS;
  edge.reset(next);
  edge.appendCommand(endMs, { type: 'stop', reason: 'recording_ended', detail: null });
  edge.appendTimeAdvanced(endMs + CLOSING_MS);
  yield edge;
}

function lastTimeMs(block: EventBlock): number {
  return block.receivedTimeMs[block.length - 1] ?? 0;
}
