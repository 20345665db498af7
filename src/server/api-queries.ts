/** Parameters of the HTTP interface: checked, bounded, and described in the OpenAPI document. Unknown ones are refused. */

import { z } from 'zod';
import { ledgerKindSchema, orderSchema, qualitySchema, sideSchema } from '../protocol/rows.ts';

const ROWS_DEFAULT = 100;
const ROWS_LIMIT = 1_000;
const BOOK_LEVELS_LIMIT = 200;

/** Longest name taken from outside: of a symbol, an order, a session. */
const NAME_LENGTH_MAX = 128;

const name = z.string().min(1).max(NAME_LENGTH_MAX);
const timeMs = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(ROWS_LIMIT)
  .default(ROWS_DEFAULT)
  .describe(`Rows of the page, at most ${ROWS_LIMIT}`);

const paging = {
  limit,
  order: z.enum(['asc', 'desc']).default('desc').describe('desc = newest first'),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe('`next_cursor` of the page before, with the other parameters unchanged'),
};

const period = {
  from_ms: timeMs.optional().describe('Rows at or after this time, ms UTC'),
  to_ms: timeMs.optional().describe('Rows before this time, ms UTC'),
};

const symbol = name.optional().describe('Rows of this symbol');

export const orderQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  side: sideSchema.optional(),
  status: orderSchema.shape.status.optional(),
  order_id: name.optional(),
  client_order_id: name.optional(),
});

export const fillQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  side: sideSchema.optional(),
  order_id: name.optional(),
  liquidity: z.enum(['maker', 'taker']).optional(),
});

export const tradeQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  side: z.enum(['long', 'short']).optional(),
});

export const equityQuery = z.strictObject({
  ...paging,
  ...period,
  step_ms: timeMs.min(1_000).optional().describe('Only the last point of every span of so many ms'),
});

export const ledgerQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  kind: ledgerKindSchema.optional(),
  fill_id: name.optional(),
});

export const denialQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  side: sideSchema.optional(),
  order_id: name.optional(),
});

export const qualityQuery = z.strictObject({
  ...paging,
  ...period,
  symbol,
  kind: qualitySchema.shape.kind.optional(),
});

export const verdictQuery = z.strictObject({ ...paging, ...period, symbol, agent: name.optional() });

export const candleQuery = z.strictObject({
  ...paging,
  symbol: name.optional().describe('Absent: the first symbol of the session'),
});

export const bookQuery = z.strictObject({
  symbol: name.optional().describe('Absent: the first symbol of the session'),
  levels: z.coerce.number().int().min(1).max(BOOK_LEVELS_LIMIT).default(20).describe('Levels of each side'),
});

export const bookAtQuery = bookQuery.extend({
  at_ms: timeMs.describe('The moment, ms UTC of the session'),
});

export const whatIfQuery = z.strictObject({
  symbol: name,
  quantity: z
    .string()
    .regex(/^-?\d{1,15}(?:\.\d{1,18})?$/)
    .describe('Signed, in units of the base coin: above 0 buys'),
  price: z
    .string()
    .regex(/^\d{1,15}(?:\.\d{1,18})?$/)
    .optional()
    .describe('Absent: the best price of the other side'),
});

export const logQuery = z.strictObject({
  ...paging,
  level: z
    .enum(['debug', 'info', 'warning', 'error', 'critical'])
    .optional()
    .describe('Lines of this level and above'),
});

export const sessionsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Sessions of the page, newest first'),
  cursor: name.optional().describe('`next_cursor` of the page before'),
});

export const sweepsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(20).describe('Sweeps of the page, newest first'),
  cursor: name.optional().describe('`next_cursor` of the page before'),
});

export const sweepTrialsQuery = z.strictObject({ limit, cursor: paging.cursor });

export const noQuery = z.strictObject({});

export const sessionParams = z.strictObject({
  session_id: name.describe('Id of a session of this workspace'),
});

export const sweepParams = z.strictObject({ sweep_id: name.describe('Id of a sweep of this workspace') });

export const fillParams = z.strictObject({ fill_id: name.describe('Id of a fill') });

export const errorSchema = z.object({ error: z.string().describe('A sentence') });

/** An answer of rows; `next_cursor` null = there are no more. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ rows: z.array(row), next_cursor: z.string().nullable() });
}

/** What any route may answer instead. */
export const refusals = {
  400: errorSchema.describe('A parameter or the body is not as described'),
  401: errorSchema.describe('The token is missing or wrong'),
  403: errorSchema.describe('Host or Origin is not on the list'),
  404: errorSchema.describe('There is no such thing'),
  405: errorSchema.describe('The method is not one of this address'),
  429: errorSchema.describe('Too many requests'),
  503: errorSchema.describe('Not now: the session starts or ends, or too many questions wait'),
};

/** What a write may answer besides. */
export const writeRefusals = {
  ...refusals,
  409: errorSchema.describe('The session is not in a state to do that'),
  413: errorSchema.describe('The body is too long'),
  415: errorSchema.describe('The body is not JSON'),
};
