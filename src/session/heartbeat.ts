/**
 * Writes logs/heartbeat.json once a second, as a whole, so that an outside watchdog can judge the session.
 *
 * Invariant: the loop is never harmed. A failed write is reported to the owner and tried again at the next beat. A loop
 * that stands still writes nothing, which is the signal.
 */

import { dirname } from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { WallClock } from '../ports/wall-clock.ts';
import { writeFileAtomic } from '../ports/atomic-file.ts';
import type { ResourceSample } from './resource-sampler.ts';

const INTERVAL_MS = 1_000;

/** What the session knows; the heartbeat adds time, process and resources. */
export type HeartbeatView = Omit<
  HeartbeatFields,
  'ts' | 'unix_ts' | 'pid' | 'ram_mb' | 'cpu_percent' | 'cpu_pct' | 'event_loop_lag_ms'
>;

export interface HeartbeatOptions {
  readonly path: string;
  readonly clock: WallClock;
  readonly view: () => HeartbeatView;
  readonly sampleResources: () => ResourceSample;
  /** Each beat, after its write: resource limits and progress lines hang here. */
  readonly onBeat?: (fields: HeartbeatFields) => void;
  /** A beat could not be composed or written. */
  readonly onError: (error: unknown) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #resources: ResourceSample | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Writes the first beat at once, then one a second. */
  start(): void {
    this.beat();
    this.#timer = setInterval(() => {
      this.beat();
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** Writes a beat now, out of turn. */
  beat(): void {
    this.#beat(false);
  }

  /** The session as it stands now, with the resources of the last beat. */
  current(): HeartbeatFields {
    const nowMs = this.#options.clock.nowMs();
    const resources = this.#resources;
    return {
      ts: new Date(nowMs).toISOString(),
      unix_ts: nowMs / 1_000,
      pid: process.pid,
      ...this.#options.view(),
      ram_mb: resources?.ramMb ?? null,
      cpu_percent: resources?.cpuPercent ?? null,
      cpu_pct: resources?.cpuPercent ?? null,
      event_loop_lag_ms: resources?.eventLoopLagMs ?? null,
    };
  }

  /** Stops beating after a last, durable beat: the session's state must say `ended` by now. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#beat(true);
  }

  #beat(durable: boolean): void {
    try {
      this.#resources = this.#options.sampleResources();
      const fields = this.current();
      this.#write(`${JSON.stringify(fields, null, 2)}\n`, durable);
      this.#options.onBeat?.(fields);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #write(text: string, durable: boolean): void {
    try {
      writeFileAtomic(this.#options.path, text, { durable });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      // Someone removed the folder; a watchdog without a file would call a healthy session dead.
      makeFolders(dirname(this.#options.path));
      writeFileAtomic(this.#options.path, text, { durable });
    }
  }
}
