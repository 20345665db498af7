/**
 * Feeds the followers of `/api/v1/stream`: every {@link UPDATE_INTERVAL_MS} it looks what changed, spells it once, and hands
 * the same text to everyone who keeps up.
 *
 * It looks on its own timer and only while someone follows, so that the session's loop does nothing for it but note what was
 * said. At most {@link CLIENTS_MAX} may follow.
 */

import type { WebSocket } from 'ws';
import {
  PROTOCOL_VERSION,
  ROWS_MAX,
  STATUS_INTERVAL_MS,
  UPDATE_INTERVAL_MS,
  type Snapshot,
} from '../protocol/messages.ts';
import type { SessionAccess } from './session-access.ts';
import { describeInstruments, describeSession } from './session-info.ts';
import type { SessionReadModel } from './session-read-model.ts';
import { describeStatus } from './session-status.ts';
import { CLOSE_GOING_AWAY, CLOSE_TRY_LATER, StreamClient } from './stream-client.ts';
import { StreamChanges } from './stream-changes.ts';

const CLIENTS_MAX = 256;

/** What monitoring is told of the stream. */
export interface StreamCounts {
  readonly clients: number;
  readonly updates: number;
  readonly dropped: number;
}

export class StreamHub {
  readonly #session: SessionAccess;
  readonly #clients = new Set<StreamClient>();
  #timer: NodeJS.Timeout | null = null;
  #model: SessionReadModel | null = null;
  #changes: StreamChanges | null = null;
  #statusMs = Number.NEGATIVE_INFINITY;
  #statusText = '';
  #updates = 0;
  #dropped = 0;

  constructor(session: SessionAccess) {
    this.#session = session;
  }

  get counts(): StreamCounts {
    return { clients: this.#clients.size, updates: this.#updates, dropped: this.#dropped };
  }

  /** Takes a follower, who is sent a snapshot as soon as there is one. */
  add(socket: WebSocket): void {
    const client = new StreamClient(socket, performance.now());
    if (this.#clients.size >= CLIENTS_MAX) {
      client.close(CLOSE_TRY_LATER, `${CLIENTS_MAX} follow already`);
      return;
    }
    this.#clients.add(client);
    socket.on('close', () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#rest();
    });
    this.#timer ??= setInterval(() => this.tick(performance.now()), UPDATE_INTERVAL_MS).unref();
  }

  /** Tells everyone what is left to tell, and that this was all. */
  close(): void {
    if (this.#clients.size > 0) this.tick(performance.now());
    for (const client of this.#clients) client.close(CLOSE_GOING_AWAY, 'the session ends');
    this.#rest();
  }

  /** Looks once; `nowMs` is monotonic. */
  tick(nowMs: number): void {
    const model = this.#session.model();
    if (model === null) return;
    if (this.#changes === null) {
      this.#model = model;
      model.follow(true);
      this.#changes = new StreamChanges(model, this.#session.logs);
    }
    const changed = this.#changes.take(nowMs);
    if (changed === null) for (const client of this.#clients) client.startOver();
    const update = [this.#statusIfDue(nowMs), changed ?? ''].filter((part) => part !== '').join(',');
    let snapshot: string | null = null;
    const snapshotOnce = (): string => (snapshot ??= this.#composeSnapshot(model));
    if (update !== '') this.#updates++;
    for (const client of this.#clients) {
      if (client.follow(nowMs, update, snapshotOnce)) continue;
      this.#dropped++;
      this.#clients.delete(client);
      client.close(CLOSE_TRY_LATER, 'too slow for the stream');
    }
  }

  /** Nobody follows: nothing is noted for them. */
  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#model?.follow(false);
    this.#model = null;
    this.#changes = null;
  }

  /** Once a second, and at once when the session's state changes. */
  #statusIfDue(nowMs: number): string {
    const status = describeStatus(this.#session);
    const text = `${status.state} ${status.reason} ${status.is_paused}`;
    if (text === this.#statusText && nowMs - this.#statusMs < STATUS_INTERVAL_MS) return '';
    this.#statusText = text;
    this.#statusMs = nowMs;
    return `"status":${JSON.stringify(status)}`;
  }

  /** The members of a snapshot but its type and number. */
  #composeSnapshot(model: SessionReadModel): string {
    const { engine } = model;
    const startedMs = engine.status().startedTimeMs;
    const snapshot: Omit<Snapshot, 'type' | 'seq'> = {
      version: PROTOCOL_VERSION,
      session: describeSession(
        engine.start,
        this.#session.programVersion,
        'paper',
        Number.isNaN(startedMs) ? null : startedMs,
      ),
      status: describeStatus(this.#session),
      instruments: describeInstruments(engine.start),
      account: model.account(),
      candles: engine.view.markets.flatMap((_, index) => model.candles(index, ROWS_MAX.candles)),
      markets: model.markets(),
      books: model.books(ROWS_MAX.book_levels),
      positions: model.positions(),
      ...model.outputLists(),
      logs: this.#session.logs.after(0).slice(-ROWS_MAX.logs),
    };
    return JSON.stringify(snapshot).slice(1, -1);
  }
}
