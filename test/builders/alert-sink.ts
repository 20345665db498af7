/** A stand-in for what alerts are delivered to, on a real socket: it answers as told, and keeps what it took. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a request is answered; `hang` never is, `drop` has its connection cut after the body was read. */
export type SinkAnswer =
  | { readonly kind: 'take' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' };

export interface SinkRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly atMs: number;
  readonly isTaken: boolean;
}

export class AlertSink {
  readonly requests: SinkRequest[] = [];
  /** Answers of the next requests, in order; then `take`. */
  readonly script: SinkAnswer[] = [];
  #server: Server | null = null;
  #port = 0;

  /** Begins to listen, on the same port as before where there was one. */
  async open(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Is down from now on: connections are refused. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What it took, in order. */
  get taken(): readonly SinkRequest[] {
    return this.requests.filter(({ isTaken }) => isTaken);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const answer = this.script.shift() ?? { kind: 'take' };
    const isTaken = answer.kind === 'take' || (answer.kind === 'status' && answer.status < 300);
    const { url: path = '', headers } = request;
    this.requests.push({ path, headers, body, atMs: performance.now(), isTaken });
    if (answer.kind === 'take') response.end('{"ok":true}');
    else if (answer.kind === 'status')
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    else if (answer.kind === 'drop') request.socket.destroy();
  }
}
