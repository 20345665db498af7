import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ask } from '../../test/builders/http-request.ts';
import { serveSession, type ServedSession, startTestServer } from '../../test/builders/served-session.ts';
import type { RunningServer } from './start-server.ts';

const GRAFANA = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../config/grafana/laptop-agents.json',
);
const UNITS =
  /_(usdt|seconds|bytes|percent|quantity|total|info|state|paused|orders|connected|valid|clients)$/;

let session: ServedSession;
let server: RunningServer;

beforeAll(async () => {
  session = serveSession();
  server = await startTestServer(session);
});

afterAll(async () => {
  await server.close();
  await session.close();
});

/** Samples by name and labels, as Prometheus reads them. */
async function scrape(): Promise<{ text: string; samples: Map<string, number>; types: Map<string, string> }> {
  const { body, headers } = await ask(server.port, '/metrics');
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of body.split('\n')) {
    const type = /^# TYPE (\w+) (\w+)$/.exec(line);
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '');
    const sample = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line);
    if (sample !== null && !line.startsWith('#')) samples.set(sample[1] ?? '', Number(sample[2]));
  }
  return { text: body, samples, types };
}

describe('/metrics', () => {
  test('tells the session as it is', async () => {
    const { samples } = await scrape();
    expect(samples.get('laptop_agents_session_state{state="running"}')).toBe(1);
    expect(samples.get('laptop_agents_session_state{state="halted"}')).toBe(0);
    expect(samples.get('laptop_agents_position_quantity{symbol="BTCUSDT"}')).toBe(0.01);
    expect(samples.get('laptop_agents_fills_total')).toBe(1);
    expect(samples.get('laptop_agents_denials_total')).toBe(1);
    expect(samples.get('laptop_agents_fees_paid_usdt_total')).toBe(0.0060006);
    expect(samples.get('laptop_agents_resident_memory_bytes')).toBe(80 * 1_048_576);
    expect(samples.get('laptop_agents_feed_age_seconds{feed="ticker"}')).toBe(0.04);
  });

  test('leaves out what is not known, also when it was known before', async () => {
    expect((await scrape()).samples.has('laptop_agents_cpu_percent')).toBe(false);
    session.heartbeat = { ...session.heartbeat, cpu_percent: 12.5 };
    expect((await scrape()).samples.get('laptop_agents_cpu_percent')).toBe(12.5);
    session.heartbeat = { ...session.heartbeat, cpu_percent: null, feeds: {} };
    const { samples } = await scrape();
    expect(samples.has('laptop_agents_cpu_percent')).toBe(false);
    expect([...samples.keys()].filter((name) => name.includes('feed='))).toEqual([]);
  });

  test('says the same twice: a scrape counts nothing up', async () => {
    const [first, second] = [await scrape(), await scrape()];
    expect(second.samples.get('laptop_agents_events_total')).toBe(
      first.samples.get('laptop_agents_events_total'),
    );
    expect(second.samples.get('laptop_agents_fills_total')).toBe(1);
  });

  test('gives every name a help text, a unit, and the type of what it is', async () => {
    const { text, types } = await scrape();
    for (const [name, type] of types) {
      expect(name).toMatch(/^laptop_agents_[a-z_]+$/);
      expect(name).toMatch(UNITS);
      expect([name, type]).toEqual([
        name,
        name.endsWith('_total') ? 'counter' : name.endsWith('duration_seconds') ? 'histogram' : 'gauge',
      ]);
      expect(text).toMatch(new RegExp(`^# HELP ${name} .{5,}$`, 'm'));
    }
  });

  test('counts requests by the pattern of their route, whatever names they bring', async () => {
    for (const id of ['one', 'two', '..%2f']) await ask(server.port, `/api/v1/sessions/${id}`);
    for (const name of ['/nothing', '/nowhere']) await ask(server.port, name);
    const { samples } = await scrape();
    const series = (route: string): number | undefined =>
      samples.get(`laptop_agents_http_requests_total{method="GET",route="${route}",status="404"}`);
    expect([series('/api/v1/sessions/:session_id'), series('none')]).toEqual([3, 2]);
  });

  test('has every metric that the Grafana dashboard asks for', async () => {
    const { types } = await scrape();
    const asked = new Set(readFileSync(GRAFANA, 'utf8').match(/laptop_agents_\w+/g));
    const missing = [...asked].filter((name) => !types.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(missing).toEqual([]);
    expect(asked.size).toBeGreaterThan(20);
  });
});
