/**
 * Watches the event loop of a session from a thread of its own, which goes on when the loop stands still.
 *
 * The loop counts a beat in shared memory. A stall is alerted by the thread itself (`loop-watchdog-worker.ts`); a loop
 * that is frozen for longer is broken out of what it does, so that the session can end in its usual way; where not even
 * that helps (frozen in native code), the thread leaves the last words and ends the process.
 * Assumption: stopped before the session writes its results, which is long synchronous work of its own.
 */

import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../core/domain/outputs.ts';
import { NO_ENVIRONMENT } from './thread-environment.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';

/** A loop that has not turned for so long is worth an alert. */
export const STALL_ALERT_MS = 5_000;

/** Pace of the beat, and of the thread that looks at it. */
export const BEAT_INTERVAL_MS = 250;

/** Cells of the shared memory. */
export const BEAT_CELL = 0;
export const FROZEN_CELL = 1;
const CELLS = 2;

/** What the thread needs to judge and to speak; plain data. */
export interface WatchdogTask {
  readonly cells: SharedArrayBuffer;
  readonly sessionId: string;
  readonly freezeTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly paths: Pick<WorkspacePaths, 'alerts' | 'systemLog' | 'heartbeat' | 'frozenMark'>;
}

export interface LoopWatchdogOptions extends Omit<WatchdogTask, 'cells'> {
  /** The loop was frozen and turns again: the session must end. Told once. */
  readonly onFrozen: () => void;
  /** The thread itself failed; the session is not watched any more. */
  readonly onError: (error: unknown) => void;
}

export class LoopWatchdog {
  readonly #cells: Int32Array;
  readonly #beat: NodeJS.Timeout;
  readonly #worker: Worker;

  constructor({ onFrozen, onError, ...task }: LoopWatchdogOptions) {
    const memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
    const cells = new Int32Array(memory);
    this.#cells = cells;
    let isTold = false;
    this.#beat = setInterval(() => {
      Atomics.add(cells, BEAT_CELL, 1);
      if (isTold || Atomics.load(cells, FROZEN_CELL) === 0) return;
      isTold = true;
      onFrozen();
    }, BEAT_INTERVAL_MS);
    this.#beat.unref();
    const workerData: WatchdogTask = { ...task, cells: memory };
    this.#worker = new Worker(new URL('./loop-watchdog-worker.ts', import.meta.url), {
      workerData,
      env: NO_ENVIRONMENT,
    });
    this.#worker.on('error', onError);
    this.#worker.unref();
  }

  /** Whether the loop was found frozen; known within the very turn that froze it. */
  get isFrozen(): boolean {
    return Atomics.load(this.#cells, FROZEN_CELL) !== 0;
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    await this.#worker.terminate();
  }
}
