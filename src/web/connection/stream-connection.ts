/**
 * Keeps the stream to the server open: connects, reads messages, notices silence, and connects again.
 *
 * The server says something at least once a second; after {@link SILENCE_LIMIT_MS} without a word the socket is given up,
 * because a connection that died without a close would look healthy for ever. Waits between attempts grow to
 * {@link RETRY_MAX_MS}; they never end, because the page may outlive many sessions. A message that cannot be read, or a
 * missing sequence number, ends the socket too: the next one begins with a snapshot.
 */

import { z } from 'zod';
import {
  type StreamMessage,
  PROTOCOL_VERSION,
  STREAM_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  streamMessageSchema,
} from '../../protocol/messages.ts';
import type { ApplyResult } from '../replica/replica.ts';

// Compiled validators need `eval`, which the page's security policy forbids.
z.config({ jitless: true });

const SILENCE_LIMIT_MS = 5_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;

/** What the page knows of its line to the server. `heardMs`: local time of the newest message; null before the first. */
export interface ConnectionState {
  readonly phase: 'connecting' | 'open' | 'lost';
  readonly heardMs: number | null;
  /** Since when there has been no line, local time; null while it is open. */
  readonly lostMs: number | null;
  /** Why the line was lost, a sentence; null where it was not. */
  readonly detail: string | null;
  readonly reconnects: number;
}

export interface StreamOptions {
  readonly url: string;
  readonly token: () => string | null;
  readonly nowMs: () => number;
  readonly onMessage: (message: StreamMessage) => ApplyResult;
  readonly onState: (state: ConnectionState) => void;
}

export class StreamConnection {
  readonly #options: StreamOptions;
  #socket: WebSocket | null = null;
  #state: ConnectionState = { phase: 'connecting', heardMs: null, lostMs: null, detail: null, reconnects: 0 };
  #retryMs = RETRY_FIRST_MS;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    this.#isClosed = false;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#drop();
  }

  #connect(): void {
    this.#retryTimer = null;
    const { url, token } = this.#options;
    const given = token();
    const protocols = [STREAM_SUBPROTOCOL];
    if (given !== null) protocols.push(`${TOKEN_SUBPROTOCOL_PREFIX}${given}`);
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    this.#watchSilence();
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#read(String(data));
    });
    socket.addEventListener('close', ({ reason }) => {
      if (socket === this.#socket) this.#lose(reason === '' ? 'The server closed the connection.' : reason);
    });
  }

  #read(text: string): void {
    const parsed = parseMessage(text);
    if (typeof parsed === 'string') {
      this.#lose(parsed);
      return;
    }
    const result = this.#options.onMessage(parsed);
    if (result !== 'applied') {
      this.#lose(`An update was missed (${result}); connecting again for a whole picture.`);
      return;
    }
    this.#retryMs = RETRY_FIRST_MS;
    this.#watchSilence();
    const heardMs = this.#options.nowMs();
    const wasOpen = this.#state.phase === 'open';
    this.#state = { ...this.#state, phase: 'open', heardMs, lostMs: null, detail: null };
    if (!wasOpen) this.#options.onState(this.#state);
  }

  #lose(detail: string): void {
    this.#drop();
    if (this.#isClosed) return;
    const { lostMs, heardMs, reconnects } = this.#state;
    this.#state = {
      phase: 'lost',
      heardMs,
      lostMs: lostMs ?? this.#options.nowMs(),
      detail,
      reconnects: reconnects + 1,
    };
    this.#options.onState(this.#state);
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #drop(): void {
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#silenceTimer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #watchSilence(): void {
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(
      () => this.#lose('The server has been silent for too long.'),
      SILENCE_LIMIT_MS,
    );
  }
}

/** Returns the message, or a sentence about why it cannot be read. */
function parseMessage(text: string): StreamMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'The server sent something that is not JSON.';
  }
  const parsed = streamMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = z.looseObject({ version: z.unknown() }).safeParse(value).data?.version;
  if (version !== undefined && version !== PROTOCOL_VERSION) {
    return `The server speaks version ${JSON.stringify(version)} of the stream, this page version ${PROTOCOL_VERSION}: reload the page.`;
  }
  const issue = parsed.error.issues[0];
  return `The server sent a message that this page cannot read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}).`;
}
