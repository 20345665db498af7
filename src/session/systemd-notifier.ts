/**
 * Tells a service manager that started this process (systemd, `Type=notify`) that it is ready, alive, and about to end.
 *
 * The manager restarts a service whose signs of life stop coming: they hang on the heartbeat, so a loop that stands still
 * sends none. Node has no datagram sockets of Unix, so each message is sent by the program `systemd-notify`; the unit needs
 * `NotifyAccess=all`. At most one message is on its way; a sign of life that would be a second one is left out.
 */

import { spawn } from 'node:child_process';

/** Names where the manager listens; it has no meaning for processes that this one starts. */
export const NOTIFY_SOCKET_VARIABLE = 'NOTIFY_SOCKET';
const WATCHDOG_VARIABLE = 'WATCHDOG_USEC';

/** Where the manager does not watch, the signs of life only carry the state. */
const UNWATCHED_INTERVAL_MS = 60_000;

/** Signs of life within the time that the manager waits for one. */
const SIGNS_A_WATCH = 3;

export interface SystemdNotifierOptions {
  /** How often a sign of life is sent at most, ms. */
  readonly intervalMs: number;
  /** Sends assignments such as `READY=1`; resolves when it is done. */
  readonly send: (assignments: readonly string[]) => Promise<void>;
  readonly monotonicMs: () => number;
  /** A message could not be sent. Told once. */
  readonly onError: (error: unknown) => void;
}

export class SystemdNotifier {
  readonly #options: SystemdNotifierOptions;
  #isReady = false;
  #isStopping = false;
  #isFailed = false;
  #sentMs = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> | null = null;

  constructor(options: SystemdNotifierOptions) {
    this.#options = options;
  }

  /** null where no manager listens. */
  static fromEnvironment(
    environment: Readonly<Record<string, string | undefined>>,
    monotonicMs: () => number,
    onError: (error: unknown) => void,
  ): SystemdNotifier | null {
    const socket = environment[NOTIFY_SOCKET_VARIABLE] ?? '';
    if (socket === '') return null;
    const watchMs = Number(environment[WATCHDOG_VARIABLE] ?? 0) / 1_000;
    const intervalMs = watchMs > 0 ? watchMs / SIGNS_A_WATCH : UNWATCHED_INTERVAL_MS;
    return new SystemdNotifier({ intervalMs, send: runSystemdNotify, monotonicMs, onError });
  }

  /** A sign of life; the first one also says that the service is ready. `status`: a line for `systemctl status`. */
  alive(status: string): void {
    const nowMs = this.#options.monotonicMs();
    const isDue = nowMs - this.#sentMs >= this.#options.intervalMs;
    if (this.#isStopping || !isDue || this.#sending !== null) return;
    this.#sentMs = nowMs;
    const assignments = [...(this.#isReady ? [] : ['READY=1']), 'WATCHDOG=1', `STATUS=${status}`];
    this.#isReady = true;
    this.#send(assignments);
  }

  /** From now on nothing is said: what follows is long work, for which the manager has a limit of its own. */
  stopping(): void {
    if (this.#isStopping || !this.#isReady) return;
    this.#isStopping = true;
    const before = this.#sending ?? Promise.resolve();
    void before.then(() => this.#send(['STOPPING=1']));
  }

  #send(assignments: readonly string[]): void {
    const sending = this.#options
      .send(assignments)
      .catch((error: unknown) => {
        if (!this.#isFailed) this.#options.onError(error);
        this.#isFailed = true;
      })
      .then(() => {
        this.#sending = null;
      });
    this.#sending = sending;
  }
}

function runSystemdNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', [...assignments], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`systemd-notify ended with ${code ?? 'a signal'}`));
    });
  });
}
