/** Walks the OpenAPI document: a route that lacks a control, an example or a description fails here. */

import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { ask, type Answer, type RequestOptions } from '../../test/builders/http-request.ts';
import { SWEEP_ID } from '../../test/builders/sample-sweep.ts';
import {
  TOKEN,
  serveSession,
  type ServedSession,
  startTestServer,
} from '../../test/builders/served-session.ts';
import { START_MS } from '../../test/builders/session.ts';
import type { RunningServer } from './start-server.ts';

/** How each route is asked so that it answers well: what stands for its parameters, and its query. */
const EXAMPLES: Readonly<Record<string, { readonly query?: string; readonly status?: number }>> = {
  '/api/v1/stream': { status: 426 },
  '/healthz': {},
  '/livez': {},
  '/readyz': {},
  '/metrics': {},
  '/openapi.json': {},
  '/docs': {},
  '/api/v1/status': {},
  '/api/v1/account': {},
  '/api/v1/positions': {},
  '/api/v1/instruments': {},
  '/api/v1/markets': {},
  '/api/v1/candles': { query: 'limit=1' },
  '/api/v1/book': { query: 'symbol=BTCUSDT&levels=3' },
  '/api/v1/what-if': { query: 'symbol=BTCUSDT&quantity=-0.01' },
  '/api/v1/logs': { query: 'level=warning&order=asc' },
  '/api/v1/orders': { query: 'side=buy&status=filled&limit=5' },
  '/api/v1/fills': { query: 'liquidity=taker' },
  '/api/v1/trades': { query: 'side=long' },
  '/api/v1/equity': { query: 'step_ms=2000&order=asc' },
  '/api/v1/ledger': { query: 'kind=fee' },
  '/api/v1/denials': {},
  '/api/v1/verdicts': {},
  '/api/v1/sessions/{session_id}/verdicts': {},
  '/api/v1/quality': { query: 'kind=gap' },
  '/api/v1/sessions': { query: 'limit=1' },
  '/api/v1/sessions/{session_id}': {},
  '/api/v1/sessions/{session_id}/report': {},
  '/api/v1/sessions/{session_id}/recording': {},
  '/api/v1/sessions/{session_id}/candles': {},
  '/api/v1/sessions/{session_id}/book': { query: `symbol=BTCUSDT&at_ms=${START_MS + 1_000}` },
  '/api/v1/sessions/{session_id}/orders': {},
  '/api/v1/sessions/{session_id}/fills': {},
  '/api/v1/sessions/{session_id}/trades': {},
  '/api/v1/sessions/{session_id}/equity': {},
  '/api/v1/sessions/{session_id}/ledger': {},
  '/api/v1/sessions/{session_id}/denials': {},
  '/api/v1/sessions/{session_id}/quality': {},
  '/api/v1/sweeps': { query: 'limit=1' },
  '/api/v1/sweeps/{sweep_id}': {},
  '/api/v1/sweeps/{sweep_id}/trials': { query: 'limit=2&cursor=2' },
  '/api/v1/fills/{fill_id}/receipt': {},
  '/api/v1/sessions/{session_id}/fills/{fill_id}/receipt': {},
  '/api/v1/pause': {},
  '/api/v1/resume': {},
  '/api/v1/flatten': {},
  '/api/v1/stop': {},
  '/api/v1/kill': {},
};

const PROBES = new Set(['/healthz', '/livez', '/readyz']);

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ summary: z.string().min(5), responses: z.record(z.string(), z.unknown()) }),
    ),
  ),
});

let session: ServedSession;
/** On loopback, where reads are free. */
let local: RunningServer;
/** On every address, where reads need the token too. */
let exposed: RunningServer;
let paths: z.infer<typeof documentSchema>['paths'];

beforeAll(async () => {
  session = serveSession();
  local = await startTestServer(session);
  exposed = await startTestServer(session, { host: '0.0.0.0' });
  paths = documentSchema.parse(JSON.parse((await ask(local.port, '/openapi.json')).body)).paths;
});

afterAll(async () => {
  await local.close();
  await exposed.close();
  await session.close();
});

interface Route {
  readonly path: string;
  readonly method: string;
  readonly url: string;
  readonly isWrite: boolean;
  readonly documented: readonly string[];
}

function listRoutes(): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => {
      const example = EXAMPLES[path];
      if (example === undefined) throw new Error(`${path} has no example in this test`);
      const named: Readonly<Record<string, string>> = {
        session_id: session.sessionId,
        fill_id: `${session.sessionId}-f1`,
        sweep_id: SWEEP_ID,
      };
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? name);
      return {
        path,
        method: method.toUpperCase(),
        url: example.query === undefined ? url : `${url}?${example.query}`,
        isWrite: method !== 'get',
        documented: Object.keys(responses),
      };
    }),
  );
}

/** Asks every route alike; the answers by method and path. */
async function askAll(
  server: RunningServer,
  routes: readonly Route[],
  options: (route: Route) => RequestOptions & { readonly url?: string },
): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {};
  for (const route of routes) {
    const { url, ...rest } = options(route);
    answers[`${route.method} ${route.path}`] = await ask(server.port, url ?? route.url, {
      method: route.method,
      ...rest,
    });
  }
  return answers;
}

