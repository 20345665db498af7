/**
 * `la run`: takes the workspace, holds one session in it, and leaves the truth about how it ended.
 *
 * Every end that the process survives writes final_report.json, a last heartbeat with state `ended`, the account, and an
 * alert where the end was no success; then it frees the lock.
 */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, isAbsolute, sep } from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { AlertFile } from '../alerts/alert-file.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { CrashGuard } from '../session/crash-guard.ts';
import { AlreadyRunning, type InstanceLock, acquireInstanceLock } from '../session/instance-lock.ts';
import { SystemdNotifier } from '../session/systemd-notifier.ts';
import { readKillSwitch } from '../session/kill-switch.ts';
import { watchSignals } from '../session/signal-watch.ts';
import { SystemLog } from '../session/system-log.ts';
import { type CrashPhase, TEST_CRASH_VARIABLE, readTestCrash } from '../session/test-crash.ts';
import { type WorkspacePaths, workspacePaths } from '../session/workspace-paths.ts';
import { toStorageError } from '../storage/storage-error.ts';
import { AlertDelivery, logDelivery } from './alert-delivery.ts';
import { readAlertAccess } from './config/alert-settings.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import { type ProgramIo, answerRefusal } from './program-io.ts';
import { readHeartbeat } from './read-heartbeat.ts';
import { SessionEndError, toSessionEnd } from './session-end-error.ts';
import { newSessionId } from './session-id.ts';
import type { SessionRun } from './session-run.ts';
import { OverrunReports, guardStrategies } from './strategy-guard.ts';
import { describeUnreportedEnd, markEnded } from './unreported-end.ts';
import { forgetFrozen, wasFrozen } from './was-frozen.ts';

/** Holds a session; returns the exit code. Throws ConfigError for settings that no session can have. */
export async function runSession(
  settings: Settings,
  workspaceFolder: string,
  io: ProgramIo,
): Promise<number> {
  const access = readAlertAccess(settings.alerts, process.env);
  // From here on, nothing that ends the process goes unheard.
  const guard = new CrashGuard();
  const interruption = Promise.withResolvers<never>();
  interruption.promise.catch(() => {});
  const breakOff = new AbortController();
  let session: SessionRun | null = null;
  const signals = watchSignals({
    onFirst(signal) {
      if (session !== null) return session.stop(signal);
      const end = new SessionEndError('signal', describeBreakOff(signal, settings));
      breakOff.abort(end);
      interruption.reject(end);
    },
    onSecond: (signal) => session?.hurry(signal),
  });
  const { signal } = breakOff;
  const unlessBrokenOff = <Result>(work: Promise<Result>): Promise<Result> =>
    Promise.race([work, guard.crashed, interruption.promise]);

  const paths = workspacePaths(workspaceFolder);
  const speaker = openSpeaker(settings, paths, access.secrets, io);
  const { alerts, log, scrubber } = speaker;
  const delivery = AlertDelivery.start(paths, settings.alerts, access, (news) => logDelivery(news, log));
  const sessionId = settings.resumes ?? newSessionId(systemClock.nowMs());
  let lock: InstanceLock | null = null;
  try {
    const testCrash = readCrashPhase();
    lock = enter(paths, sessionId);
    if (lock.tookOver !== null) log.log('warning', 'lock_taken_over', `Lock ${lock.tookOver}`);
    const last = readHeartbeat(paths.heartbeat);
    const unreported = describeUnreportedEnd(lock.former, last);
    if (unreported !== null) {
      alerts.raise('critical', 'crashed', unreported);
      // Told once, also where this start is broken off before a heartbeat of its own.
      if (last !== null) markEnded(paths.heartbeat, last);
    }
    // Only who has the workspace pays for loading the rest of the program.
    const { loadStrategyMaker, requireFitting, strategyPlaces } = await unlessBrokenOff(
      import('./strategy-loader.ts'),
    );
    if (settings.account === 'resume' && wasFrozen(sessionId, paths)) {
      const text = `Session ${sessionId} was frozen; its log is replayed, and what froze it may freeze this too`;
      log.log('warning', 'session_was_frozen', text);
      io.stderr.write(`${text}. Without --resume a new session goes on with its account.\n`);
    }
    if (settings.account !== 'resume') {
      const { concludeInterrupted } = await unlessBrokenOff(import('./conclude-interrupted.ts'));
      const facts = { paths, alerts, logger: log, nowMs: systemClock.nowMs(), signal };
      await unlessBrokenOff(concludeInterrupted(facts));
    }
    const places = strategyPlaces(settings);
    const loaded = await unlessBrokenOff(loadStrategyMaker(settings.strategy, settings.params, places));
    requireFitting(loaded(), settings.interval, places);
    const overruns = new OverrunReports();
    // What comes with the program needs no guard; only code that we do not know does.
    const createStrategy = isAbsolute(settings.strategy)
      ? guardStrategies(loaded, settings.strategyCallBudgetMs, overruns)
      : loaded;
    const { SessionRun } = await unlessBrokenOff(import('./session-run.ts'));
    const { openSession } = await unlessBrokenOff(import('./open-session.ts'));
    const nowMs = systemClock.nowMs();
    const { root: workspace, stateDirectory } = paths;
    const opened = await unlessBrokenOff(
      openSession({ settings, workspace, stateDirectory, sessionId, createStrategy, nowMs, signal }),
    );
    forgetFrozen(paths);
    const monotonicMs = (): number => systemClock.monotonicMs();
    const service = SystemdNotifier.fromEnvironment(process.env, monotonicMs, (error) => {
      log.log('warning', 'service_manager_unheard', error instanceof Error ? error.message : String(error));
    });
    const speakers = { io, log, alerts, scrubber, service };
    session = new SessionRun({
      settings,
      paths,
      ...speakers,
      sessionId,
      createStrategy,
      overruns,
      opened,
      testCrash,
    });
    const held = session;
    guard.handOver((error) => held.crash(error));
    return await held.hold();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return speaker.refuse(toSessionEnd(error));
  } finally {
    await delivery.close();
    log.close();
    lock?.release();
    signals.close();
    guard.close();
  }
}

