import { expect, test } from 'vitest';
import { createInstrument } from '../../core/domain/instrument.ts';
import type { VenueError } from '../../ports/venue-error.ts';
import { systemClock } from '../../ports/wall-clock.ts';
import { startSimulatedVenue } from '../simulated/simulated-venue.ts';
import { createSyntheticMarket } from '../simulated/synthetic-market.ts';
import { openBitunixVenue } from './bitunix-source.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';

const HOUR_MS = 3_600_000;

test.concurrent.each([
  ['an hour ahead', HOUR_MS],
  ['an hour back', -HOUR_MS],
])('the whole client outlives a local clock that steps %s', { timeout: 120_000 }, async (_, stepMs) => {
  let wallOffsetMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + wallOffsetMs };
  const market = createSyntheticMarket({ seed: 5, startMs: Date.now() });
  const simulated = await startSimulatedVenue({ market, clock: { nowMs: () => Date.now() } });
  const logger = new RecordingLogger();
  const fatal: VenueError[] = [];
  const lost: string[] = [];
  const { restUrl, wsUrl } = simulated;
  const venue = openBitunixVenue({ restUrl, wsUrl, logger, clock, random: () => 0.5 });
  try {
    const btc = createInstrument(await venue.instrument('BTCUSDT'), 0);
    await venue.history(btc, '1m', 5);
    const inlet = new RecordingInlet(() => venue.clock.sessionNowMs());
    venue.start([btc], '1m', inlet, {
      onFatal: (error) => fatal.push(error),
      onLost: (feed) => lost.push(feed),
    });
    const books = (): number => inlet.of('bookSnapshot').length;
    await expect.poll(books, { timeout: 30_000 }).toBeGreaterThan(5);
    const before = books();
    wallOffsetMs = stepMs;
    // A busy machine answers late, and the estimate says how much that leaves open.
    const errorMs = 100 + (venue.clock.uncertaintyMs ?? 0);
    expect(errorMs).toBeLessThan(10_000);
    expect(Math.abs((venue.clock.offsetMs ?? 0) + stepMs)).toBeLessThan(errorMs);
    await expect.poll(books, { timeout: 40_000 }).toBeGreaterThan(before + 30);
    const delaysMs = inlet.of('bookSnapshot').map((row) => row.receivedTimeMs - row.exchangeTimeMs);
    expect(Math.min(...delaysMs)).toBeGreaterThan(-errorMs);
    expect(Math.max(...delaysMs)).toBeLessThan(10_000);
    expect(venue.feeds()).toMatchObject({
      kline: { state: 'connected', reconnects: 0 },
      ticker: { state: 'connected', reconnects: 0 },
    });
    expect([fatal, lost, logger.said('Frame refused')]).toEqual([[], [], []]);
  } finally {
    await venue.stop();
    await simulated.close();
  }
});

test('ten connections in vain are told as a loss, and not once more', { timeout: 120_000 }, async () => {
  const market = createSyntheticMarket({ seed: 5, startMs: Date.now() });
  const simulated = await startSimulatedVenue({ market, clock: { nowMs: () => Date.now() } });
  const lost: string[] = [];
  const fatal: VenueError[] = [];
  const { restUrl, wsUrl } = simulated;
  const venue = openBitunixVenue({
    restUrl,
    wsUrl,
    logger: new RecordingLogger(),
    clock: systemClock,
    random: () => 0.5,
    times: { backoffBaseMs: 10, backoffMaxMs: 40 },
  });
  try {
    const btc = createInstrument(await venue.instrument('BTCUSDT'), 0);
    const inlet = new RecordingInlet(() => venue.clock.sessionNowMs());
    venue.start([btc], '1m', inlet, {
      onFatal: (error) => fatal.push(error),
      onLost: (feed) => lost.push(feed),
    });
    await expect.poll(() => inlet.of('bookSnapshot').length, { timeout: 30_000 }).toBeGreaterThan(1);
    simulated.addFaults([
      { kind: 'refuse_upgrade', status: 503 },
      { kind: 'drop_socket', target: 'ticker' },
    ]);
    await expect.poll(() => lost.length, { timeout: 30_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([lost, fatal]).toEqual([['ticker'], []]);
    expect(venue.feeds().kline.state).toBe('connected');
  } finally {
    await venue.stop();
    await simulated.close();
  }
});
