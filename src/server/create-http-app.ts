/**
 * Puts the HTTP interface together: guard, limits, headers, errors, then the routes.
 *
 * Every route names what it gives away (`access`); a request is judged by that before anything of it is read. A path asked
 * with a wrong method is refused as such. Errors say a sentence and nothing of the inner workings.
 */

import { fastifyRateLimit } from '@fastify/rate-limit';
import { fastifySwagger } from '@fastify/swagger';
import { fastify, type FastifyReply, type HTTPMethods } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';

import { MINUTE_MS } from '../core/base/time.ts';
import type { Logger } from '../ports/logger.ts';
import { addCommandRoutes } from './command-routes.ts';
import { addDashboardFiles } from './dashboard-files.ts';
import { addDocumentRoutes } from './document-routes.ts';
import type { HttpApp } from './http-app.ts';
import { HttpMetrics } from './http-metrics.ts';
import { addLiveRoutes } from './live-routes.ts';
import { addProbeRoutes } from './probe-routes.ts';
import { addRecordRoutes } from './record-routes.ts';
import { RequestGuard } from './request-guard.ts';
import { ServerBusyError } from './server-error.ts';
import type { SessionAccess } from './session-access.ts';
import { StreamHub } from './stream-hub.ts';
import { addSweepRoutes } from './sweep-routes.ts';
import { addStreamRoute, allowStreams, asksForStream } from './stream-route.ts';
import { RecordsError, type RecordsErrorCode } from './session-records.ts';

const BODY_BYTES_MAX = 4_096;
/** Long enough for a slow line, short enough for a client that sends its headers a byte at a time. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often requests that take too long are looked for. */
const TIMEOUT_CHECK_MS = 1_000;
const CONNECTIONS_MAX = 1_024;
const PARAM_LENGTH_MAX = 128;
/** Requests a minute and address to what lies in memory. */
const READS_PER_MINUTE = 1_200;

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const RECORDS_STATUS: Readonly<Record<RecordsErrorCode, number>> = {
  unknown_session: 404,
  unknown_fill: 404,
  unknown_sweep: 404,
  too_large: 503,
  busy: 503,
  timeout: 503,
  unreadable: 500,
};

export interface HttpAppOptions {
  /** What the server is to be bound to. */
  readonly host: string;
  readonly token: string | null;
  readonly session: SessionAccess;
  readonly logger: Logger;
  /** Folder of the built dashboard; null where there is none. */
  readonly dashboardFolder: string | null;
  /** How long a request may take to arrive whole; absent = {@link REQUEST_TIMEOUT_MS}. */
  readonly requestTimeoutMs?: number;
}

/** Builds the interface; it listens nowhere yet. */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const { session, logger, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const bare = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    http: {
      maxHeaderSize: 16_384,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // Of others HTTP says that the wish may be passed by: clients that offer HTTP/2 are answered as they asked.
      shouldUpgradeCallback: asksForStream,
    },
  });
  bare.server.maxConnections = CONNECTIONS_MAX;
  const app: HttpApp = bare.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const hub = new StreamHub(session);
  const metrics = new HttpMetrics(session, hub);
  guardRequests(app, options, metrics);
  takeJsonBodies(app);
  answerErrors(app, logger);
  const methodsByUrl = collectMethods(app);
  await app.register(fastifyRateLimit, {
    max: READS_PER_MINUTE,
    timeWindow: MINUTE_MS,
    errorResponseBuilder: (_request, { statusCode, after }) =>
      Object.assign(new Error(`too many requests; try again in ${after}`), { statusCode }),
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'laptop-agents',
        version: session.programVersion,
        description:
          'The HTTP interface of a running session. Times are integer ms UTC of the venue, amounts decimal text; what is not known is null.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The content of state/token' },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  // Before the WebSocket server ends its connections without a word.
  app.addHook('preClose', (done) => {
    hub.close();
    done();
  });
  await allowStreams(app);
  addProbeRoutes(app, session);
  addLiveRoutes(app, session);
  addStreamRoute(app, hub);
  addRecordRoutes(app, session);
  addSweepRoutes(app, session);
  addCommandRoutes(app, session, logger);
  addDocumentRoutes(app, metrics);
  await addDashboardFiles(app, options.dashboardFolder, session);
  refuseOtherMethods(app, methodsByUrl);
  return app;
}

/** Before the body is read, so that what is refused costs nothing and learns nothing. */
function guardRequests(app: HttpApp, { host, token }: HttpAppOptions, metrics: HttpMetrics): void {
  const guard = new RequestGuard(host, token, () => performance.now());
  app.addHook('onRequest', (request, reply, done) => {
    protectAnswer(reply);
    const { headers, method, ip, routeOptions } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    const access = isRead ? (routeOptions.config.access ?? 'read') : 'write';
    // Whatever is answered to it in words is the last on its connection.
    if (asksForStream(request.raw)) reply.header('connection', 'close');
    const refusal = guard.refusal({
      access,
      address: ip,
      host: headers.host,
      origin: headers.origin,
      fetchSite: single(headers['sec-fetch-site']),
      fetchMode: single(headers['sec-fetch-mode']),
      authorization: headers.authorization,
      subprotocols: headers['sec-websocket-protocol'],
    });
    if (refusal === null) {
      done();
      return;
    }
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.code(refusal.status).send({ error: refusal.error });
  });
  app.addHook('onResponse', (request, reply, done) => {
    metrics.count(request.method, request.routeOptions.url ?? null, reply.statusCode, reply.elapsedTime);
    // A connection that asked for an upgrade is nobody's once that was refused.
    if (asksForStream(request.raw)) request.raw.socket.destroySoon();
    done();
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

/** A body is a JSON object or nothing; whatever type an empty one claims to have does not matter. */
function takeJsonBodies(app: HttpApp): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const text = typeof body === 'string' ? body : body.toString('utf8');
    if (text === '') return done(null, undefined);
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      return done(Object.assign(new Error('a body must be application/json'), { statusCode: 415 }));
    return parseJson(request, text, done);
  });
}

function answerErrors(app: HttpApp, logger: Logger): void {
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    if (error instanceof RecordsError) {
      const code = RECORDS_STATUS[error.code];
      if (code >= 500) logger.log('warning', 'records_failed', error.message, { code: error.code });
      const said = error.code === 'unreadable' ? 'these records cannot be read' : error.message;
      return reply.code(code).send({ error: said });
    }
    if (error instanceof ServerBusyError) return reply.code(503).send({ error: error.message });
    const code = error.statusCode ?? 500;
    if (code >= 500) logger.log('error', 'http_request_failed', error.message);
    return reply.code(code).send({ error: code >= 500 ? 'internal error' : error.message });
  });
}

function collectMethods(app: HttpApp): Map<string, Set<string>> {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsByUrl.set(url, methods);
  });
  return methodsByUrl;
}

function refuseOtherMethods(app: HttpApp, methodsByUrl: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, methods] of [...methodsByUrl]) {
    if (url.includes('*')) continue;
    const allow = [...methods].toSorted().join(', ');
    app.route({
      method: METHODS.filter((method) => !methods.has(method)),
      url,
      schema: { hide: true },
      // Before its body is looked at.
      onRequest: async (_request, reply) =>
        reply
          .code(405)
          .header('allow', allow)
          .send({ error: `use ${allow}` }),
      handler: (_request, reply) => reply.code(405).send(),
    });
  }
}

function protectAnswer(reply: FastifyReply): void {
  reply.headers({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
}
