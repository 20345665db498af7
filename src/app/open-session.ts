/** Opens what a session works on: a new folder and the workspace's account, or an interrupted session brought back. */

import { randomInt } from 'node:crypto';
import type { AccountStart } from '../core/domain/session-start.ts';
import type { StrategyInstance } from '../core/strategy/strategy.ts';
import type { AccountStore } from '../storage/account-store.ts';
import {
  type SessionFolder,
  type SessionManifest,
  MANIFEST_VERSION,
  createSessionFolder,
} from '../storage/session-folder.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import { requireInterrupted } from './interrupted-session.ts';
import { programHash, strategyHash } from './program-hash.ts';
import { programVersion } from './program-version.ts';
import { type RecoveredSession, recoverSession } from './recover-session.ts';
import { newAccount } from './start-document.ts';

const SEED_BOUND = 2 ** 32;

export interface OpenedSession {
  readonly folder: SessionFolder;
  readonly manifest: SessionManifest;
  /** As the session found it. */
  readonly account: AccountStart;
  readonly seed: number;
  /** null for a new session. */
  readonly recovered: RecoveredSession | null;
}

export interface OpenSessionFacts {
  readonly settings: Settings;
  readonly workspace: string;
  readonly sessionId: string;
  readonly strategy: StrategyInstance;
  readonly accounts: AccountStore;
  /** The machine's own clock. */
  readonly nowMs: number;
}

/** Makes the session's folder, or brings the interrupted one back. Throws StorageError and ConfigError. */
export function openSession(facts: OpenSessionFacts): OpenedSession {
  return facts.settings.account === 'resume' ? reopen(facts) : create(facts);
}

function create({
  settings,
  workspace,
  sessionId,
  strategy,
  accounts,
  nowMs,
}: OpenSessionFacts): OpenedSession {
  const seed = settings.seed ?? randomInt(SEED_BOUND);
  if (settings.account === 'fresh') accounts.archive(nowMs);
  const account = accounts.read() ?? newAccount(settings.balance);
  const source =
    settings.source.kind === 'recording' ? `recording:${settings.source.path}` : settings.source.kind;
  const config = Object.fromEntries(
    Object.entries(settings.effective).map(([key, { value }]) => [key, value]),
  );
  const manifest: SessionManifest = {
    version: MANIFEST_VERSION,
    session_id: sessionId,
    program_version: programVersion(),
    node_version: process.version,
    seed,
    source,
    symbols: settings.symbols,
    strategy: { name: strategy.name, params: strategy.params },
    // Whoever goes on with the session may stand in another folder.
    config: { ...config, source, strategy: settings.strategy },
    started_at: new Date(nowMs).toISOString(),
    ended_at: null,
    local_started_at: new Date(nowMs).toISOString(),
    local_ended_at: null,
    stopped_reason: null,
    exit_code: null,
    state_hash: null,
    events: null,
    log_chain: null,
    program_hash: programHash(),
    strategy_hash: strategyHash(settings.strategy),
  };
  return { folder: createSessionFolder(workspace, manifest), manifest, account, seed, recovered: null };
}

function reopen({
  settings,
  workspace,
  sessionId,
  strategy,
  accounts,
  nowMs,
}: OpenSessionFacts): OpenedSession {
  const { folder, manifest } = requireInterrupted(workspace);
  if (folder.id !== sessionId)
    throw new ConfigError([`--resume: session ${sessionId} is no longer the newest one here`]);
  if (!settings.acceptsChange) refuseChange(manifest, settings);
  const recovered = recoverSession(folder, strategy);
  accounts.write(recovered.engine.accountEnd(), folder.id, nowMs);
  // From here on it is under way again, also for whoever looks at it after another crash.
  const reopened: SessionManifest = {
    ...manifest,
    ended_at: null,
    local_ended_at: null,
    stopped_reason: null,
    exit_code: null,
    state_hash: null,
    events: null,
    log_chain: null,
  };
  folder.writeManifest(reopened);
  return { folder, manifest: reopened, account: recovered.start.account, seed: manifest.seed, recovered };
}

/** A log comes to something else under other code: the account would not be the one that was reported. */
function refuseChange(manifest: SessionManifest, settings: Settings): void {
  const refuse = (what: string): never => {
    throw new ConfigError([
      `--resume: ${what} since session ${manifest.session_id} began; --accept-change continues it all the same`,
    ]);
  };
  const { program_hash: program, strategy_hash: strategy } = manifest;
  if (program !== undefined && program !== programHash()) refuse('the program was changed');
  if (strategy !== undefined && strategy !== strategyHash(settings.strategy))
    refuse('the strategy was changed');
}
