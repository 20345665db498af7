/** Every file name in a workspace that the shell around a session uses, in one place. */

import { join, resolve } from 'node:path';

export interface WorkspacePaths {
  readonly root: string;
  /** Holds the lock, and requests to the running session. */
  readonly agentDirectory: string;
  readonly lockFile: string;
  /** Held by the kernel while a session runs; nothing but the instance lock may ever open it. */
  readonly lockDatabase: string;
  readonly stopRequest: string;
  /** Names the session that froze last, as its watchdog found it. */
  readonly frozenMark: string;
  readonly logsDirectory: string;
  readonly heartbeat: string;
  readonly alerts: string;
  /** What each alert channel was told so far. */
  readonly alertOutbox: string;
  /** Held by the kernel while a process delivers alerts; nothing else may ever open it. */
  readonly alertDeliveryLock: string;
  readonly systemLog: string;
  readonly sessionsDirectory: string;
  readonly sweepsDirectory: string;
  readonly latestSession: string;
  /** The account between sessions. */
  readonly stateDirectory: string;
  readonly apiToken: string;
  readonly killFile: string;
  readonly configFile: string;
}

/** Name of the configuration file a workspace is searched for. */
export const CONFIG_FILE_NAME = 'laptop-agents.yaml';

/** Returns absolute paths; touches nothing. */
export function workspacePaths(workspace: string): WorkspacePaths {
  const root = resolve(workspace);
  const agentDirectory = join(root, '.agent');
  const logsDirectory = join(root, 'logs');
  const stateDirectory = join(root, 'state');
  return {
    root,
    agentDirectory,
    lockFile: join(agentDirectory, 'lockfile.pid'),
    lockDatabase: join(agentDirectory, 'lock.db'),
    stopRequest: join(agentDirectory, 'stop-request'),
    frozenMark: join(agentDirectory, 'frozen'),
    logsDirectory,
    heartbeat: join(logsDirectory, 'heartbeat.json'),
    alerts: join(logsDirectory, 'alert.txt'),
    alertOutbox: join(stateDirectory, 'alert-outbox.db'),
    alertDeliveryLock: join(agentDirectory, 'alert-delivery.db'),
    systemLog: join(logsDirectory, 'system.jsonl'),
    sessionsDirectory: join(root, 'sessions'),
    sweepsDirectory: join(root, 'sweeps'),
    latestSession: join(root, 'runs', 'latest'),
    stateDirectory,
    apiToken: join(stateDirectory, 'token'),
    killFile: join(root, 'kill.txt'),
    configFile: join(root, CONFIG_FILE_NAME),
  };
}
