/**
 * Decides who may ask the server what, by Host, Origin and token.
 *
 * The Host list stops a web page that rebinds its name to this machine; the Origin check stops a page that posts here
 * from elsewhere; the token stops everyone else. Tokens are compared by hash in constant time.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The parts of a request that count here; undefined where the header is absent. */
export interface RequestClaims {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly error: string;
}

/** Whether only this machine can connect to a server bound to `host`. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

export class RequestGuard {
  readonly #names: ReadonlySet<string>;
  readonly #tokenHash: Buffer | null;
  readonly #readsNeedToken: boolean;

  /** `host`: what the server is bound to. Without a token every write is refused. */
  constructor(host: string, token: string | null) {
    this.#names = new Set([...LOOPBACK_NAMES, ...boundNames(host)]);
    this.#tokenHash = token === null ? null : hash(token);
    this.#readsNeedToken = !isLoopbackHost(host);
  }

  /** Returns why a request is refused, or null. `isProbe`: answers nothing but whether we live. */
  refusal(claims: RequestClaims, isProbe: boolean): Refusal | null {
    const host = claims.host?.toLowerCase();
    if (host === undefined || !this.#names.has(host.replace(/:\d{1,5}$/, ''))) {
      return { status: 403, error: 'this Host is not served here' };
    }
    if (claims.origin !== undefined && claims.origin.toLowerCase() !== `http://${host}`) {
      return { status: 403, error: 'requests from this Origin are not served' };
    }
    const isRead = claims.method === 'GET' || claims.method === 'HEAD';
    if (isProbe && isRead) return null;
    if (isRead && !this.#readsNeedToken) return null;
    return this.#hasToken(claims.authorization)
      ? null
      : { status: 401, error: 'a bearer token is needed (state/token)' };
  }

  #hasToken(authorization: string | undefined): boolean {
    const given = /^Bearer ([\u0021-\u007E]{1,256})$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && this.#tokenHash !== null && timingSafeEqual(hash(given), this.#tokenHash);
  }
}

/** A wildcard is reached under every address of the machine; addresses cannot be rebound as names can. */
function boundNames(host: string): readonly string[] {
  if (!WILDCARDS.has(host)) return [inUrl(host.toLowerCase())];
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => inUrl(address)),
  );
  return [...addresses, hostname().toLowerCase()];
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
