/**
 * The session's HTTP side: probes, status, stop, and a page for people.
 *
 * Bound to loopback unless told otherwise; `request-guard.ts` decides who is answered. A busy port moves to the next free
 * one. The server only reads what it is given and reports wishes to its owner; it never touches the session itself.
 */

import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { Logger } from '../ports/logger.ts';
import { isLoopbackHost, RequestGuard } from './request-guard.ts';
import { renderStatusPage, STATUS_PAGE_POLICY } from './status-page.ts';

/** Ports tried after a busy one. */
const PORT_TRIES_MAXIMUM = 20;
const PORT_LAST = 65_535;
const BODY_BYTES_MAXIMUM = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;

export interface ServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly status: () => HeartbeatFields;
  /** Someone with the token asks for a graceful end. May be called more than once. */
  readonly onStop: () => void;
  /** null = none: nothing can be written, and nothing beyond loopback can be bound. */
  readonly token: string | null;
  readonly logger: Logger;
}

export interface RunningServer {
  /** `http://HOST:PORT` as a browser on this machine writes it. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

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

/** Starts listening. Rejects with {@link ServerStartError}. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, token } = options;
  if (token === null && !isLoopbackHost(host)) {
    throw new ServerStartError(
      'token_missing',
      `${host} can be reached from other machines: that needs a token`,
    );
  }
  const lastPort = port === 0 ? 0 : Math.min(port + PORT_TRIES_MAXIMUM, PORT_LAST);
  for (let candidate = port; candidate <= lastPort; candidate++) {
    const server = createServer(options);
    try {
      await server.listen({ host, port: candidate });
    } catch (error) {
      await server.close();
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServerStartError('listen_failed', `cannot listen on ${host}:${candidate}: ${reason}`, error);
    }
    return describeServer(server, options);
  }
  throw new ServerStartError('port_busy', `ports ${port} to ${lastPort} of ${host} are all in use`);
}

function describeServer(server: FastifyInstance, { host, port, logger }: ServerOptions): RunningServer {
  const address = server.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const shownHost =
    host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${shownHost}:${bound}`;
  if (port !== 0 && bound !== port) {
    logger.log('warning', 'dashboard_port_busy', `Port ${port} is in use, the dashboard is at ${url}`, {
      port,
      url,
    });
  }
  logger.log('info', 'dashboard_listening', `Dashboard at ${url}`, { url });
  return {
    url,
    port: bound,
    async close() {
      // A page that is open in a browser holds its connection; the session does not wait for it.
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

function createServer(options: ServerOptions): FastifyInstance {
  const { status, onStop, logger } = options;
  const guard = new RequestGuard(options.host, options.token);
  const server = fastify({
    bodyLimit: BODY_BYTES_MAXIMUM,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });

  // Before routing, so that what is refused learns nothing about what is served.
  server.addHook('onRequest', (request, reply, done) => {
    protectAnswer(reply);
    const { host, origin, authorization } = request.headers;
    const isProbe = request.url === '/healthz' || request.url === '/readyz';
    const refusal = guard.refusal({ method: request.method, host, origin, authorization }, isProbe);
    if (refusal === null) {
      done();
      return;
    }
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.code(refusal.status).send({ error: refusal.error });
  });
  server.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) logger.log('error', 'http_request_failed', error.message);
    return reply.code(code).send({ error: code >= 500 ? 'internal error' : error.message });
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));

  // The answer itself is the proof: a loop that stands still gives none.
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', (_request, reply) => {
    const { state } = status();
    return reply
      .code(state === 'running' ? 200 : 503)
      .send({ status: state === 'running' ? 'ready' : 'not ready', state });
  });
  server.get('/api/v1/status', () => status());
  server.post('/api/v1/stop', (_request, reply) => {
    logger.log('info', 'stop_requested', 'Stop requested over HTTP');
    onStop();
    return reply.code(202).send({ status: 'stopping' });
  });
  server.get('/', (_request, reply) =>
    reply
      .header('content-security-policy', STATUS_PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(renderStatusPage(status())),
  );
  // A stop needs no body, so whatever type one claims to have is let through unread.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    payload.on('end', () => {
      done(null);
    });
  });
  return server;
}

function protectAnswer(reply: FastifyReply): void {
  reply.headers({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
}
