/**
 * Takes snapshots of a running session at intervals, so that a recovery replays the last of it only.
 *
 * The state is read between two blocks, which is what the session waits for; the rest (the lists that are shown, compression,
 * the disk) happens beside it. Invariants: one snapshot is written at a time, another that falls due meanwhile is left out;
 * a failure to take one is said once and never ends a session. Nothing is taken of a strategy that declares no state.
 */

import { NotPlainError } from '../core/base/saved-state.ts';
import type { EventBlock } from '../core/domain/event-block.ts';
import type { EngineBand } from '../core/engine/engine-band.ts';
import type { Logger } from '../ports/logger.ts';
import type { SessionReadModel } from '../server/session-read-model.ts';
import type { FileEventLog } from '../storage/event-log.ts';
import type { Journal } from '../storage/journal.ts';
import { type Snapshot, type SnapshotOrigin, writeSnapshot } from '../storage/snapshot-file.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ReconnectCount } from './reconnect-count.ts';

/** Session time between two snapshots: what a recovery replays at most, about. */
const SNAPSHOT_INTERVAL_MS = 60_000;
/** Beyond this many events since the last one the next is taken earlier. */
const SNAPSHOT_EVENTS = 50_000;

export interface SnapshotParts {
  readonly folder: string;
  readonly origin: SnapshotOrigin;
  readonly band: EngineBand;
  readonly log: FileEventLog;
  readonly journal: Journal;
  readonly model: SessionReadModel;
  readonly logger: Logger;
  /** Session time between two snapshots, default {@link SNAPSHOT_INTERVAL_MS}. */
  readonly intervalMs?: number;
  /** What former processes of the session counted. */
  readonly reconnects?: ReconnectCount;
}

export class SessionSnapshots {
  readonly #parts: SnapshotParts;
  readonly #reconnects: ReconnectCount;
  #isOn: boolean;
  #dueMs = Number.NaN;
  #dueEvents = SNAPSHOT_EVENTS;
  #writing: Promise<void> | null = null;
  #hasFailed = false;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#reconnects = new ReconnectCount(parts.reconnects?.save());
    this.#isOn = parts.band.isSavable;
    if (!this.#isOn)
      this.#say('info', 'The strategy declares no state: after a crash the whole session is replayed');
  }

  /** A block was processed and its outputs are delivered. */
  observe(block: EventBlock): void {
    this.#reconnects.note(block);
    if (!this.#isOn) return;
    const timeMs = block.receivedTimeMs[block.length - 1] ?? 0;
    if (Number.isNaN(this.#dueMs)) this.#plan(timeMs, block.firstSequence + block.events);
    if (timeMs < this.#dueMs && block.firstSequence + block.events < this.#dueEvents) return;
    this.#plan(timeMs, block.firstSequence + block.events);
    if (this.#writing === null) this.take();
  }

  /** Takes one now; the promise is kept until it is on the disk, or was given up. */
  take(): void {
    const { band, log, journal, model, folder, origin } = this.#parts;
    const { events, timeMs } = band.primary.status();
    let snapshot: Omit<Snapshot, 'model'>;
    try {
      snapshot = {
        ...origin,
        sequence: events - 1,
        time_ms: timeMs,
        state_hash: band.primary.stateHash(),
        log_chain: log.chain,
        journal: journal.mark(events - 1),
        reconnects: this.#reconnects.save(),
        state: band.save(),
      };
    } catch (error) {
      // A journal that takes nothing more ends the session where something of it is to be written.
      if (error instanceof StorageError) return this.#fail(error);
      if (!(error instanceof NotPlainError)) throw error;
      this.#isOn = false;
      this.#say(
        'warning',
        `No more snapshots: ${error.message}; after a crash the whole session is replayed`,
      );
      return;
    }
    const shown = model.save();
    this.#writing = new Promise(setImmediate)
      .then(() => writeSnapshot(folder, { ...snapshot, model: JSON.stringify(shown) }))
      .then(
        () => undefined,
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#writing = null;
      });
  }

  /** Returns once nothing is being written any more. */
  async close(): Promise<void> {
    this.#isOn = false;
    await this.#writing;
  }

  #plan(timeMs: number, events: number): void {
    this.#dueMs = timeMs + (this.#parts.intervalMs ?? SNAPSHOT_INTERVAL_MS);
    this.#dueEvents = events + SNAPSHOT_EVENTS;
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.logger.log('warning', 'snapshot_failed', `A snapshot could not be written: ${reason}`);
  }

  #say(level: 'info' | 'warning', text: string): void {
    this.#parts.logger.log(level, 'no_snapshots', text);
  }
}
