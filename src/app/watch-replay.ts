/**
 * Ends a replay whose strategy does not come back, as {@link watchCalls} ends a backtest.
 *
 * The patience is that of the session's own budget for a call, as its manifest tells it: a replay needs no settings.
 */

import { assert } from '../core/base/assert.ts';
import { parseSpanMs } from '../core/base/time.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { loadMarked } from './call-mark.ts';
import { watchCalls } from './call-watchdog.ts';
import { SETTINGS } from './config/setting-schemas.ts';
import { loadRecordedStrategy, readSessionStart, recordedStrategy } from './replay-session.ts';
import type { StrategyMaker } from './strategy-loader.ts';

const BUDGET = 'engine.strategy_call_budget';

/**
 * Loads the strategy of a session and does the work with it; throws StrategyStuckError when one of its calls takes too
 * long, and what {@link readSessionStart} and loading throw. `load`: default the strategy as it was recorded.
 */
export async function watchReplay<T>(
  folder: SessionFolder,
  work: (createStrategy: StrategyMaker) => Promise<T>,
  load: () => Promise<StrategyMaker> = () => loadRecordedStrategy(folder, readSessionStart(folder)),
): Promise<T> {
  const { name } = recordedStrategy(folder, readSessionStart(folder));
  return watchCalls(name, { strategyCallBudgetMs: recordedBudgetMs(folder) }, async (calls) =>
    work(await loadMarked(calls, load)),
  );
}

/** The default for a session that does not tell its budget. */
function recordedBudgetMs(folder: SessionFolder): number {
  const { schema, initial } = SETTINGS[BUDGET];
  const config = folder.readManifest().config as Readonly<Record<string, unknown>> | null;
  const recorded = schema.safeParse(config?.[BUDGET]);
  const budgetMs = parseSpanMs(String(recorded.success ? recorded.data : initial), 1);
  assert(budgetMs !== null, `a checked span, found ${String(recorded.data)}`);
  return budgetMs;
}
