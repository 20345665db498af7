import { afterEach, expect, test } from 'vitest';
import { ask, startTestVenue, type TestVenue } from './wire-client.test-support.ts';

const DEPTH = 'market/depth?symbol=BTCUSDT&limit=1';
const LIMITED = '{"code":10006,"data":null,"msg":"Request too frequently"}';

let venue: TestVenue | null = null;
afterEach(async () => {
  await venue?.close();
  venue = null;
});

async function start(...parameters: Parameters<typeof startTestVenue>): Promise<TestVenue> {
  venue = await startTestVenue(...parameters);
  return venue;
}

test('refuses the eleventh request to an endpoint within a second, and only there', async () => {
  const running = await start({ restRequestsPerSecond: 10 });
  const replies = await Promise.all(Array.from({ length: 12 }, () => ask(running, DEPTH)));
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  expect(replies.filter(({ code }) => code === 0)).toHaveLength(10);
  expect(replies.filter(({ text }) => text === LIMITED)).toHaveLength(2);
  expect((await ask(running, 'market/tickers')).code).toBe(0);
  await expect.poll(async () => (await ask(running, DEPTH)).code, { timeout: 3_000, interval: 200 }).toBe(0);
});

test('limits by the knobs: another code, HTTP 429, one limit for all endpoints', async () => {
  const running = await start({
    restRequestsPerSecond: 2,
    rateLimitCode: 10005,
    rateLimitStatus: 429,
    isRateLimitShared: true,
  });
  await ask(running, DEPTH);
  await ask(running, 'market/tickers');
  const refused = await ask(running, 'market/trading_pairs');
  expect([refused.status, refused.code]).toEqual([429, 10005]);
});

test('switches faults on and off while it runs', async () => {
  const running = await start();
  running.setFaults({ rest: { kind: 'challenge' } });
  const challenge = await ask(running, DEPTH);
  expect([challenge.status, challenge.headers.get('cf-mitigated')]).toEqual([403, 'challenge']);
  expect(challenge.text).toContain('Just a moment...');
  for (const status of [502, 503, 520] as const) {
    running.setFaults({ rest: { kind: 'html_error', status } });
    expect((await ask(running, DEPTH)).status).toBe(status);
  }
  running.setFaults({ rest: { kind: 'empty_body' } });
  expect((await ask(running, DEPTH)).text).toBe('');
  running.setFaults({ rest: { kind: 'truncated_json' } });
  const truncated = await ask(running, DEPTH);
  expect(truncated.status).toBe(200);
  expect(() => JSON.parse(truncated.text) as unknown).toThrow(SyntaxError);
  running.setFaults({ rest: { kind: 'network_error' } });
  expect((await ask(running, DEPTH)).code).toBe(10001);
  running.setFaults({ rest: { kind: 'reset' } });
  await expect(ask(running, DEPTH)).rejects.toThrow('fetch failed');
  running.setFaults({ rest: { kind: 'slow', delayMs: 300 } });
  const beganMs = performance.now();
  expect((await ask(running, DEPTH)).code).toBe(0);
  expect(performance.now() - beganMs).toBeGreaterThan(280);
  running.setFaults({ rest: { kind: 'network_error' }, restPath: 'kline' });
  expect((await ask(running, DEPTH)).code).toBe(0);
  running.setFaults({});
  expect((await ask(running, 'market/kline?symbol=BTCUSDT&interval=1m')).code).toBe(0);
});
