/**
 * One follower of the stream: numbers what it is sent and watches how it keeps up.
 *
 * Invariant: at most {@link BEHIND_BYTES} and one snapshot wait for it in memory. A follower that falls behind is sent
 * nothing more until it has caught up, then a snapshot instead of what it missed; one that does not catch up within
 * {@link PATIENCE_MS} is told so and dropped.
 */

import { WebSocket } from 'ws';

/** Bytes that may wait for a follower beside a snapshot. */
const BEHIND_BYTES = 1_048_576;
/** A follower with less than this in waiting has caught up. */
const CAUGHT_UP_BYTES = 65_536;
const PATIENCE_MS = 10_000;
/** How long a follower may take to answer the closing. */
const CLOSE_LIMIT_MS = 1_000;
const PING_INTERVAL_MS = 15_000;

/** WebSocket close codes (RFC 6455 and its register). */
export const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED = 1003;
export const CLOSE_TRY_LATER = 1013;

export class StreamClient {
  readonly #socket: WebSocket;
  #lastSeq = 0;
  #needsSnapshot = true;
  #snapshotBytes = 0;
  /** Since when it is behind; NaN while it keeps up. */
  #behindSinceMs = Number.NaN;
  #pingedMs: number;
  #isAlive = true;

  constructor(socket: WebSocket, nowMs: number) {
    this.#socket = socket;
    this.#pingedMs = nowMs;
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    // An error is followed by the close that its owner hears.
    socket.on('error', () => undefined);
    socket.on('message', () => this.close(CLOSE_UNSUPPORTED, 'the stream takes no messages'));
  }

  /**
   * Sends what this follower is due: the update, or a snapshot. Both are texts of an object's members without braces.
   * Returns false where the follower has to be given up.
   */
  follow(nowMs: number, update: string, snapshot: () => string): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return true;
    const waiting = this.#socket.bufferedAmount;
    if (waiting > BEHIND_BYTES + this.#snapshotBytes) this.#needsSnapshot = true;
    if (this.#needsSnapshot && waiting > CAUGHT_UP_BYTES) {
      if (Number.isNaN(this.#behindSinceMs)) this.#behindSinceMs = nowMs;
      return nowMs - this.#behindSinceMs < PATIENCE_MS;
    }
    this.#behindSinceMs = Number.NaN;
    if (this.#needsSnapshot) {
      const text = this.#number('snapshot', snapshot());
      this.#snapshotBytes = text.length;
      this.#needsSnapshot = false;
      this.#socket.send(text);
    } else if (update !== '') {
      this.#socket.send(this.#number('update', update));
    }
    return this.#checkPulse(nowMs);
  }

  /** What it was sent so far cannot be continued by an update. */
  startOver(): void {
    this.#needsSnapshot = true;
  }

  /** Says why, and does not wait long for an answer. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), CLOSE_LIMIT_MS).unref();
  }

  /** Frees the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #number(type: string, members: string): string {
    return `{"type":"${type}","seq":${++this.#lastSeq},${members}}`;
  }

  /** A connection whose other end is gone without a word is found by its silence. */
  #checkPulse(nowMs: number): boolean {
    if (nowMs - this.#pingedMs < PING_INTERVAL_MS) return true;
    if (!this.#isAlive) return false;
    this.#isAlive = false;
    this.#pingedMs = nowMs;
    this.#socket.ping();
    return true;
  }
}
