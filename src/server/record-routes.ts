/**
 * `/api/v1/{orders,fills,trades,…}` and the same below `/api/v1/sessions/:session_id`: pages of records, of the running
 * session or of one that is over, with the same parameters and the same answers.
 */

import { z } from 'zod';
import { MINUTE_MS } from '../core/base/time.ts';
import { sessionInfoSchema } from '../protocol/messages.ts';
import {
  bookAtSchema,
  receiptSchema,
  recordingSchema,
  sessionListSchema,
  sessionSummarySchema,
} from '../protocol/rest.ts';
import {
  candleSchema,
  denialSchema,
  equityPointSchema,
  fillSchema,
  ledgerEntrySchema,
  orderSchema,
  qualitySchema,
  tradeSchema,
  verdictSchema,
} from '../protocol/rows.ts';
import type { HttpApp } from './http-app.ts';
import {
  bookAtQuery,
  candleQuery,
  denialQuery,
  equityQuery,
  fillParams,
  fillQuery,
  ledgerQuery,
  noQuery,
  orderQuery,
  pageOf,
  qualityQuery,
  refusals,
  sessionParams,
  sessionsQuery,
  tradeQuery,
  verdictQuery,
} from './api-queries.ts';
import { pageOfCandles } from './candle-page.ts';
import type { SessionAccess } from './session-access.ts';
import type { RecordQuery, RecordTable } from './session-records.ts';

/** Requests a minute and address to what is read from disk. */
const RECORDS_PER_MINUTE = 600;

const config = { access: 'read', rateLimit: { max: RECORDS_PER_MINUTE, timeWindow: MINUTE_MS } } as const;

/** The sequence number names the event in the log that justifies the fill. */
const journaledFillSchema = fillSchema.extend({ evidence_sequence: z.int() });

interface RecordRoute {
  readonly table: RecordTable;
  readonly summary: string;
  readonly query: z.ZodType;
  readonly row: z.ZodType;
}

const RECORD_ROUTES: readonly RecordRoute[] = [
  { table: 'orders', summary: 'Orders, by decision', query: orderQuery, row: orderSchema },
  { table: 'fills', summary: 'Executions of ours', query: fillQuery, row: journaledFillSchema },
  { table: 'trades', summary: 'Closed round trips', query: tradeQuery, row: tradeSchema },
  { table: 'equity', summary: 'Equity over time', query: equityQuery, row: equityPointSchema },
  { table: 'ledger', summary: 'Movements of the wallet', query: ledgerQuery, row: ledgerEntrySchema },
  { table: 'denials', summary: 'Intents that the risk gate refused', query: denialQuery, row: denialSchema },
  { table: 'quality', summary: 'Doubtful or missing market data', query: qualityQuery, row: qualitySchema },
  { table: 'verdicts', summary: 'What the agents said of each bar', query: verdictQuery, row: verdictSchema },
];

/** What the parameters of the record routes have in common, as they stand after their check. */
interface PageParameters {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly cursor?: string;
  readonly from_ms?: number;
  readonly to_ms?: number;
  readonly step_ms?: number;
}

export function addRecordRoutes(app: HttpApp, session: SessionAccess): void {
  for (const { table, summary, query, row } of RECORD_ROUTES) {
    const answer = async (
      sessionId: string,
      parameters: unknown,
    ): Promise<{ rows: unknown[]; next_cursor: string | null }> => {
      const page = await session.records.ask('page', {
        sessionId,
        query: toQuery(table, parameters as PageParameters),
      });
      const { rows, nextCursor } = page;
      return { rows: [...rows], next_cursor: nextCursor === null ? null : String(nextCursor) };
    };
    const schema = { summary, querystring: query, response: { 200: pageOf(row), ...refusals } };
    app.route({
      method: 'GET',
      url: `/api/v1/${table}`,
      config,
      schema: { tags: ['session'], ...schema },
      handler: (request) => answer(session.sessionId, request.query),
    });
    app.route({
      method: 'GET',
      url: `/api/v1/sessions/:session_id/${table}`,
      config,
      schema: { tags: ['past sessions'], params: sessionParams, ...schema },
      handler: (request) => answer(sessionIdOf(request.params), request.query),
    });
  }
  addReceiptRoutes(app, session);
  addSessionRoutes(app, session);
}

