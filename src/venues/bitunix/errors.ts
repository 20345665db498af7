/**
 * The venue's error tables: what each refusal means for us.
 *
 * Classed by number; text is localised and read only where no known number came with it. Source: the venue's page
 * "error_code" and live replies of September 2026 (classes are ours).
 */

import { VenueError, type VenueErrorClass } from '../../ports/venue-error.ts';

const FATAL = [403, 10003, 10004, 10007, 20011, 20013, 20014, 30040, 40005];
const RATE_LIMIT = [429, 10005, 10006];
const TRANSIENT = [10001, 20007, 40007];
const REQUEST = [
  1, 2, 404, 10002, 10008, 20001, 20005, 20012, 20015, 20016, 30006, 30012, 30041, 30042, 40004, 40006,
];
const ORDER_REJECT = [
  20002, 20003, 20004, 20006, 20008, 20009, 20010, 30001, 30002, 30003, 30004, 30005, 30007, 30008, 30009,
  30010, 30011, 30013, 30014, 30015, 30016, 30017, 30018, 30019, 30020, 30021, 30022, 30023, 30024, 30025,
  30026, 30027, 30028, 30029, 30030, 30031, 30032, 30033, 30034, 30035, 30036, 30037, 30038, 30039, 40001,
  40002, 40003, 40008,
];

const CLASSES: ReadonlyMap<number, VenueErrorClass> = new Map([
  ...FATAL.map((code) => [code, 'fatal'] as const),
  ...RATE_LIMIT.map((code) => [code, 'rate_limit'] as const),
  ...TRANSIENT.map((code) => [code, 'transient'] as const),
  ...REQUEST.map((code) => [code, 'request'] as const),
  ...ORDER_REJECT.map((code) => [code, 'order_reject'] as const),
]);

/** Codes that speak of one symbol: unknown, delisted or closed to trading. */
const SYMBOL_CODES: ReadonlySet<number> = new Set([20001, 20012, 20015]);

const MIN_BAN_WAIT_MS = 60_000;
/** The longest wait for the venue that a request may take on. */
const MAX_WAIT_MS = 300_000;
const SHOWN_TEXT = 200;

/** Texts that end a session where no known number says more; in English, which is what public requests get. */
const FATAL_TEXTS: readonly RegExp[] = [
  /\btoken\b.{0,20}\b(invalid|expired)\b|\binvalid\b.{0,20}\b(token|api[ -]?key)\b/i,
  /\b(ip|address)\b.{0,40}\b(ban(ned)?|block(ed)?|forbidden|restricted)\b|\bban(ned)?\b.{0,40}\b(ip|address)\b|\bbanned\b/i,
  /\bmaintenance\b|\bunder maintain/i,
];

/** Class of a venue code; null where the table does not know it. */
function classOfCode(code: number): VenueErrorClass | null {
  return CLASSES.get(code) ?? null;
}

/** Whether the error says that its symbol is unknown or cannot be traded. */
export function isSymbolError(error: VenueError): boolean {
  return error.code !== null && SYMBOL_CODES.has(error.code);
}

/**
 * Repetitions of a request that met this error: an unknown code is tried once more, known passing ones without such a
 * limit. Who is told to wait longer than {@link MAX_WAIT_MS} is not kept waiting for it.
 */
export function retriesOf(error: VenueError): number {
  if ((error.retryAfterMs ?? 0) > MAX_WAIT_MS) return 0;
  if (error.errorClass === 'rate_limit' || error.code === null || CLASSES.has(error.code)) return Infinity;
  return error.code >= 500 && error.code < 600 ? Infinity : 1;
}

/** The error of a code and its text, in a REST envelope or a socket frame. */
export function errorOfCode(code: number | null, text: string, where: string): VenueError {
  const message = `${where}: ${code === null ? '' : `code ${code}, `}${shorten(text) || 'no text'}`;
  const known = code === null ? null : classOfCode(code);
  if (known !== null) return new VenueError(known, code, message);
  if (code === 418) return new VenueError('rate_limit', code, message, { retryAfterMs: MIN_BAN_WAIT_MS });
  if (code === 401 || FATAL_TEXTS.some((pattern) => pattern.test(text)))
    return new VenueError('fatal', code, message);
  return new VenueError('transient', code, message);
}

