/**
 * Decides who may ask the server what, by Host, Origin and token.
 *
 * The Host list stops a web page that rebinds its name to this machine; the Origin check stops a page that posts here
 * from elsewhere; the token stops everyone else. Tokens are compared by hash in constant time.
 *
 * Wrong tokens are counted by address. Beyond {@link FAILURES_MAX} in {@link FAILURE_WINDOW_MS} an address is not listened
 * to any more; from this machine the right token is still taken, so that nobody can lock the owner out.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';

import { STREAM_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '../protocol/messages.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const FAILURES_MAX = 10;
const FAILURE_WINDOW_MS = 60_000;
/** Addresses remembered; the one that has failed least recently is forgotten first. */
const ADDRESSES_MAX = 1_000;

/**
 * What a route gives away. probe: that we live; public: files of the program itself; read: the session; write: control of
 * it; stream: as read, with the token in a subprotocol.
 */
export type Access = 'probe' | 'public' | 'read' | 'write' | 'stream';

/** The parts of a request that count here; undefined where the header is absent. */
export interface RequestClaims {
  readonly access: Access;
  readonly address: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly authorization: string | undefined;
  readonly subprotocols: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403 | 429;
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
  readonly #nowMs: () => number;
  /** Wrong tokens by address, the least recent first. */
  readonly #failures = new Map<string, { count: number; sinceMs: number }>();

  /** `host`: what the server is bound to. Without a token every write is refused. `nowMs`: monotonic. */
  constructor(host: string, token: string | null, nowMs: () => number) {
    this.#names = new Set([...LOOPBACK_NAMES, ...boundNames(host)]);
    this.#tokenHash = token === null ? null : hash(token);
    this.#readsNeedToken = !isLoopbackHost(host);
    this.#nowMs = nowMs;
  }

  /** Returns why a request is refused, or null. */
  refusal(claims: RequestClaims): Refusal | null {
    const { access, host: givenHost, origin, fetchSite, fetchMode } = claims;
    const host = givenHost?.toLowerCase();
    if (host === undefined || !this.#names.has(host.replace(/:\d{1,5}$/, ''))) {
      return { status: 403, error: 'this Host is not served here' };
    }
    if (origin !== undefined && origin.toLowerCase() !== `http://${host}`) {
      return { status: 403, error: 'requests from this Origin are not served' };
    }
    // Sent by browsers only. A link from elsewhere may open a page; what it shows stays unread by whoever linked it.
    const isNavigation = fetchMode === 'navigate' && access !== 'write';
    if (fetchSite !== undefined && !isNavigation && fetchSite !== 'same-origin' && fetchSite !== 'none') {
      return { status: 403, error: 'requests from other sites are not served' };
    }
    if (access === 'probe' || access === 'public') return null;
    if (access !== 'write' && !this.#readsNeedToken) return null;
    return this.#tokenRefusal(claims);
  }

  #tokenRefusal({ address, access, authorization, subprotocols }: RequestClaims): Refusal | null {
    const given = tokenOf(authorization) ?? (access === 'stream' ? subprotocolToken(subprotocols) : null);
    const isShut = this.#isShut(address);
    if (given !== null && (!isShut || isLoopbackAddress(address)) && this.#isToken(given)) return null;
    if (isShut) return { status: 429, error: 'too many requests without the right token' };
    // Saying nothing is no guess.
    if (given !== null) this.#noteFailure(address);
    return { status: 401, error: 'a bearer token is needed (state/token)' };
  }

  #isToken(given: string): boolean {
    return this.#tokenHash !== null && timingSafeEqual(hash(given), this.#tokenHash);
  }

  #isShut(address: string): boolean {
    const found = this.#failures.get(address);
    if (found === undefined) return false;
    if (this.#nowMs() - found.sinceMs < FAILURE_WINDOW_MS) return found.count >= FAILURES_MAX;
    this.#failures.delete(address);
    return false;
  }

  #noteFailure(address: string): void {
    const found = this.#failures.get(address) ?? { count: 0, sinceMs: this.#nowMs() };
    found.count++;
    this.#failures.delete(address);
    this.#failures.set(address, found);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > ADDRESSES_MAX && oldest !== undefined) this.#failures.delete(oldest);
  }
}

function tokenOf(authorization: string | undefined): string | null {
  return /^Bearer ([\u0021-\u007E]{1,256})$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** A browser cannot set headers on a WebSocket: there the token is the second subprotocol. */
function subprotocolToken(subprotocols: string | undefined): string | null {
  const [protocol, token] = (subprotocols ?? '').split(',').map((part) => part.trim());
  if (protocol !== STREAM_SUBPROTOCOL || token?.startsWith(TOKEN_SUBPROTOCOL_PREFIX) !== true) return null;
  const given = token.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
  return given.length >= 1 && given.length <= 256 ? given : null;
}

function isLoopbackAddress(address: string): boolean {
  return isLoopbackHost(address.replace(/^::ffff:/, ''));
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
