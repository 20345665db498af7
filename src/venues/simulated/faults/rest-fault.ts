/** How a request is answered that a `rest_error` hits. */

import type { FaultOf } from './fault-spec.ts';

/** The page that a proxy puts before a host it protects. */
const CHALLENGE =
  '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body></body></html>';

export interface FaultReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The reply; `usual` is what the venue would have said. Null = no answer at all. */
export function faultReply(fault: FaultOf<'rest_error'>, usual: string): FaultReply | null {
  const { code, msg, http_status: status = 200, body } = fault;
  const retry: Record<string, string> =
    fault.retry_after === undefined ? {} : { 'Retry-After': String(fault.retry_after) };
  const json = { 'Content-Type': 'application/json', ...retry };
  const envelope =
    code === undefined && status === 200 ? usual : JSON.stringify({ code: code ?? status, data: null, msg });
  switch (body) {
    case 'json':
      return { status, headers: json, body: envelope };
    case 'html': {
      const isChallenge = status === 403;
      const headers = {
        'Content-Type': 'text/html; charset=UTF-8',
        ...(isChallenge ? { 'cf-mitigated': 'challenge' } : {}),
        ...retry,
      };
      const page = `<html><head><title>${status}</title></head><body>${escapeHtml(msg)}</body></html>`;
      return { status, headers, body: isChallenge ? CHALLENGE : page };
    }
    case 'empty':
      return { status, headers: json, body: '' };
    case 'truncated':
      return { status, headers: json, body: envelope.slice(0, Math.floor(envelope.length / 2)) };
    case 'hang':
    case 'reset':
      return null;
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
