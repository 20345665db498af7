/** Composes the manifest that a session starts with: what it is and what decides it; how it ended is not known yet. */

import type { StrategyInstance } from '../core/strategy/strategy.ts';
import { MANIFEST_VERSION, type SessionManifest } from '../storage/session-folder.ts';
import type { Settings } from './config/settings.ts';
import { programVersion } from './program-version.ts';
import { configHash, engineHash, strategyHash } from './session-hashes.ts';

/** How the source of a backtest begins; the path of its data follows. */
export const BACKTEST_SOURCE = 'backtest:';

export interface ManifestFacts {
  readonly sessionId: string;
  readonly seed: number;
  readonly strategy: StrategyInstance;
  /** Text of the strategy's file; null for a built-in one. */
  readonly strategySource: string | null;
  readonly localStartMs: number;
}

export function composeManifest(settings: Settings, facts: ManifestFacts): SessionManifest {
  const { source, symbols, effective } = settings;
  const { strategy } = facts;
  const startedAt = new Date(facts.localStartMs).toISOString();
  const sourceText = source.kind === 'recording' ? `recording:${source.path}` : source.kind;
  const config = {
    ...Object.fromEntries(Object.entries(effective).map(([key, { value }]) => [key, value])),
    // Whoever goes on with the session may stand in another folder.
    source: sourceText,
    strategy: settings.strategy,
  };
  return {
    version: MANIFEST_VERSION,
    session_id: facts.sessionId,
    program_version: programVersion(),
    node_version: process.version,
    seed: facts.seed,
    source: sourceText,
    symbols,
    strategy: { name: strategy.name, params: strategy.params },
    engine_hash: engineHash(),
    strategy_hash: strategyHash(strategy.name, facts.strategySource),
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
