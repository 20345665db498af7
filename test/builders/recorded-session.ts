/** A session on disk as a live run leaves it, made in the process from events: log, journal, checkpoints, manifest, report. */

import type { EventBlock } from '../../src/core/domain/event-block.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';
import { formatMoney } from '../../src/core/domain/instrument.ts';
import { configHash, engineHash, strategyHash } from '../../src/app/session-hashes.ts';
import { writeResult } from '../../src/app/session-result.ts';
import { runLoop } from '../../src/session/loop.ts';
import { CheckpointWriter } from '../../src/storage/checkpoint-file.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { Journal } from '../../src/storage/journal.ts';
import {
  type SessionFolder,
  type SessionManifest,
  MANIFEST_VERSION,
  createSessionFolder,
} from '../../src/storage/session-folder.ts';
import { START_MS } from './session.ts';
import { syntheticEvents, syntheticStart } from './synthetic-events.ts';

export interface RecordedOptions {
  readonly seed?: number;
  readonly durationMs?: number;
  readonly sessionId?: string;
  /** Leaves the session as `kill -9` after so many blocks does. */
  readonly killedAfterBlocks?: number;
}

/** Records a scripted session on the synthetic market in `workspace`. */
export async function recordSession(
  workspace: string,
  options: RecordedOptions = {},
): Promise<SessionFolder> {
  const { seed = 11, durationMs = 45_000, sessionId = 'synthetic-1', killedAfterBlocks } = options;
  const start: SessionStart = { ...syntheticStart(seed, durationMs, sessionId), band: 'on' };
  const manifest = openingManifest(start);
  const folder = createSessionFolder(workspace, manifest);
  const band = new EngineBand(start, () => {
    const strategy = createBuiltInStrategy(start.strategy.name, start.strategy.params);
    if (strategy === null) throw new Error('no such strategy');
    return strategy;
  });
  const log = FileEventLog.create(folder.eventsFolder);
  const journal = Journal.open(folder.journalFile, start);
  const engine = band.primary;
  const checkpoints = CheckpointWriter.open(folder.checkpointFile, engine);
  const source = take(syntheticEvents(start), killedAfterBlocks ?? Number.POSITIVE_INFINITY);
  await runLoop({ source, log, engine: band, sinks: [journal, checkpoints] });
  band.finish();
  journal.deliver(band.takeOutputs());
  log.close();
  journal.close();
  checkpoints.close();
  if (killedAfterBlocks !== undefined) return folder;
  const status = engine.status();
  writeResult({
    folder,
    manifest,
    stoppedReason: engine.endReason ?? 'crashed',
    startedMs: status.startedTimeMs,
    endedMs: status.timeMs,
    startingEquity: formatMoney(engine.startingEquity),
    endingEquity: formatMoney(status.equity),
    openingWallet: '0',
    endingWallet: formatMoney(status.wallet),
    openingPositions: [],
    positions: [],
    events: log.events,
    stateHash: engine.stateHash(),
    logChain: log.chain,
    reconnects: 0,
    errorCount: 0,
    hasJournal: true,
    alertsFile: '/nonexistent',
    localEndMs: status.timeMs,
  });
  return folder;
}

function openingManifest(start: SessionStart): SessionManifest {
  const startedAt = new Date(START_MS).toISOString();
  const config = { strategy: start.strategy.name, params: start.strategy.params };
  return {
    version: MANIFEST_VERSION,
    session_id: start.session_id,
    program_version: '0.1.0',
    node_version: process.version,
    seed: start.seed,
    source: start.source,
    symbols: start.instruments.map(({ symbol }) => symbol),
    strategy: { name: start.strategy.name, params: start.strategy.params },
    engine_hash: engineHash(),
    strategy_hash: strategyHash(start.strategy.name, null),
    config_hash: configHash(config),
    config,
    started_at: startedAt,
    ended_at: null,
    local_started_at: startedAt,
    local_ended_at: null,
    stopped_reason: null,
    exit_code: null,
    state_hash: null,
    events: null,
    log_chain: null,
    is_resumable: false,
    compaction: null,
  };
}

function* take(blocks: Iterable<EventBlock>, count: number): Generator<EventBlock> {
  let left = count;
  for (const block of blocks) {
    if (left-- <= 0) return;
    yield block;
  }
}
