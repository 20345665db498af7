/**
 * Settles a session that died without a report, before the next one begins: its account as its log has it, and the report
 * that it could not write. A session that is to be continued is not settled.
 */

import type { AlertChannel } from '../ports/alert-channel.ts';
import type { Logger } from '../ports/logger.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { AccountStore } from '../storage/account-store.ts';
import { DiskReserve } from '../storage/disk-reserve.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';
import { endAmounts } from './end-amounts.ts';
import { describeCarried } from './held-positions.ts';
import { type InterruptedSession, findInterrupted, hasEvents } from './interrupted-session.ts';
import { newAccount } from './start-document.ts';
import { recoverSession } from './recover-session.ts';
import { logRecovery } from './recovery-lines.ts';
import { keepAlerts } from './session-alerts.ts';
import { type ResultFacts, writeResult } from './session-result.ts';
import { wasFrozen } from './was-frozen.ts';

export interface ConcludeFacts {
  readonly paths: WorkspacePaths;
  readonly alerts: AlertChannel;
  readonly logger: Logger;
  /** The machine's own clock. */
  readonly nowMs: number;
  /** Breaks off a replay: the session then stays as it was. */
  readonly signal: AbortSignal;
}

/**
 * Where the log cannot be replayed, the account stays as it was written last; that is alerted, and the session stays
 * without a report.
 */
export async function concludeInterrupted(facts: ConcludeFacts): Promise<void> {
  const interrupted = findInterrupted(facts.paths.root);
  if (interrupted === null || interrupted.manifest.stopped_reason !== null) return;
  const { folder, manifest } = interrupted;
  DiskReserve.remove(folder.reserveFile);
  const conclude = (): void =>
    folder.writeManifest({
      ...manifest,
      local_ended_at: new Date(facts.nowMs).toISOString(),
      stopped_reason: 'crashed',
      exit_code: EXIT_CODES.crashed,
      is_resumable: true,
    });
  if (wasFrozen(folder.id, facts.paths)) {
    // What froze it would freeze its replay too. Its account was written after every block that changed it.
    facts.logger.log(
      'warning',
      'session_was_frozen',
      `Session ${folder.id} was frozen: its log is not replayed`,
    );
    conclude();
    return;
  }
  try {
    if (hasEvents(folder)) await concludeFromLog(interrupted, facts);
    else concludeWithoutEvents(interrupted, facts);
  } catch (error) {
    if (facts.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    facts.alerts.raise(
      'error',
      'recovery_failed',
      `session ${folder.id}: ${reason}; the account stays as it was written last`,
    );
    conclude();
  }
}

async function concludeFromLog(
  { folder, manifest }: InterruptedSession,
  facts: ConcludeFacts,
): Promise<void> {
  const recovered = await recoverSession(folder, { acceptsChange: false, signal: facts.signal });
  logRecovery(recovered.course, facts.logger);
  recovered.log.close();
  recovered.journal.close();
  new AccountStore(facts.paths.stateDirectory).write(recovered.engine.accountEnd(), folder.id, facts.nowMs);
  const { engine, start } = recovered;
  const status = engine.status();
  writeResult({
    ...commonFacts({ folder, manifest }, facts),
    ...endAmounts(engine, start),
    stoppedReason: engine.endReason ?? 'crashed',
    startedMs: status.startedTimeMs,
    endedMs: status.timeMs,
    events: status.events,
    stateHash: engine.stateHash(),
    logChain: recovered.log.chain,
    reconnects: recovered.reconnects.total,
    hasJournal: true,
    manifest: { ...manifest, is_resumable: engine.lifecycle !== 'ended' },
  });
  keepAlerts(folder, facts.paths.alerts, facts.logger);
  facts.logger.log(
    'warning',
    'session_concluded',
    `The report of session ${folder.id} was written from its log`,
    {
      session_id: folder.id,
      events: status.events,
    },
  );
}

/** It died before its market was there: its account is what it found. */
function concludeWithoutEvents(interrupted: InterruptedSession, facts: ConcludeFacts): void {
  const { local_started_at: startedAt, config } = interrupted.manifest;
  const { balance } = config as { readonly balance?: unknown };
  const account =
    new AccountStore(facts.paths.stateDirectory).read() ??
    newAccount(typeof balance === 'string' ? balance : '0');
  const { wallet } = account;
  writeResult({
    ...commonFacts(interrupted, facts),
    openingPositions: account.positions,
    positions: describeCarried(account),
    startingEquity: wallet,
    endingEquity: wallet,
    openingWallet: wallet,
    endingWallet: wallet,
    stoppedReason: 'crashed',
    startedMs: Date.parse(startedAt),
    endedMs: Date.parse(startedAt),
    events: 0,
    stateHash: null,
    logChain: null,
    reconnects: null,
    hasJournal: false,
  });
}

function commonFacts(
  { folder, manifest }: InterruptedSession,
  { paths, nowMs }: ConcludeFacts,
): Pick<ResultFacts, 'folder' | 'manifest' | 'errorCount' | 'alertsFile' | 'localEndMs'> {
  return {
    folder,
    manifest,
    errorCount: null,
    alertsFile: paths.alerts,
    localEndMs: nowMs,
  };
}
