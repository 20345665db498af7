/** `/api/v1/sweeps`: the sweeps of the workspace, what each found, its map, its trials page by page. */

import { MINUTE_MS } from '../core/base/time.ts';
import { sweepListSchema, sweepSchema, sweepTrialsSchema } from '../protocol/sweeps.ts';
import { noQuery, refusals, sweepParams, sweepTrialsQuery, sweepsQuery } from './api-queries.ts';
import type { HttpApp } from './http-app.ts';
import type { SessionAccess } from './session-access.ts';

/** Requests a minute and address: a sweep's document is read whole for each. */
const SWEEPS_PER_MINUTE = 120;

const config = { access: 'read', rateLimit: { max: SWEEPS_PER_MINUTE, timeWindow: MINUTE_MS } } as const;
const tags = ['sweeps'];

export function addSweepRoutes(app: HttpApp, { records }: SessionAccess): void {
  app.route({
    method: 'GET',
    url: '/api/v1/sweeps',
    config,
    schema: {
      tags,
      summary: 'Sweeps of this workspace, newest first, each with its best trial',
      querystring: sweepsQuery,
      response: { 200: sweepListSchema, ...refusals },
    },
    handler: ({ query }) => records.ask('sweeps', { limit: query.limit, before: query.cursor ?? null }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sweeps/:sweep_id',
    config,
    schema: {
      tags,
      summary: 'One sweep: its best trial, what speaks against it, its map, its walk forward',
      params: sweepParams,
      querystring: noQuery,
      response: { 200: sweepSchema, ...refusals },
    },
    handler: ({ params }) => records.ask('sweep', { sweepId: params.sweep_id }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sweeps/:sweep_id/trials',
    config,
    schema: {
      tags,
      summary: 'The ranking: trials of a sweep, best first',
      params: sweepParams,
      querystring: sweepTrialsQuery,
      response: { 200: sweepTrialsSchema, ...refusals },
    },
    handler: ({ params, query }) =>
      records.ask('trials', {
        sweepId: params.sweep_id,
        limit: query.limit,
        after: Number(query.cursor ?? 0),
      }),
  });
}