function describeBreakOff(signal: string, { resumes }: Settings): string {
  return resumes === null
    ? `${signal} before the session began`
    : `${signal} before session ${resumes} was brought back: nothing of it is lost, --resume continues it`;
}

interface Speaker {
  readonly alerts: AlertFile;
  readonly log: SystemLog;
  readonly scrubber: SecretScrubber;
  /** Tells everyone who listens that there is no session, and why; returns the exit code. */
  refuse(error: SessionEndError): number;
}

function openSpeaker(
  settings: Settings,
  paths: WorkspacePaths,
  secrets: readonly string[],
  io: ProgramIo,
): Speaker {
  const scrubber = SecretScrubber.fromEnvironment(process.env);
  for (const secret of secrets) scrubber.add(secret);
  const nowMs = (): number => systemClock.nowMs();
  const complain = (error: unknown, what: string): void => {
    const reason = error instanceof Error ? error.message : String(error);
    io.stderr.write(`${what}: ${scrubber.scrub(reason)}\n`);
  };
  const alerts = new AlertFile({
    path: paths.alerts,
    scrubber,
    nowMs,
    onError: (error) => complain(error, 'the alert could not be written'),
  });
  const log = new SystemLog({
    path: paths.systemLog,
    level: settings.logLevel,
    scrubber,
    nowMs,
    onError: (error) => complain(error, 'the system log cannot be written'),
  });
  return {
    alerts,
    log,
    scrubber,
    refuse({ reason, message }) {
      const code = EXIT_CODES[reason];
      // A mistake of usage is told to the one who made it, not to whoever watches the alerts.
      if (code !== 0 && code !== EXIT_CODES.config_invalid) {
        // Where the workspace cannot be written, saying so twice helps nobody.
        if (reason !== 'workspace_unwritable')
          log.log('critical', 'session_refused', message, { reason, exit_code: code });
        alerts.raise('critical', reason, message);
      }
      alerts.close();
      const told = scrubber.scrub(message);
      io.stderr.write(`${told}\n`);
      answerRefusal(io, reason, [told]);
      return code;
    },
  };
}

function readCrashPhase(): CrashPhase | null {
  const found = readTestCrash(process.env);
  if (found === null || typeof found === 'string') return found;
  throw new ConfigError([
    `${TEST_CRASH_VARIABLE}: expected startup, running or shutdown, found ${showValue(found.unknown)}`,
  ]);
}

/** Takes the workspace: writable, not killed, and nobody else's. */
function enter(paths: WorkspacePaths, sessionId: string): InstanceLock {
  try {
    makeFolders(paths.root);
    for (const directory of [paths.agentDirectory, paths.logsDirectory, paths.stateDirectory]) {
      makeFolder(directory);
    }
    for (const directory of [paths.sessionsDirectory, dirname(paths.latestSession)]) {
      if (existsSync(directory)) requireWritable(directory);
    }
    const cause = readKillSwitch(paths.killFile, process.env);
    if (cause !== null)
      throw new SessionEndError('kill_switch', `The kill switch is on (${cause}); nothing was traded`);
    return acquireInstanceLock(paths, { sessionId, startedAt: new Date(systemClock.nowMs()).toISOString() });
  } catch (error) {
    if (error instanceof SessionEndError) throw error;
    if (error instanceof AlreadyRunning) throw new SessionEndError('already_running', error.message, error);
    const { code, message } = toStorageError(error, `use the workspace ${paths.root}`);
    throw new SessionEndError(code === 'disk_full' ? 'disk_full' : 'workspace_unwritable', message, error);
  }
}

/** Not `recursive`: that reports a read-only file system as a missing folder. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    requireWritable(path);
  }
}

/**
 * Throws where `path` is no folder, or one that takes no new file. Found at the start, not at the first alert that has
 * nowhere to go, or at the end, when the account is to be kept.
 */
function requireWritable(path: string): void {
  // Only below a folder is there a `.`.
  accessSync(`${path}${sep}.`, constants.W_OK | constants.X_OK);
}
