import { afterEach, expect, test } from 'vitest';
import { ask, object, startTestVenue, type TestVenue } from '../wire-client.test-support.ts';

let venue: TestVenue | null = null;
afterEach(async () => {
  await venue?.close();
  venue = null;
});

/** The mark at REST, which the price channel spells alike. */
async function markOf(running: TestVenue, symbol: string): Promise<number> {
  const row = object((await ask(running, `market/funding_rate?symbol=${symbol}`)).data);
  return Number(row['markPrice']);
}

test('mark_offset moves the mark of the contract it names while it lasts, and of no other', async () => {
  const running = await startTestVenue();
  venue = running;
  const [btc, eth] = [await markOf(running, 'BTCUSDT'), await markOf(running, 'ETHUSDT')];
  running.addFaults([{ kind: 'mark_offset', bps: -500, symbol: 'BTCUSDT' }]);
  expect((await markOf(running, 'BTCUSDT')) / btc).toBeCloseTo(0.95, 3);
  expect((await markOf(running, 'ETHUSDT')) / eth).toBeCloseTo(1, 3);
  running.clearFaults();
  expect((await markOf(running, 'BTCUSDT')) / btc).toBeCloseTo(1, 3);
});
