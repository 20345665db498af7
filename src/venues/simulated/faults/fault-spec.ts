/**
 * The faults that a test can ask of the venue, and their spelling in a plan or a request.
 *
 * `{"faults":[{"at":"10s","for":"5s","kind":"freeze_socket","target":"ticker"}]}`: `at` counts from the start of the venue
 * (of a plan) or from now (of a request), `for` is how long a lasting fault stays; without it until it is cleared. Faults
 * that happen at one moment have no `for`. Unknown keys are refused.
 */

import { z } from 'zod';
import { parseSpanMs } from '../../../core/base/time.ts';
import { KLINE_INTERVALS } from '../market/kline-grid.ts';

/** Sockets are told apart by what they subscribed: `kline` has a kline channel, `ticker` has none. */
export type SocketKind = 'kline' | 'ticker';

const SPAN_MAX_MS = 86_400_000 * 30;
const DELAY_MAX_MS = 60_000;
const CLOCK_SHIFT_MAX_MS = 86_400_000 * 366;
const FLOOD_MAX = 5_000;
const MARK_OFFSET_MAX_BPS = 9_000;
const FAULTS_MAX = 1_000;
const RATE_PATTERN = /^-?0(\.\d{1,8})?$/;

const span = z.string().transform((text, context) => {
  const ms = /\d$/.test(text) ? null : parseSpanMs(text, 1);
  if (ms === null || ms > SPAN_MAX_MS) {
    context.addIssue({ code: 'custom', message: 'expected a span such as 500ms, 10s or 2m' });
    return z.NEVER;
  }
  return ms;
});

const moment = { at: span.optional() };
const lasting = { ...moment, for: span.optional() };
const target = { target: z.enum(['kline', 'ticker', 'all']).default('all') };
const restNames = KLINE_INTERVALS.flatMap(({ restName }) => (restName === null ? [] : [restName]));

const restError = z
  .strictObject({
    ...lasting,
    kind: z.literal('rest_error'),
    /** Only requests whose path contains this text; absent = all. */
    path: z.string().min(1).optional(),
    /** Number of the envelope; absent = the usual answer's own. */
    code: z.int().optional(),
    msg: z.string().default('simulated error'),
    http_status: z.int().min(200).max(599).optional(),
    /** What comes instead of the envelope; `hang` answers nothing, `reset` ends the connection. */
    body: z.enum(['json', 'html', 'empty', 'truncated', 'hang', 'reset']).default('json'),
    /** Seconds in the header `Retry-After`. */
    retry_after: z.int().min(0).optional(),
  })
  .refine(
    ({ code, http_status, body }) => code !== undefined || http_status !== undefined || body !== 'json',
    {
      message: 'expected code, http_status or body',
    },
  );

const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...moment, ...target, kind: z.literal('drop_socket') }),
  z.strictObject({
    ...lasting,
    kind: z.literal('refuse_upgrade'),
    status: z.int().min(400).max(599),
    retry_after: z.int().min(0).optional(),
  }),
  /** Open, pongs answered, no data. */
  z.strictObject({ ...lasting, ...target, kind: z.literal('freeze_socket') }),
  /** Channels whose name begins so push nothing. */
  z.strictObject({ ...lasting, kind: z.literal('freeze_stream'), channel: z.string().min(1) }),
  z.strictObject({ ...lasting, ...target, kind: z.literal('mute_pong') }),
  /** The bars that open next are missing for good: on the socket and at REST, or at one of them alone. */
  z.strictObject({
    ...moment,
    kind: z.literal('skip_bar'),
    bars: z.int().min(1).max(10_000),
    interval: z.enum(restNames).default('1m'),
    /** true = missing at REST alone, false = missing on the socket alone; absent = missing at both. */
    rest_only: z.boolean().optional(),
  }),
  z.strictObject({
    ...moment,
    kind: z.literal('shift_clock'),
    ms: z.int().min(-CLOCK_SHIFT_MAX_MS).max(CLOCK_SHIFT_MAX_MS),
  }),
  z.strictObject({
    ...lasting,
    kind: z.literal('drift_clock'),
    ms_per_minute: z.number().min(-30_000).max(30_000),
  }),
  restError,
  /** Sent once to the sockets that are open now; an object goes out as JSON, text as it is. */
  z.strictObject({
    ...moment,
    ...target,
    kind: z.literal('ws_error'),
    frame: z.union([z.record(z.string(), z.json()), z.string()]),
  }),
  /** Repeats a channel's newest frame on the sockets that have it. */
  z.strictObject({
    ...lasting,
    kind: z.literal('flood'),
    channel: z.string().min(1).default('ticker'),
    per_second: z.int().min(1).max(FLOOD_MAX),
  }),
  /** Added to the delivery of every frame. */
  z.strictObject({ ...lasting, kind: z.literal('delay'), ms: z.int().min(0).max(DELAY_MAX_MS) }),
  /** Share of the frames of which one byte is changed. */
  z.strictObject({ ...lasting, kind: z.literal('garble'), share: z.number().min(0).max(1) }),
  z.strictObject({ ...lasting, kind: z.literal('crossed_book') }),
  z.strictObject({ ...lasting, kind: z.literal('empty_book') }),
  /** The last trades once more: now, or (while it lasts) at each subscription. */
  z.strictObject({
    ...lasting,
    kind: z.literal('duplicate_trades'),
    trades: z.int().min(1).max(1_000),
    when: z.enum(['now', 'reconnect']).default('now'),
  }),
  /** Trades come this much later than everything else. */
  z.strictObject({ ...lasting, kind: z.literal('late_trades'), ms: z.int().min(1).max(DELAY_MAX_MS) }),
  /** The running funding rate, a fraction; charged by the settlements that come while it lasts. */
  z.strictObject({
    ...lasting,
    kind: z.literal('funding_rate'),
    rate: z.string().regex(RATE_PATTERN, 'expected a fraction such as 0.0001'),
    symbol: z.string().optional(),
  }),
  /** The mark price stands so far off what it would be: a way to bring accounts to their liquidation. */
  z.strictObject({
    ...lasting,
    kind: z.literal('mark_offset'),
    bps: z.int().min(-MARK_OFFSET_MAX_BPS).max(MARK_OFFSET_MAX_BPS),
    symbol: z.string().optional(),
  }),
]);

const planSchema = z.strictObject({ faults: z.array(faultSchema).max(FAULTS_MAX) });

export type FaultSpec = z.output<typeof faultSchema>;
export type FaultKind = FaultSpec['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<FaultSpec, { readonly kind: Kind }>;

/** A plan or request that cannot be read; one sentence a finding, opening with the path of the value. */
export class FaultSpecError extends Error {
  override readonly name = 'FaultSpecError';
  readonly code = 'fault_plan_invalid';
  readonly retryable = false;
  readonly findings: readonly string[];

  constructor(findings: readonly string[]) {
    super(findings.join('\n'));
    this.findings = findings;
  }
}

/** Reads `{"faults":[...]}`. Throws {@link FaultSpecError}. */
export function parseFaults(text: string): FaultSpec[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new FaultSpecError([`not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const parsed = planSchema.safeParse(document);
  if (parsed.success) return parsed.data.faults;
  throw new FaultSpecError(
    parsed.error.issues.map(
      ({ path, message }) => `${path.length === 0 ? 'document' : path.join('.')}: ${message}`,
    ),
  );
}
