/** Opens what a session works on: a new folder and the workspace's account, or an interrupted session brought back. */

import { randomInt } from 'node:crypto';
import type { AccountStart } from '../core/domain/session-start.ts';
import { AccountStore } from '../storage/account-store.ts';
import { type SessionFolder, type SessionManifest, createSessionFolder } from '../storage/session-folder.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import { requireInterrupted } from './interrupted-session.ts';
import { type RecoveredSession, recoverSession } from './recover-session.ts';
import { engineHash, strategyHash } from './session-hashes.ts';
import { composeManifest } from './session-manifest.ts';
import { newAccount } from './start-document.ts';
import { type StrategyMaker, readStrategySource } from './strategy-loader.ts';

const SEED_BOUND = 2 ** 32;

export interface OpenedSession {
  readonly folder: SessionFolder;
  readonly manifest: SessionManifest;
  readonly accounts: AccountStore;
  /** As the session found it. */
  readonly account: AccountStart;
  readonly seed: number;
  /** null for a new session. */
  readonly recovered: RecoveredSession | null;
}

export interface OpenSessionFacts {
  readonly settings: Settings;
  readonly workspace: string;
  readonly stateDirectory: string;
  readonly sessionId: string;
  /** Gives a fresh strategy at every call. */
  readonly createStrategy: StrategyMaker;
  /** The machine's own clock. */
  readonly nowMs: number;
  /** Breaks off a replay. */
  readonly signal: AbortSignal;
}

/** Makes the session's folder, or brings the interrupted one back. Throws StorageError, ConfigError, InvariantViolation. */
export async function openSession(facts: OpenSessionFacts): Promise<OpenedSession> {
  return facts.settings.account === 'resume' ? reopen(facts) : create(facts);
}

function create({
  settings,
  workspace,
  stateDirectory,
  sessionId,
  createStrategy,
  nowMs,
}: OpenSessionFacts): OpenedSession {
  const seed = settings.seed ?? randomInt(SEED_BOUND);
  const accounts = new AccountStore(stateDirectory);
  if (settings.account === 'fresh') accounts.archive(nowMs);
  const account = accounts.read() ?? newAccount(settings.balance);
  const strategySource = readStrategySource(settings.strategy);
  const manifest = composeManifest(settings, {
    sessionId,
    seed,
    strategy: createStrategy(),
    strategySource,
    localStartMs: nowMs,
  });
  const folder = createSessionFolder(workspace, manifest);
  if (strategySource !== null) folder.keepStrategy(settings.strategy, strategySource);
  return { folder, manifest, accounts, account, seed, recovered: null };
}

async function reopen({
  settings,
  workspace,
  stateDirectory,
  sessionId,
  createStrategy,
  nowMs,
  signal,
}: OpenSessionFacts): Promise<OpenedSession> {
  const { acceptsChange } = settings;
  const { folder, manifest } = requireInterrupted(workspace);
  if (folder.id !== sessionId)
    throw new ConfigError([`--resume: session ${sessionId} is no longer the newest one here`]);
  if (!acceptsChange) refuseChange(manifest, settings);
  const strategySource = readStrategySource(settings.strategy);
  const recovered = await recoverSession(folder, { createStrategy, strategySource, acceptsChange, signal });
  const accounts = new AccountStore(stateDirectory);
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
    is_resumable: false,
  };
  folder.writeManifest(reopened);
  return {
    folder,
    manifest: reopened,
    accounts,
    account: recovered.start.account,
    seed: manifest.seed,
    recovered,
  };
}

/** A log comes to something else under other code: the account would not be the one that was reported. */
function refuseChange(manifest: SessionManifest, settings: Settings): void {
  const refuse = (what: string): never => {
    throw new ConfigError([
      `--resume: ${what} since session ${manifest.session_id} began; --accept-change continues it all the same`,
    ]);
  };
  const { engine_hash: engine, strategy_hash: strategy, strategy: ran } = manifest;
  if (engine !== null && engine !== engineHash()) refuse('the program was changed');
  const source = readStrategySource(settings.strategy);
  if (strategy !== null && strategy !== strategyHash(ran.name, source)) refuse('the strategy was changed');
}
