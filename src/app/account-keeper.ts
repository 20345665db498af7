/**
 * Keeps the account on disk up to date while a session runs, so that the next one continues from it whatever ends this one.
 *
 * Invariants: written after every block that changed it, as it stood after a whole block whose outputs are in the journal;
 * never in the middle of one. A process that is killed loses nothing of it; a power loss takes at most what changed since
 * the last sync, {@link SYNC_INTERVAL_MS}. Limits: orders in flight, queue places and the strategy's memory are not part
 * of an account. The event log stays the authority.
 */

import type { Output } from '../core/domain/outputs.ts';
import type { AccountStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EngineStatus } from '../core/engine/engine-state.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import type { WallClock } from '../ports/wall-clock.ts';

/** A change is synced to the disk at most this often. */
const SYNC_INTERVAL_MS = 1_000;

/** What of the account store is needed here. */
export interface AccountWriter {
  write(account: AccountStart, sessionId: string, nowMs: number, durable: boolean): void;
}

export class AccountKeeper implements OutputSink {
  readonly #writer: AccountWriter;
  readonly #sessionId: string;
  readonly #clock: WallClock;
  #engine: Pick<Engine, 'accountEnd' | 'status'> | null = null;
  #status: EngineStatus | null = null;
  #account: AccountStart | null = null;
  #text = '';
  #isSynced = true;
  #syncedMs = Number.NEGATIVE_INFINITY;

  constructor(writer: AccountWriter, sessionId: string, clock: WallClock) {
    this.#writer = writer;
    this.#sessionId = sessionId;
    this.#clock = clock;
  }

  /** Names the engine whose outputs will be delivered. */
  attach(engine: Pick<Engine, 'accountEnd' | 'status'>): void {
    this.#engine = engine;
  }

  /** Goes on from an engine that has a session behind it, whose account is on the disk. */
  adopt(engine: Pick<Engine, 'accountEnd' | 'status'>): void {
    this.#engine = engine;
    this.#status = engine.status();
    this.#account = engine.accountEnd();
    this.#text = JSON.stringify(this.#account);
  }

  /** The engine's status after the last block that said anything; null before the first one. */
  get status(): EngineStatus | null {
    return this.#status;
  }

  /** Throws StorageError where the account cannot be written: a session must not go on without it. */
  deliver(outputs: readonly Output[]): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#status = engine.status();
    if (!outputs.some(canChangeAccount)) return;
    const account = engine.accountEnd();
    const text = JSON.stringify(account);
    if (text === this.#text) return;
    this.#account = account;
    this.#isSynced = false;
    if (!this.#syncIfDue()) this.#write(account, false);
    this.#text = text;
  }

  /** Syncs what was written since the last time; call it about once a second. */
  sync(): void {
    if (!this.#isSynced) this.#syncIfDue();
  }

  /** Writes the account as it stood last for good. */
  settle(): void {
    if (this.#account !== null) this.#write(this.#account, true);
  }

  #syncIfDue(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#account === null || nowMs - this.#syncedMs < SYNC_INTERVAL_MS) return false;
    this.#write(this.#account, true);
    this.#syncedMs = nowMs;
    return true;
  }

  #write(account: AccountStart, durable: boolean): void {
    this.#writer.write(account, this.#sessionId, this.#clock.nowMs(), durable);
    this.#isSynced = durable;
  }
}

/** Equity is said steadily, and with it the day of the day-loss limit may have turned. */
function canChangeAccount({ type }: Output): boolean {
  return (
    type === 'ledger' ||
    type === 'fill' ||
    type === 'order' ||
    type === 'equity' ||
    type === 'lifecycle' ||
    type === 'ended'
  );
}
