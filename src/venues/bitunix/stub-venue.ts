/** A small server that says exactly what a test wants on the venue's wire, over real sockets; it has no opinions. */

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { GREETING } from './wire-samples.ts';

export interface StubReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it stands, or a document to be sent as JSON. */
  readonly body: unknown;
  readonly delayMs?: number;
}

export class StubVenue {
  /** Paths asked for, with their queries. */
  readonly requests: URL[] = [];
  /** Frames of the clients. */
  readonly frames: string[] = [];
  readonly clients: { readonly socket: WebSocket; readonly channels: Set<string> }[] = [];
  upgrades = 0;
  /** Answers every upgrade with this status. */
  upgradeStatus: number | null = null;
  answer: (url: URL) => StubReply = () => ({ body: { code: 404, data: null, msg: 'Not Found' } });
  onSubscribe: (channel: string, symbol: string, socket: WebSocket) => void = () => {};
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Socket>();

  constructor() {
    this.#server = createServer((request, response) => this.#reply(request, response));
    this.#server.on('connection', (socket: Socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.upgrades++;
      if (this.upgradeStatus !== null) {
        socket.end(
          `HTTP/1.1 ${this.upgradeStatus} Refused\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`,
        );
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client));
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.#server.once('listening', resolve));
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get restUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get wsUrl(): string {
    return `${this.restUrl.replace('http', 'ws')}/public/`;
  }

  /** Requests of a path so far. */
  asked(path: string): URL[] {
    return this.requests.filter(({ pathname }) => pathname.endsWith(path));
  }

  /** Sends a frame to every client that subscribed to its channel, or to all where it names none. */
  send(text: string): void {
    const channel = /"ch":"([^"]+)"/.exec(text)?.[1];
    for (const client of this.clients) {
      if (channel === undefined || client.channels.has(channel)) client.socket.send(text);
    }
  }

  /** Ends every connection without a close frame. */
  drop(): void {
    for (const socket of this.#raw) socket.destroy();
    this.clients.length = 0;
  }

  #serve(socket: WebSocket): void {
    const client = { socket, channels: new Set<string>() };
    this.clients.push(client);
    socket.on('error', () => {});
    socket.send(GREETING);
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      this.frames.push(text);
      const frame = JSON.parse(text) as {
        op: string;
        ping?: number;
        args?: { ch: string; symbol: string }[];
      };
      if (frame.op === 'ping') socket.send(JSON.stringify({ op: 'ping', pong: frame.ping, ping: 1 }));
      for (const { ch, symbol } of frame.args ?? []) {
        client.channels.add(ch);
        this.onSubscribe(ch, symbol, socket);
      }
    });
  }

  #reply(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://stub');
    this.requests.push(url);
    const { status = 200, headers = {}, body, delayMs = 0 } = this.answer(url);
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }, delayMs);
  }
}

/** A successful envelope. */
export function success(data: unknown): StubReply {
  return { body: { code: 0, data, msg: 'Success' } };
}

export function failure(code: number, msg = 'no'): StubReply {
  return { body: { code, data: null, msg } };
}
