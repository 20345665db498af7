/** `/api/v1/{status,account,positions,candles,book,what-if,logs}`: the running session as it stands now, from memory. */

import { z } from 'zod';
import { statusSchema } from '../protocol/messages.ts';
import { bookAtSchema, whatIfSchema } from '../protocol/rest.ts';
import {
  accountSchema,
  candleSchema,
  instrumentSchema,
  logLineSchema,
  marketSchema,
  orderSchema,
  positionSchema,
  type LogLine,
} from '../protocol/rows.ts';
import { bookQuery, candleQuery, logQuery, noQuery, pageOf, refusals, whatIfQuery } from './api-queries.ts';
import { pageOfCandles } from './candle-page.ts';
import type { HttpApp } from './http-app.ts';
import { ServerBusyError } from './server-error.ts';
import { LOG_LEVELS, type SessionAccess } from './session-access.ts';
import { describeInstruments } from './session-info.ts';
import type { SessionReadModel } from './session-read-model.ts';
import { describeStatus } from './session-status.ts';
import { describeWhatIf } from './what-if.ts';

const config = { access: 'read' } as const;
const tags = ['session'];

/** More bars than any session keeps. */
const ALL_BARS = Number.MAX_SAFE_INTEGER;

export function addLiveRoutes(app: HttpApp, session: SessionAccess): void {
  app.route({
    method: 'GET',
    url: '/api/v1/status',
    config,
    schema: {
      tags,
      summary: 'The fields of heartbeat.json as of now, whether trading is paused, and the venue’s time',
      querystring: noQuery,
      response: { 200: statusSchema.extend({ cpu_pct: z.number().nullable() }), ...refusals },
    },
    handler: () => ({ ...describeStatus(session), cpu_pct: session.status().cpu_pct }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/account',
    config,
    schema: {
      tags,
      summary: 'Wallet, equity, margin, and what the wallet is the sum of',
      querystring: noQuery,
      response: { 200: accountSchema, ...refusals },
    },
    handler: () => modelOf(session).account(),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/positions',
    config,
    schema: {
      tags,
      summary: 'One position a symbol, also while it is flat',
      querystring: noQuery,
      response: { 200: z.object({ rows: z.array(positionSchema) }), ...refusals },
    },
    handler: () => ({ rows: modelOf(session).positions() }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/markets',
    config,
    schema: {
      tags,
      summary: 'Last, mark and index price of each symbol',
      querystring: noQuery,
      response: { 200: z.object({ rows: z.array(marketSchema) }), ...refusals },
    },
    handler: () => ({ rows: modelOf(session).markets() }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/instruments',
    config,
    schema: {
      tags,
      summary: 'The contracts of the session',
      querystring: noQuery,
      response: { 200: z.object({ rows: z.array(instrumentSchema) }), ...refusals },
    },
    handler: () => ({ rows: describeInstruments(modelOf(session).engine.start) }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/candles',
    config,
    schema: {
      tags,
      summary: 'Bars of the session’s interval; the last one is the bar in progress',
      querystring: candleQuery,
      response: { 200: pageOf(candleSchema), ...refusals },
    },
    handler({ query }) {
      const model = modelOf(session);
      return pageOfCandles(model.candles(instrumentIndex(model, query.symbol), ALL_BARS), query);
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/book',
    config,
    schema: {
      tags,
      summary: 'The best levels of both sides, and our orders among them with their places in the queue',
      querystring: bookQuery,
      response: { 200: bookAtSchema.extend({ orders: z.array(orderSchema) }), ...refusals },
    },
    handler({ query: { symbol, levels } }) {
      const model = modelOf(session);
      const shown = model.engine.view.markets[instrumentIndex(model, symbol)]?.instrument.symbol;
      return {
        book: model.books(levels).find((book) => book.symbol === shown) ?? null,
        orders: model.workingOrders().filter((order) => order.symbol === shown),
      };
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/what-if',
    config,
    schema: {
      tags,
      summary:
        'The position after trading a signed quantity at a price (absent: the best one), and whether it would pass',
      querystring: whatIfQuery,
      response: { 200: whatIfSchema, ...refusals },
    },
    async handler({ query }, reply) {
      try {
        const answer = describeWhatIf(modelOf(session).engine, query);
        return answer ?? (await reply.code(404).send({ error: 'the session does not trade this symbol' }));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return await reply.code(400).send({ error: error.message });
      }
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/logs',
    config,
    schema: {
      tags,
      summary: 'The newest lines of the system log; older ones are in logs/system.jsonl',
      querystring: logQuery,
      response: { 200: pageOf(logLineSchema), ...refusals },
    },
    handler: ({ query }) => pageOfLines(session.logs.after(0), query),
  });
}

/** Throws where the engine does not run yet. */
function modelOf(session: SessionAccess): SessionReadModel {
  const model = session.model();
  if (model === null) throw new ServerBusyError('the session is starting');
  return model;
}

/** Number of no instrument for a symbol that the session does not trade. */
function instrumentIndex(model: SessionReadModel, symbol: string | undefined): number {
  if (symbol === undefined) return 0;
  return model.engine.start.instruments.findIndex((instrument) => instrument.symbol === symbol);
}

function pageOfLines(
  lines: readonly LogLine[],
  query: z.infer<typeof logQuery>,
): { rows: LogLine[]; next_cursor: string | null } {
  const { limit, order, cursor, level } = query;
  const lowest = level === undefined ? 0 : LOG_LEVELS.indexOf(level);
  const at = cursor === undefined ? null : Number(cursor);
  const sorted = order === 'asc' ? lines : lines.toReversed();
  const rest = sorted.filter(
    (line) =>
      LOG_LEVELS.indexOf(line.level) >= lowest &&
      (at === null || (order === 'asc' ? line.line_id > at : line.line_id < at)),
  );
  const rows = rest.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next_cursor: rest.length > limit && last !== undefined ? String(last.line_id) : null };
}
