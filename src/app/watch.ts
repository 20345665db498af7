/** `la watch`: supervises `la run` in a process of its own; see the supervisor for what it does, here is how. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { AlertFile } from '../alerts/alert-file.ts';
import { SecretScrubber } from '../ports/secret-scrubber.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { findRunningSession } from '../session/instance-lock.ts';
import { NOTIFY_SOCKET_VARIABLE, SystemdNotifier } from '../session/systemd-notifier.ts';
import type { ProcessEnd } from '../session/restart-policy.ts';
import { type NextSession, type SupervisedSession, Supervisor } from '../session/supervisor.ts';
import { type WorkspacePaths, workspacePaths } from '../session/workspace-paths.ts';
import { AlertDelivery, describeTrouble } from './alert-delivery.ts';
import { type AlertSettings, readAlertAccess } from './config/alert-settings.ts';
import { findInterrupted, hasEvents } from './interrupted-session.ts';
import type { ProgramIo } from './program-io.ts';
import { readHeartbeat } from './read-heartbeat.ts';
import { lastWords, markEnded } from './unreported-end.ts';
import { wasFrozen } from './was-frozen.ts';

/**
 * Variables that the session does not get: the service manager is told by the one that watches, and it is the one that npm
 * started, and that ends when npm's shell does.
 */
const OF_THE_WATCHER: ReadonlySet<string> = new Set([NOTIFY_SOCKET_VARIABLE, 'npm_lifecycle_event']);

const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Archives the account: only the first session may do that. */
const FRESH_FLAG = '--fresh';
const RESUME_FLAG = '--resume';
const DURATION_FLAG = '--duration';

export interface WatchRequest {
  /** The command line of the session: `run` with its options, checked. */
  readonly words: readonly string[];
  readonly workspace: string;
  /** null = for ever. */
  readonly durationMs: number | null;
  readonly alerts: AlertSettings;
}

/** Runs until the session has ended for good; returns the exit code of the last one. */
export async function watchSession(request: WatchRequest, io: ProgramIo): Promise<number> {
  const paths = workspacePaths(request.workspace);
  const access = readAlertAccess(request.alerts, process.env);
  const scrubber = SecretScrubber.fromEnvironment(process.env);
  for (const secret of access.secrets) scrubber.add(secret);
  const note = (text: string): void => void io.stderr.write(`${scrubber.scrub(text)}\n`);
  const alerts = new AlertFile({
    path: paths.alerts,
    scrubber,
    nowMs: () => systemClock.nowMs(),
    onError: (error) =>
      note(`the alert could not be written: ${error instanceof Error ? error.message : String(error)}`),
  });
  const delivery = AlertDelivery.start(paths, request.alerts, access, (news) => {
    const text = describeTrouble(news);
    if (text !== null) note(`la watch: ${text}`);
  });
  const monotonicMs = (): number => systemClock.monotonicMs();
  const service = SystemdNotifier.fromEnvironment(process.env, monotonicMs, (error) =>
    note(`la watch: ${error instanceof Error ? error.message : String(error)}`),
  );
  const supervisor = new Supervisor({
    durationMs: request.durationMs,
    canResume: () => canResume(paths),
    start: (next) => startSession(sessionWords(request.words, next)),
    readHeartbeat: () => readHeartbeat(paths.heartbeat),
    markEnded: (last) => markEnded(paths.heartbeat, last),
    onAlive: () => service?.alive('watching a session'),
    isHeldByOther: () => findRunningSession(paths) !== null,
    lastWords,
    signalNumber: (signal) => constants.signals[signal],
    alerts,
    note,
    clock: systemClock,
  });
  const forward = (signal: NodeJS.Signals): void => supervisor.signal(signal);
  for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
  try {
    return await supervisor.run();
  } finally {
    for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
    alerts.close();
    await delivery.close();
  }
}

/** Whether the newest session of the workspace can be gone on with; one that froze beyond reach would freeze its replay. */
export function canResume(paths: WorkspacePaths): boolean {
  try {
    const interrupted = findInterrupted(paths.root);
    if (interrupted === null) return false;
    const { folder, manifest } = interrupted;
    const isStuck = manifest.stopped_reason === null && wasFrozen(folder.id, paths);
    return !isStuck && hasEvents(folder);
  } catch {
    // What cannot be read is told by the session that is started next.
    return false;
  }
}

/**
 * The command line of one of the processes: a session that can be continued has its settings and its end from itself; of
 * those that begin, the last `--duration` counts, and only the first opens a new account.
 */
export function sessionWords(
  words: readonly string[],
  { kind, remainingMs }: NextSession,
): readonly string[] {
  if (kind === 'first') return words;
  if (kind === 'resumed') {
    const kept = withoutDuration(words).filter((word) => word !== FRESH_FLAG && word !== RESUME_FLAG);
    return [...kept, RESUME_FLAG];
  }
  const kept = words.filter((word) => word !== FRESH_FLAG && word !== RESUME_FLAG);
  return remainingMs === null ? kept : [...kept, DURATION_FLAG, `${remainingMs}ms`];
}

function withoutDuration(words: readonly string[]): readonly string[] {
  return words.filter(
    (word, at) =>
      word !== DURATION_FLAG && words[at - 1] !== DURATION_FLAG && !word.startsWith(`${DURATION_FLAG}=`),
  );
}

/** Starts the program anew as it was started: the same Node, its options, the same entry. */
function startSession(words: readonly string[]): SupervisedSession {
  const [entry = ''] = process.argv.slice(1);
  const environment = Object.entries(process.env).filter(([name]) => !OF_THE_WATCHER.has(name));
  const child = spawn(process.execPath, [...process.execArgv, entry, ...words], {
    env: Object.fromEntries(environment),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return {
    pid: child.pid ?? 0,
    ended: untilEnded(child),
    kill: (signal) => void child.kill(signal),
  };
}

async function untilEnded(child: ReturnType<typeof spawn>): Promise<ProcessEnd> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}
