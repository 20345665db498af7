/**
 * A recorded session as the data of a backtest: its own events under a start document of which what was chosen is replaced.
 *
 * What an operator did to the recorded session (stop, pause, flatten, kill) is no part of the market and is passed by; an
 * absence of the program is. Unchanged settings give the orders and fills of the recorded session.
 */

import path from 'node:path';
import { type EventBlock, EventKind } from '../core/domain/event-block.ts';
import type { OperatorCommand } from '../core/domain/commands.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { cutBlock } from '../storage/copy-block.ts';
import type { DatasetFeed } from '../storage/datasets/dataset.ts';
import { EventLogReader } from '../storage/event-log-reader.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { type CallMark, loadMarked } from './call-mark.ts';
import type { Settings } from './config/settings.ts';
import { loadRecordedStrategy, readSessionStart } from './replay-session.ts';
import { composeStart, newAccount } from './start-document.ts';
import { type StrategyMaker, loadStrategyMaker, strategyPlaces } from './strategy-loader.ts';

export interface RecordingPlan {
  readonly start: SessionStart;
  readonly createStrategy: StrategyMaker;
  readonly feed: DatasetFeed;
  /** Name of a built-in strategy, or the file of the user's own. */
  readonly strategy: string;
}

/** Which part of the start document each setting decides. */
const DECIDES: readonly (readonly [setting: RegExp, fields: readonly (keyof SessionStart)[]])[] = [
  [/^seed$/, ['seed']],
  [/^leverage$/, ['leverage', 'risk']],
  [/^margin_mode$/, ['margin_mode']],
  [/^position_mode$/, ['position_mode']],
  [/^fill_model$/, ['fill_model']],
  [/^band$/, ['band']],
  [/^on_end$/, ['on_end']],
  [/^market_data\.stale_timeout$/, ['stale_timeout_ms']],
  [/^engine\.min_history_bars$/, ['min_history_bars']],
  [/^fees\./, ['maker_fee_rate', 'taker_fee_rate', 'fee_tier']],
  [/^liquidation\./, ['liquidation']],
  [/^risk\./, ['risk']],
  [/^(exchange|latency|fills|parametric)\./, ['fills', 'request_latency_ms', 'response_latency_ms']],
];

/** Throws StorageError where the session cannot be read, ConfigError where its strategy cannot be loaded. */
export async function planRecording(
  folder: SessionFolder,
  settings: Settings,
  named: { readonly sessionId: string; readonly source: string },
  calls: CallMark | null,
): Promise<RecordingPlan> {
  const recorded = readSessionStart(folder);
  const isChosen = (key: string): boolean => settings.effective[key]?.origin.kind !== 'default';
  const isOther = isChosen('strategy') || isChosen('params');
  const createStrategy = await loadMarked(calls, () =>
    isOther
      ? loadStrategyMaker(settings.strategy, settings.params, strategyPlaces(settings))
      : loadRecordedStrategy(folder, recorded),
  );
  const strategy = createStrategy();
  const asked = composeStart(settings, {
    ...{ sessionId: named.sessionId, source: named.source, seed: settings.seed ?? recorded.seed },
    ...{ specs: recorded.instruments, strategy, marketEndsAfterMs: recorded.market_ends_after_ms },
    account: isChosen('balance') ? newAccount(settings.balance) : recorded.account,
  });
  const keys = Object.keys(settings.effective).filter(isChosen);
  const replaced = DECIDES.flatMap(([setting, fields]) =>
    keys.some((key) => setting.test(key)) ? fields : [],
  );
  const start: SessionStart = {
    ...recorded,
    ...Object.fromEntries(replaced.map((field) => [field, asked[field]])),
    session_id: named.sessionId,
    source: named.source,
    account: asked.account,
    strategy: asked.strategy,
  };
  const kept = folder.strategyFile === null ? recorded.strategy.name : path.resolve(folder.strategyFile);
  return { start, createStrategy, feed: feedOf(folder), strategy: isOther ? settings.strategy : kept };
}

function feedOf(folder: SessionFolder): DatasetFeed {
  const [startMs, endMs] = spanOf(folder);
  return { startMs, endMs, blocks: (firstSequence) => blocksOf(folder, firstSequence) };
}

/** Time of the first event, and of the end where the manifest knows it. */
function spanOf(folder: SessionFolder): [number, number] {
  let startMs = 0;
  for (const block of new EventLogReader(folder.eventsFolder, 1)) {
    startMs = block.receivedTimeMs[0] ?? 0;
    break;
  }
  const { ended_at: endedAt } = folder.readManifest();
  return [startMs, endedAt === null ? startMs : Math.max(startMs, Date.parse(endedAt))];
}

/** The events behind the recorded start. */
async function* blocksOf(folder: SessionFolder, firstSequence: number): AsyncGenerator<EventBlock> {
  let sequence = firstSequence;
  for (const block of new EventLogReader(folder.eventsFolder)) {
    passOperator(block);
    const isFirst = block.kind[0] === EventKind.sessionStarted;
    const told = isFirst ? cutBlock(block, 1, block.length, sequence) : block;
    if (told.events === 0) continue;
    told.firstSequence = sequence;
    sequence += told.events;
    yield told;
  }
}

/** Turns what an operator did into mere passing of time. */
function passOperator(block: EventBlock): void {
  for (let row = 0; row < block.length; row++) {
    if (block.kind[row] !== EventKind.command) continue;
    const command = block.details[block.price[row] ?? 0] as OperatorCommand;
    if (command.type === 'outage' || command.type === 'set_duration') continue;
    block.kind[row] = EventKind.timeAdvanced;
    block.price[row] = 0;
  }
}
