/** `/metrics`, `/openapi.json` and `/docs`: the interface described to monitors, programs and people. */

import { z } from 'zod';
import { noQuery, refusals } from './api-queries.ts';
import { API_PAGE_POLICY, renderApiPage } from './api-page.ts';
import type { HttpApp } from './http-app.ts';
import type { HttpMetrics } from './http-metrics.ts';

const config = { access: 'read' } as const;
const tags = ['documents'];
const { 404: _absent, ...readRefusals } = refusals;

function textAnswer(type: string, description: string): { description: string; content: object } {
  return { description, content: { [type]: { schema: z.string() } } };
}

export function addDocumentRoutes(app: HttpApp, metrics: HttpMetrics): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    config,
    schema: {
      tags,
      summary: 'Figures of the session for Prometheus',
      querystring: noQuery,
      response: { 200: textAnswer('text/plain', 'Prometheus text format 0.0.4'), ...readRefusals },
    },
    async handler(_request, reply) {
      const text = await metrics.render();
      return reply.header('content-type', metrics.contentType).send(text);
    },
  });
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config,
    schema: {
      tags,
      summary: 'This interface as an OpenAPI 3.1 document',
      querystring: noQuery,
      response: { 200: z.record(z.string(), z.unknown()), ...readRefusals },
    },
    handler: () => ({ ...app.swagger() }),
  });
  app.route({
    method: 'GET',
    url: '/docs',
    config,
    schema: {
      tags,
      summary: 'This interface as a page to read',
      querystring: noQuery,
      response: { 200: textAnswer('text/html', 'A page without scripts'), ...readRefusals },
    },
    handler: (_request, reply) =>
      reply
        .header('content-security-policy', API_PAGE_POLICY)
        .type('text/html; charset=utf-8')
        .send(renderApiPage(app.swagger())),
  });
}
