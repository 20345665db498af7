/**
 * Posts one JSON document over HTTP and reads the beginning of the answer.
 *
 * No redirect is followed, no connection is kept, certificates are always checked. What goes wrong becomes a
 * DeliveryError that names the kind of trouble and nothing of the request.
 */

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { checkLiteralHost, lookupPublic } from './address-guard.ts';
import { DeliveryError } from './delivery-error.ts';

/** From the connection to the end of the answer. */
export const POST_LIMIT_MS = 10_000;

/** What is read of an answer; the rest is thrown away with its connection. */
const ANSWER_BYTES_MAXIMUM = 16_384;

/** A channel that asks for longer is asked again after this. */
const RETRY_AFTER_MAXIMUM_MS = 3_600_000;

export interface PostRequest {
  readonly url: URL;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether hosts that are not on the public internet may be asked. */
  readonly allowsPrivate: boolean;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when the receiver took the document (2xx). Throws DeliveryError, or the reason of the signal. */
export async function postJson(post: PostRequest): Promise<void> {
  const { url, allowsPrivate } = post;
  if (!allowsPrivate) {
    if (url.protocol !== 'https:') throw new DeliveryError('refused', 'its address is not https');
    checkLiteralHost(url.hostname);
  }
  const answer = await exchange(post);
  if (answer.status >= 200 && answer.status <= 299) return;
  throw judgeAnswer(answer);
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

function exchange({ url, body, headers, allowsPrivate, limitMs, signal }: PostRequest): Promise<Answer> {
  const limit = AbortSignal.timeout(limitMs);
  const bytes = Buffer.from(body, 'utf8');
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? reasonOf(signal) : judge(error));
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': bytes.length,
          'user-agent': 'laptop-agents',
          ...headers,
        },
        signal: AbortSignal.any([signal, limit]),
        // The environment must not be able to turn this off.
        rejectUnauthorized: true,
        ...(allowsPrivate ? {} : { lookup: lookupPublic }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        const finish = (): void => {
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'] ?? null,
            body: Buffer.concat(chunks).toString('utf8'),
          });
          request.destroy();
        };
        response.on('error', fail);
        response.on('end', finish);
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > ANSWER_BYTES_MAXIMUM) finish();
        });
      },
    );
    request.on('error', fail);
    request.end(bytes);
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

function judge(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (name === 'AbortError' || name === 'TimeoutError')
    return new DeliveryError('unreachable', 'no answer in time');
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|^ERR_SSL|^EPROTO/.test(code))
    return new DeliveryError('refused', `no trusted connection (${code})`);
  return new DeliveryError('unreachable', code ?? 'no connection');
}

/** Words of the answer stay out: they can repeat what was sent. */
function judgeAnswer({ status, retryAfter, body }: Answer): DeliveryError {
  const text = `HTTP ${status}`;
  const waitMs = readRetryAfterMs(retryAfter, body);
  if (status === 429) return new DeliveryError('rate_limited', text, waitMs);
  if (status >= 500 || status === 408 || status === 425)
    return new DeliveryError('unreachable', text, waitMs);
  return new DeliveryError('refused', status >= 300 && status <= 399 ? `${text}, a redirect` : text, null);
}

/** Seconds or a date in the header; seconds in the bodies of Telegram (`parameters.retry_after`) and Discord. */
function readRetryAfterMs(header: string | null, body: string): number | null {
  const ms = headerMs(header) ?? bodyMs(body);
  return ms === null ? null : Math.min(Math.max(0, Math.ceil(ms)), RETRY_AFTER_MAXIMUM_MS);
}

function headerMs(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}(\.\d{1,6})?$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : atMs - Date.now();
}

function bodyMs(body: string): number | null {
  const match = /"retry_after"\s{0,4}:\s{0,4}(\d{1,9}(?:\.\d{1,6})?)/.exec(body);
  return match === null ? null : Number(match[1]) * 1_000;
}
