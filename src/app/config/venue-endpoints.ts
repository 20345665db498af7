/** The venue's addresses: Bitunix, or what BITUNIX_REST_URL and BITUNIX_WS_URL put in its place. */

import { DEFAULT_REST_URL, DEFAULT_WS_URL } from '../../venues/bitunix/endpoints.ts';
import { showValue } from './config-error.ts';
import type { Origin } from './settings.ts';

export const REST_URL_VARIABLE = 'BITUNIX_REST_URL';
export const WS_URL_VARIABLE = 'BITUNIX_WS_URL';

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export interface Endpoint {
  readonly url: string;
  readonly origin: Origin;
}

/** Checks both addresses. `findings` receives a sentence for each that cannot be used. */
export function readVenueEndpoints(
  environment: Readonly<Record<string, string | undefined>>,
  findings: string[],
): { readonly rest: Endpoint; readonly ws: Endpoint } {
  const read = (variable: string, initial: string, secure: string, plain: string): Endpoint => {
    const text = environment[variable]?.trim() ?? '';
    if (text === '') return { url: initial, origin: { kind: 'default' } };
    const problem = endpointProblem(text, secure, plain);
    if (problem !== null) findings.push(`${variable}: ${problem}`);
    return { url: text, origin: { kind: 'environment', variable } };
  };
  const rest = read(REST_URL_VARIABLE, DEFAULT_REST_URL, 'https:', 'http:');
  return {
    rest: { ...rest, url: rest.url.replace(/\/+$/, '') },
    ws: read(WS_URL_VARIABLE, DEFAULT_WS_URL, 'wss:', 'ws:'),
  };
}

function endpointProblem(text: string, secure: string, plain: string): string | null {
  const expected = `expected a ${secure}// or ${plain}// URL`;
  if (!URL.canParse(text)) return `${expected}, found ${showValue(text)}`;
  const url = new URL(text);
  // Before anything is shown: the URL may hold a password.
  if (url.username !== '' || url.password !== '')
    return 'expected a URL without a user or password, found one with';
  if (url.protocol !== secure && url.protocol !== plain) return `${expected}, found ${showValue(text)}`;
  if (url.search !== '' || url.hash !== '')
    return `expected a URL without "?" and "#", found ${showValue(text)}`;
  if (url.protocol === plain && !LOOPBACK_HOST.test(url.hostname)) {
    return `expected ${secure}// for a host beyond this machine, found ${showValue(text)}`;
  }
  return null;
}