function addReceiptRoutes(app: HttpApp, { records, sessionId }: SessionAccess): void {
  const response = {
    200: receiptSchema.extend({ document: z.record(z.string(), z.unknown()) }),
    ...refusals,
  };
  const summary = 'Why a fill happened as it did; `document` is what `la explain --json` prints';
  app.route({
    method: 'GET',
    url: '/api/v1/fills/:fill_id/receipt',
    config,
    schema: { tags: ['session'], summary, params: fillParams, querystring: noQuery, response },
    handler: ({ params }) => records.ask('receipt', { sessionId, fillId: params.fill_id }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id/fills/:fill_id/receipt',
    config,
    schema: {
      tags: ['past sessions'],
      summary,
      params: sessionParams.extend(fillParams.shape),
      querystring: noQuery,
      response,
    },
    handler: ({ params }) => records.ask('receipt', { sessionId: params.session_id, fillId: params.fill_id }),
  });
}

function addSessionRoutes(app: HttpApp, { records }: SessionAccess): void {
  app.route({
    method: 'GET',
    url: '/api/v1/sessions',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'Sessions of this workspace, newest first',
      querystring: sessionsQuery,
      response: { 200: sessionListSchema, ...refusals },
    },
    async handler({ query }) {
      const { sessions, nextCursor } = await records.ask('sessions', {
        limit: query.limit,
        before: query.cursor ?? null,
      });
      return { sessions, next_cursor: nextCursor };
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'One session: how it ended, and what it was started with',
      params: sessionParams,
      querystring: noQuery,
      response: {
        200: z.object({ summary: sessionSummarySchema, session: sessionInfoSchema.nullable() }),
        ...refusals,
      },
    },
    handler: ({ params }) => records.ask('session', { sessionId: params.session_id }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id/report',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'final_report.json as it stands; 404 where the session left none (yet)',
      params: sessionParams,
      querystring: noQuery,
      response: { 200: z.record(z.string(), z.unknown()), ...refusals },
    },
    async handler({ params }, reply) {
      const report = await records.ask('report', { sessionId: params.session_id });
      return report ?? reply.code(404).send({ error: 'this session has no final report' });
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id/candles',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'Bars that the session was given, its history included',
      params: sessionParams,
      querystring: candleQuery,
      response: { 200: pageOf(candleSchema), ...refusals },
    },
    async handler({ params, query }) {
      const candles = await records.ask('candles', { sessionId: params.session_id });
      const symbol = query.symbol ?? candles[0]?.symbol;
      return pageOfCandles(
        candles.filter((candle) => candle.symbol === symbol),
        query,
      );
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id/book',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'The book as it stood at a moment; null where the log does not say',
      params: sessionParams,
      querystring: bookAtQuery.required({ symbol: true }),
      response: { 200: bookAtSchema, ...refusals },
    },
    async handler({ params, query: { symbol, at_ms: atMs, levels } }) {
      return {
        book: await records.ask('book', { sessionId: params.session_id, query: { symbol, atMs, levels } }),
      };
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/sessions/:session_id/recording',
    config,
    schema: {
      tags: ['past sessions'],
      summary: 'A session whole, at most 20,000 rows of each kind',
      params: sessionParams,
      querystring: noQuery,
      response: { 200: recordingSchema, ...refusals },
    },
    handler: ({ params }) => records.ask('recording', { sessionId: params.session_id }),
  });
}

function toQuery(table: RecordTable, parameters: PageParameters): RecordQuery {
  const { limit, order, cursor, from_ms: fromMs, to_ms: toMs, step_ms: stepMs, ...filters } = parameters;
  return {
    table,
    limit,
    order,
    cursor: cursor === undefined ? null : Number(cursor),
    fromMs: fromMs ?? null,
    toMs: toMs ?? null,
    stepMs: stepMs ?? null,
    filters,
  };
}

/** Checked by the route's schema before. */
function sessionIdOf(params: unknown): string {
  return sessionParams.parse(params).session_id;
}
