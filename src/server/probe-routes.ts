/** `/healthz`, `/livez`, `/readyz`: what a process supervisor asks. They tell nothing else, so they need no token. */

import { z } from 'zod';
import { statusSchema } from '../protocol/messages.ts';
import { errorSchema, noQuery, refusals } from './api-queries.ts';
import type { HttpApp } from './http-app.ts';
import type { SessionAccess } from './session-access.ts';

const config = { access: 'probe' } as const;
const tags = ['probes'];
const { 400: badRequest, 403: forbidden, 405: wrongMethod, 429: tooMany } = refusals;
const probeRefusals = { 400: badRequest, 403: forbidden, 405: wrongMethod, 429: tooMany };

export function addProbeRoutes(app: HttpApp, session: SessionAccess): void {
  for (const url of ['/healthz', '/livez']) {
    app.route({
      method: 'GET',
      url,
      config,
      schema: {
        tags,
        summary: 'Whether the process answers: a loop that stands still gives no answer',
        querystring: noQuery,
        response: { 200: z.object({ status: z.literal('ok') }), ...probeRefusals, 500: errorSchema },
      },
      handler: () => ({ status: 'ok' as const }),
    });
  }
  const readiness = z.object({
    status: z.enum(['ready', 'not ready']),
    state: statusSchema.shape.state,
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    config,
    schema: {
      tags,
      summary: 'Whether the session trades: history loaded, market data fresh',
      querystring: noQuery,
      response: { 200: readiness, ...probeRefusals, 503: readiness },
    },
    async handler(_request, reply) {
      const { state } = session.status();
      if (state === 'running') return reply.code(200).send({ status: 'ready', state });
      return reply.code(503).send({ status: 'not ready', state });
    },
  });
}
