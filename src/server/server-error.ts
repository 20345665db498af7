/** What keeps the server from starting, or from answering now. */

/** The server cannot be had as configured. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly code: 'token_missing' | 'port_busy' | 'listen_failed';
  readonly retryable = false;
  constructor(code: 'token_missing' | 'port_busy' | 'listen_failed', message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A question that can be answered later. */
export class ServerBusyError extends Error {
  override readonly name = 'ServerBusyError';
  readonly code = 'busy';
  readonly retryable = true;
}
