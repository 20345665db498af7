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
  // At once: all within a second, however busy the machine is.
  const paths = [DEPTH, 'market/tickers', 'market/trading_pairs'];
  const replies = await Promise.all(paths.map((path) => ask(running, path)));
  const refused = replies.filter(({ status }) => status !== 200);
  expect(refused.map(({ status, code }) => [status, code])).toEqual([[429, 10005]]);
});
