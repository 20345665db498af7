/** `/api/v1/stream`: the running session as it goes, over a WebSocket. The messages are those of `protocol/messages.ts`. */

import type { IncomingMessage } from 'node:http';
import { fastifyWebsocket } from '@fastify/websocket';
import { MINUTE_MS } from '../core/base/time.ts';
import { STREAM_SUBPROTOCOL } from '../protocol/messages.ts';
import { errorSchema, noQuery, refusals } from './api-queries.ts';
import type { HttpApp } from './http-app.ts';
import type { StreamHub } from './stream-hub.ts';

const STREAM_PATH = '/api/v1/stream';
/** Connections a minute and address. */
const CONNECTS_PER_MINUTE = 240;
/** Followers send nothing, so anything longer than a pong is refused. */
const MESSAGE_BYTES_MAX = 1_024;

/** Whether a connection is to become a stream, if its request is not refused. */
export function asksForStream({ method, url, headers }: IncomingMessage): boolean {
  const isStream = method === 'GET' && url?.split('?', 1)[0] === STREAM_PATH;
  return isStream && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Must come before the routes are added. */
export async function allowStreams(app: HttpApp): Promise<void> {
  await app.register(fastifyWebsocket, {
    options: {
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(STREAM_SUBPROTOCOL) ? STREAM_SUBPROTOCOL : false),
    },
  });
}

export function addStreamRoute(app: HttpApp, hub: StreamHub): void {
  app.route({
    method: 'GET',
    url: STREAM_PATH,
    config: { access: 'stream', rateLimit: { max: CONNECTS_PER_MINUTE, timeWindow: MINUTE_MS } },
    schema: {
      tags: ['session'],
      summary: `WebSocket (subprotocol ${STREAM_SUBPROTOCOL}): a snapshot, then numbered updates`,
      querystring: noQuery,
      response: { 426: errorSchema.describe('This address speaks WebSocket only'), ...refusals },
    },
    handler: async (_request, reply) =>
      reply.code(426).header('upgrade', 'websocket').send({ error: 'connect with a WebSocket' }),
    wsHandler: (socket) => hub.add(socket),
  });
}