/** The error of an HTTP reply that is no success; `header` returns a header's value or null. */
export function errorOfHttp(
  status: number,
  header: (name: string) => string | null,
  body: string,
  where: string,
): VenueError {
  const message = `${where}: HTTP ${status}, ${shorten(body) || 'empty body'}`;
  const retryAfterMs = parseRetryAfterMs(header('retry-after'), header('date'));
  if (status === 429) {
    return new VenueError('rate_limit', status, message, retryAfterMs === null ? {} : { retryAfterMs });
  }
  if (status === 418) {
    const waitMs = Math.max(MIN_BAN_WAIT_MS, retryAfterMs ?? 0);
    return new VenueError('rate_limit', status, message, { retryAfterMs: waitMs });
  }
  if (status === 401 || status === 403) return new VenueError('fatal', status, message);
  const envelope = envelopeOf(body);
  if (status >= 500) {
    const error = envelope === null ? null : errorOfKnownCode(envelope.code, message, retryAfterMs);
    if (error !== null) return error;
    return new VenueError('transient', status, message, retryAfterMs === null ? {} : { retryAfterMs });
  }
  if (status >= 300 && status < 400)
    return new VenueError('transient', null, `${message} (redirect refused)`);
  if (envelope !== null) return errorOfCode(envelope.code, envelope.text, where);
  if (status === 200) {
    const isChallenge = header('cf-mitigated') === 'challenge' || /just a moment/i.test(body);
    return new VenueError(isChallenge ? 'fatal' : 'transient', null, `${message} (not the venue's JSON)`);
  }
  return new VenueError('request', status, message);
}

/** A broken server's own word, where its number says for certain that repeating is wrong; null otherwise. */
function errorOfKnownCode(code: number, message: string, retryAfterMs: number | null): VenueError | null {
  const known = classOfCode(code);
  if (known !== 'fatal' && known !== 'rate_limit') return null;
  return new VenueError(known, code, message, retryAfterMs === null ? {} : { retryAfterMs });
}

/** Trouble below HTTP: timeout, reset, DNS, TLS. The outcome of the request is unknown. */
export function errorOfTransport(cause: unknown, where: string): VenueError {
  const text = cause instanceof Error ? describe(cause) : String(cause);
  return new VenueError('transient', null, `${where}: ${shorten(text)}`, { cause });
}

/**
 * The error in a socket frame without a channel; null where the frame is none. Shapes: `{event:"error",...}`,
 * `{op,...,code}`, `{op,data:{result:false,msg}}`, `{code,msg}`.
 */
export function errorOfFrame(document: unknown): VenueError | null {
  if (!isRecord(document)) return null;
  const data = isRecord(document['data']) ? document['data'] : {};
  const code = codeOf(document['code']) ?? codeOf(data['code']);
  const text = [
    document['msg'],
    document['message'],
    document['error'],
    data['msg'],
    data['message'],
    document['data'],
  ].find((part) => typeof part === 'string' && part !== '');
  const isError =
    document['event'] === 'error' ||
    document['op'] === 'error' ||
    data['result'] === false ||
    (code !== null && code !== 0);
  if (!isError) return null;
  const shown = typeof text === 'string' ? text : shorten(JSON.stringify(document));
  const error = errorOfCode(code, shown, 'WebSocket');
  // A refused subscription names no code: it is our request that was wrong, not the line.
  if (error.errorClass === 'transient' && code === null && document['op'] === 'subscribe') {
    return new VenueError('request', null, error.message);
  }
  return error;
}

/** Parses `Retry-After` (seconds or a date, the latter against the reply's own Date); null where absent or unusable. */
export function parseRetryAfterMs(value: string | null, date: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,7}$/.test(value.trim())) return Number(value) * 1_000;
  const untilMs = Date.parse(value);
  const fromMs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(untilMs - fromMs) ? null : Math.max(0, untilMs - fromMs);
}

function envelopeOf(body: string): { readonly code: number; readonly text: string } | null {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return null;
  }
  if (!isRecord(document)) return null;
  const code = codeOf(document['code']);
  if (code === null || code === 0) return null;
  const text = document['msg'] ?? document['message'];
  return { code, text: typeof text === 'string' ? text : '' };
}

function codeOf(value: unknown): number | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN_TEXT ? `${line.slice(0, SHOWN_TEXT)}…` : line;
}