function statuses(answers: Readonly<Record<string, Answer>>): number[] {
  return [...new Set(Object.values(answers).map(({ status }) => status))];
}

const bearer = { authorization: `Bearer ${TOKEN}` };

describe('every route of the OpenAPI document', () => {
  test('stands in a document that is valid OpenAPI 3.1', async () => {
    const { body } = await ask(local.port, '/openapi.json');
    const result = await new Validator().validate(z.record(z.string(), z.unknown()).parse(JSON.parse(body)));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(JSON.parse(body)).toMatchObject({ openapi: '3.1.0' });
  });

  test('is one that this test knows, and none is missing', () => {
    expect(Object.keys(paths).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
  });

  test('answers as documented, with every protecting header', async () => {
    const routes = listRoutes();
    const answers = await askAll(local, routes, () => ({ headers: bearer }));
    for (const { method, path, documented, isWrite } of routes) {
      const answer = answers[`${method} ${path}`];
      expect([path, answer?.status]).toEqual([path, EXAMPLES[path]?.status ?? (isWrite ? 202 : 200)]);
      expect(documented).toContain(String(answer?.status));
      expect(answer?.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(answer?.headers['content-security-policy']).toMatch(/^default-src 'none'/);
      expect(answer?.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('refuses a Host that is not this machine, with the token too', async () => {
    const answers = await askAll(local, listRoutes(), () => ({
      headers: { ...bearer, host: `evil.example:${local.port}` },
    }));
    expect(statuses(answers)).toEqual([403]);
  });

  test('refuses a foreign Origin and a request that another site makes', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    ]) {
      const answers = await askAll(local, listRoutes(), () => ({ headers: { ...bearer, ...headers } }));
      expect(statuses(answers)).toEqual([403]);
    }
    expect(session.wishes).toHaveLength(5);
  });

  test('refuses every method that it does not have', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const routes = listRoutes().filter(({ isWrite }) => (isWrite ? method !== 'POST' : method !== 'GET'));
      const answers = await askAll(local, routes, () => ({ method, headers: bearer }));
      expect(statuses(answers)).toEqual([405]);
      const overridden = await askAll(local, routes, () => ({
        method,
        headers: { ...bearer, 'x-http-method-override': 'POST' },
      }));
      expect(statuses(overridden)).toEqual([405]);
    }
  });

  test('needs the token for a write anywhere, and for a read beyond this machine', async () => {
    const writes = listRoutes().filter(({ isWrite }) => isWrite);
    const reads = listRoutes().filter(({ isWrite, path }) => !isWrite && !PROBES.has(path));
    const heard = session.wishes.length;
    for (const headers of [{}, { authorization: `Basic ${TOKEN}` }, { cookie: `token=${TOKEN}` }]) {
      expect(statuses(await askAll(local, writes, () => ({ headers })))).toEqual([401]);
      expect(statuses(await askAll(exposed, writes, () => ({ headers })))).toEqual([401]);
      expect(statuses(await askAll(exposed, reads, () => ({ headers })))).toEqual([401]);
    }
    const inUrl = await askAll(local, writes, ({ url }) => ({ url: `${url}?token=${TOKEN}` }));
    expect(statuses(inUrl)).toEqual([401]);
    expect(session.wishes).toHaveLength(heard);
    const withToken = statuses(await askAll(exposed, reads, () => ({ headers: bearer })));
    expect(new Set(withToken)).toEqual(new Set([200, 426]));
  });

  test('refuses a parameter it does not know, and bodies that are not its own', async () => {
    const unknown = await askAll(local, listRoutes(), ({ url }) => ({
      url: `${url}${url.includes('?') ? '&' : '?'}surprise=1`,
      headers: bearer,
    }));
    expect(statuses(unknown)).toEqual([400]);
    const writes = listRoutes().filter(({ isWrite }) => isWrite);
    const heard = session.wishes.length;
    const cases: readonly (readonly [number, string, string])[] = [
      [400, 'application/json', '{broken'],
      [400, 'application/json', '{"force":true}'],
      [400, 'application/json', '{"__proto__":{"a":1}}'],
      [400, 'application/json', '[]'],
      [413, 'application/json', `{"a":"${'x'.repeat(10_000)}"}`],
      [415, 'text/plain', '{}'],
      [415, 'application/x-www-form-urlencoded', 'a=1'],
    ];
    for (const [status, type, body] of cases) {
      const answers = await askAll(local, writes, () => ({
        headers: { ...bearer, 'content-type': type },
        body,
      }));
      expect([body, statuses(answers)]).toEqual([body, [status]]);
    }
    expect(session.wishes).toHaveLength(heard);
  });

  test('does not tell the token, nor what went wrong inside', async () => {
    const answers = await askAll(local, listRoutes(), () => ({ headers: bearer }));
    for (const { body, headers } of Object.values(answers)) {
      expect(body + JSON.stringify(headers)).not.toContain(TOKEN);
      expect(body).not.toMatch(/\bat .*\.ts:\d+/);
    }
  });
});
