/** The running session as the page sees it: its replica, its line to the server, and the state of that line. */

import { ReplicaStore } from '../replica/replica-store.ts';
import { scheduleFrame } from '../replica/schedule-frame.ts';
import { type ConnectionState, StreamConnection } from './stream-connection.ts';
import { readToken } from './token-store.ts';

export class LiveSession {
  readonly store = new ReplicaStore(scheduleFrame);
  readonly #connection: StreamConnection;
  readonly #listeners = new Set<() => void>();

  constructor() {
    const url = new URL('api/v1/stream', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    this.#connection = new StreamConnection({
      url: url.href,
      token: readToken,
      nowMs: () => Date.now(),
      onMessage: (message) => this.store.receive(message),
      onState: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  open(): void {
    this.#connection.open();
  }

  close(): void {
    this.#connection.close();
  }

  /** The line's state now; its age grows without a call to a listener. */
  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** Calls back when the line is lost or back; returns how to end that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
