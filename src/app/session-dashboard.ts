/** Gives a running session its HTTP side: token, server, the thread that reads records, and the way back for wishes. */

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeFileAtomic } from '../ports/atomic-file.ts';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { SecretScrubber } from '../ports/secret-scrubber.ts';
import { ServerStartError } from '../server/server-error.ts';
import type { OperatorWish, SessionAccess } from '../server/session-access.ts';
import type { RunningServer } from '../server/start-server.ts';
import { loadApiToken } from '../session/api-token.ts';
import type { SystemLog } from '../session/system-log.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';
import { isSettledWithin } from './bounded-wait.ts';
import type { LiveSession } from './live-session.ts';
import { programVersion } from './program-version.ts';
import { readLogLines } from './log-lines.ts';
import { RecordsThread } from './records/records-thread.ts';
import { SessionEndError } from './session-end-error.ts';

/** Where the dashboard's build lies. */
const DASHBOARD_FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'web');

/** How long the HTTP server and the records thread may take to close. */
const CLOSE_LIMIT_MS = 1_000;

export interface SessionDashboardOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly paths: WorkspacePaths;
  readonly log: SystemLog;
  readonly scrubber: SecretScrubber;
  readonly sessionId: string;
  readonly live: LiveSession;
  /** A line for the person who watches. */
  readonly note: (text: string) => void;
  /** One that machines are told too. */
  readonly warn: (text: string) => void;
  /** Throws the kill switch where its file cannot be written. */
  readonly kill: () => void;
}

export class SessionDashboard {
  readonly #options: SessionDashboardOptions;
  readonly #records: RecordsThread;
  #server: RunningServer | null = null;

  constructor(options: SessionDashboardOptions) {
    this.#options = options;
    const { paths, sessionId } = options;
    this.#records = new RecordsThread({
      sessionsDirectory: paths.sessionsDirectory,
      sweepsDirectory: paths.sweepsDirectory,
      runningId: sessionId,
    });
  }

  /** Null while it does not listen. */
  get url(): string | null {
    return this.#server?.url ?? null;
  }

  /** Listens. Throws SessionEndError for an address that cannot be had. */
  async start(status: () => HeartbeatFields): Promise<void> {
    const { address, paths, log, scrubber, sessionId, live, note, warn } = this.#options;
    const token = loadApiToken(paths.apiToken);
    scrubber.add(token);
    const session: SessionAccess = {
      sessionId,
      programVersion: programVersion(),
      logs: readLogLines(log.recent),
      records: this.#records,
      status,
      model: () => live.model,
      wish: (wish) => this.#wish(wish),
    };
    // Loaded only where a session has a dashboard: it is a good part of the program.
    const { startServer } = await import('../server/start-server.ts');
    try {
      this.#server = await startServer({
        ...address,
        session,
        token,
        logger: log,
        dashboardFolder: DASHBOARD_FOLDER,
      });
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error;
      throw new SessionEndError('config_invalid', error.message, error);
    }
    note(`Dashboard ${this.#server.url} (token ${token}, from ${paths.apiToken})`);
    if (address.port !== 0 && this.#server.port !== address.port) {
      warn(`Port ${address.port} is busy; ${this.#server.port} is used instead`);
    }
  }

  /** After it nobody reads the session's files through here. */
  async close(): Promise<void> {
    const closed = Promise.all([this.#server?.close(), this.#records.close()]);
    if (!(await isSettledWithin(closed, CLOSE_LIMIT_MS)))
      this.#options.log.log('warning', 'server_close_timeout', 'The HTTP server did not close in time');
  }

  #wish(wish: OperatorWish): boolean {
    const { live } = this.#options;
    switch (wish) {
      case 'pause':
      case 'resume':
      case 'flatten':
        return live.steer(wish);
      case 'stop':
        live.command({ type: 'stop', reason: 'stop_requested', detail: 'over HTTP' });
        return true;
      case 'kill':
        this.#kill();
        return true;
    }
  }

  /** As `la kill` does: the file ends this session, and keeps the next one from starting. */
  #kill(): void {
    const { paths, log, kill } = this.#options;
    try {
      writeFileAtomic(paths.killFile, 'over HTTP\n', { durable: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.log('error', 'kill_file_failed', `kill.txt could not be written: ${reason}`);
      kill();
    }
  }
}
