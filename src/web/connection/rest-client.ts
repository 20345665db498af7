/** Requests of the page to its own server. Every answer is validated; every failure is a {@link RequestError} with a sentence. */

import type { z } from 'zod';
import {
  type BookAt,
  type CommandAnswer,
  type Receipt,
  type Recording,
  type SessionList,
  type WhatIf,
  bookAtSchema,
  commandAnswerSchema,
  receiptSchema,
  recordingSchema,
  sessionListSchema,
  whatIfSchema,
} from '../../protocol/rest.ts';
import {
  type Sweep,
  type SweepList,
  type SweepTrials,
  sweepListSchema,
  sweepSchema,
  sweepTrialsSchema,
} from '../../protocol/sweeps.ts';
import { readToken } from './token-store.ts';

const TIMEOUT_MS = 20_000;
const API = 'api/v1';

/** `status`: that of the answer; null where there was none. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number | null;
  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export type Command = CommandAnswer['command'];

export function sendCommand(command: Command): Promise<CommandAnswer> {
  return request(`${API}/${command}`, commandAnswerSchema, 'POST');
}

/** `sessionId` null = the running session. */
export function fetchReceipt(sessionId: string | null, fillId: string): Promise<Receipt> {
  const session = sessionId === null ? '' : `/sessions/${encodeURIComponent(sessionId)}`;
  return request(`${API}${session}/fills/${encodeURIComponent(fillId)}/receipt`, receiptSchema);
}

/** `quantity` signed: positive buys. Null where this server does not answer such questions. */
export function fetchWhatIf(symbol: string, quantity: string): Promise<WhatIf | null> {
  const query = new URLSearchParams({ symbol, quantity });
  return nullWhereUnknown(request(`${API}/what-if?${query.toString()}`, whatIfSchema));
}

/** `cursor` of the page before; null = the first page, with the newest. */
export function fetchSessions(cursor: string | null): Promise<SessionList> {
  return request(`${API}/sessions${pageQuery(cursor)}`, sessionListSchema);
}

/** As {@link fetchSessions}. */
export function fetchSweeps(cursor: string | null): Promise<SweepList> {
  return request(`${API}/sweeps${pageQuery(cursor)}`, sweepListSchema);
}

export function fetchSweep(sweepId: string): Promise<Sweep> {
  return request(`${API}/sweeps/${encodeURIComponent(sweepId)}`, sweepSchema);
}

/** Best first. */
export function fetchTrials(sweepId: string, cursor: string | null): Promise<SweepTrials> {
  return request(
    `${API}/sweeps/${encodeURIComponent(sweepId)}/trials${pageQuery(cursor)}`,
    sweepTrialsSchema,
  );
}

function pageQuery(cursor: string | null): string {
  return cursor === null ? '' : `?${new URLSearchParams({ cursor }).toString()}`;
}

export function fetchRecording(sessionId: string): Promise<Recording> {
  return request(`${API}/sessions/${encodeURIComponent(sessionId)}/recording`, recordingSchema);
}

export function fetchBookAt(sessionId: string, symbol: string, atMs: number): Promise<BookAt> {
  const query = new URLSearchParams({ symbol, at_ms: String(atMs) });
  return request(`${API}/sessions/${encodeURIComponent(sessionId)}/book?${query.toString()}`, bookAtSchema);
}

async function nullWhereUnknown<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null;
    throw error;
  }
}

async function request<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  method: 'GET' | 'POST' = 'GET',
): Promise<z.infer<Schema>> {
  const token = readToken();
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: 'no-store',
    });
    // An answer without JSON is judged by its status alone.
    body = await response.json().catch(() => null);
  } catch (error) {
    throw new RequestError('The server did not answer.', null, error);
  }
  if (!response.ok) {
    const said = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : '';
    throw new RequestError(said === '' ? `The server answered ${response.status}.` : said, response.status);
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RequestError(
      `The server's answer cannot be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}).`,
      response.status,
    );
  }
  return parsed.data;
}
