import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/base/random.ts';
import { VenueError } from '../../ports/venue-error.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';
import { pause } from '../transport/scheduler.ts';
import { type ClockSample, ClockSync } from './clock-sync.ts';
import { RecordingLogger } from './recording-logger.ts';
import type { ReplyTiming } from './rest-client.ts';

const SEED = 11;

function setUp(venueAheadMs: number) {
  const time = new ManualScheduler(1_790_000_000_123);
  const random = new SeededRandom(SEED);
  const logger = new RecordingLogger();
  const samples: ClockSample[] = [];
  const fatal: VenueError[] = [];
  // The venue's own clock moves with monotonic time, whatever our wall clock does.
  const venue = { baseMs: 1_790_000_000_123 + venueAheadMs, probes: 0, failure: null as VenueError | null };
  const venueNowMs = (): number => time.monotonicMs() + venue.baseMs;
  const probe = async (): Promise<ReplyTiming> => {
    venue.probes++;
    const sentAtMs = time.monotonicMs();
    await pause(time, 5 + random.nextBelow(10));
    if (venue.failure !== null) throw venue.failure;
    const dateMs = Math.floor(venueNowMs() / 1_000) * 1_000;
    await pause(time, 5 + random.nextBelow(10));
    return { dateMs, sentAtMs, receivedAtMs: time.monotonicMs() };
  };
  const sync = new ClockSync({
    clock: time,
    scheduler: time,
    logger,
    probe,
    onFatal: (error) => fatal.push(error),
  });
  const errorMs = (): number => sync.nowMs() - Math.floor(venueNowMs());
  return { time, logger, samples, venue, sync, errorMs, venueNowMs, fatal };
}

describe('clock sync', () => {
  test.each([0, 1_800, -7_200_000, 31_536_000_000_000, -1_600_000_000_000])(
    'finds a venue that is %i ms ahead to within its own bound, in four seconds',
    async (aheadMs) => {
      const { time, sync, errorMs } = setUp(aheadMs);
      sync.start();
      let isReady = false;
      void sync.ready.then(() => {
        isReady = true;
      });
      await time.advanceSlowly(4_500);
      expect(isReady).toBe(true);
      expect(sync.uncertaintyMs ?? Infinity).toBeLessThanOrEqual(40);
      expect(Math.abs(errorMs())).toBeLessThanOrEqual((sync.uncertaintyMs ?? 0) + 1);
      expect(Math.abs((sync.offsetMs ?? 0) - aheadMs)).toBeLessThanOrEqual(41);
      expect(sync.roundTripMs ?? 0).toBeGreaterThanOrEqual(10);
    },
  );

  test('says the offset once at the start, and again when it has changed', async () => {
    const { time, sync, logger, venue, errorMs } = setUp(500);
    sync.start();
    await time.advanceSlowly(120_000, 20);
    expect(logger.said('Time offset')).toHaveLength(1);
    expect(Object.keys(logger.said('Time offset')[0]?.fields ?? {})).toEqual([
      'offset_ms',
      'round_trip_ms',
      'uncertainty_ms',
    ]);
    venue.baseMs -= 90_000;
    await time.advanceSlowly(40_000, 20);
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(41);
    expect(
      Math.abs(Number(logger.said('Time offset').at(-1)?.fields['offset_ms']) + 89_500),
    ).toBeLessThanOrEqual(600);
    await time.advanceSlowly(40_000, 20);
    expect(
      Math.abs(Number(logger.said('Time offset').at(-1)?.fields['offset_ms']) + 89_500),
    ).toBeLessThanOrEqual(50);
  });

  test('follows a venue that steps ahead as soon as a frame shows it', async () => {
    const { time, sync, venue, errorMs, venueNowMs } = setUp(0);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    venue.baseMs += 5_000;
    for (let second = 0; second < 6; second++) {
      sync.noteFrame(Math.floor(venueNowMs()) - 50);
      await time.advanceSlowly(1_000, 20);
    }
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(41);
  });

  test.each([
    ['ahead', 120_000],
    ['back', -45_000],
  ])('finds out at once that a venue has stepped %s, once a frame shows it', async (_, stepMs) => {
    const { time, sync, venue, errorMs, venueNowMs } = setUp(0);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    venue.baseMs += stepMs;
    sync.noteFrame(Math.floor(venueNowMs()) - 50);
    await time.advanceSlowly(60, 10);
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(600);
  });

  test('asks at most every ten seconds while frames are late', async () => {
    const { time, sync, venue, errorMs, venueNowMs } = setUp(0);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    const { probes } = venue;
    for (let frame = 0; frame < 200; frame++) {
      sync.noteFrame(Math.floor(venueNowMs()) - 20_000);
      await time.advanceSlowly(100, 20);
    }
    expect(venue.probes - probes).toBeLessThanOrEqual(12);
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(41);
  });

  test('is not moved by a local wall clock that steps: only the offset shown is', async () => {
    const { time, sync, errorMs } = setUp(100);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    time.wallOffsetMs += 3_600_000;
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(41);
    expect(Math.abs((sync.offsetMs ?? 0) + 3_599_900)).toBeLessThanOrEqual(41);
    await time.advanceSlowly(40_000, 20);
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(41);
  });

  test('follows a clock that drifts by 50 ms a minute for an hour', async () => {
    const { time, sync, venue, errorMs, logger } = setUp(300);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    let worstMs = 0;
    for (let second = 0; second < 3_600; second++) {
      venue.baseMs += 50 / 60;
      await time.advanceSlowly(1_000, 20);
      worstMs = Math.max(worstMs, Math.abs(errorMs()));
    }
    // What half a minute between two looks drifts, on top of what is never known better.
    expect(worstMs).toBeLessThanOrEqual(41 + 25);
    expect(Math.abs((sync.offsetMs ?? 0) - (300 + 60 * 50))).toBeLessThanOrEqual(41 + 25);
    expect(logger.said('Time offset').length).toBeGreaterThan(30);
  });

  test("holds the session's time at half its pace while a venue that stepped back catches up", async () => {
    const { time, sync, venue } = setUp(500);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    const read = async (forMs: number): Promise<number> => {
      const fromMs = sync.sessionNowMs();
      await time.advanceSlowly(forMs, 20);
      return sync.sessionNowMs() - fromMs;
    };
    expect(Math.abs((await read(1_000)) - 1_000)).toBeLessThanOrEqual(20);
    venue.baseMs -= 45_000;
    await time.advanceSlowly(40_000, 20);
    expect(sync.sessionNowMs() - sync.nowMs()).toBeGreaterThan(20_000);
    expect(Math.abs((await read(10_000)) - 5_000)).toBeLessThanOrEqual(50);
    await time.advanceSlowly(90_000, 20);
    expect(sync.sessionNowMs()).toBe(sync.nowMs());
    expect(Math.abs((await read(1_000)) - 1_000)).toBeLessThanOrEqual(20);
  });

  test('tells its listener of a step in the moment it becomes known', async () => {
    const { time, sync, venue, samples } = setUp(0);
    sync.start();
    await time.advanceSlowly(10_000, 20);
    let beforeMs = sync.sessionNowMs();
    const toldMs: number[] = [];
    sync.listen((sample) => {
      samples.push(sample);
      if (sample.offsetMs > 60_000) toldMs.push(sync.sessionNowMs());
    });
    venue.baseMs += 120_000;
    while (toldMs.length === 0) {
      beforeMs = sync.sessionNowMs();
      await time.advanceSlowly(10, 10);
    }
    // Nobody else could read the new time before the listener was told of it.
    expect(beforeMs).toBeLessThan((toldMs[0] ?? 0) - 119_000);
  });

  test('never stands behind the stamp of a frame from the same clock', async () => {
    const { time, sync, venueNowMs } = setUp(250);
    sync.start();
    await time.advanceSlowly(5_000, 20);
    for (let frame = 0; frame < 200; frame++) {
      const stampMs = Math.floor(venueNowMs());
      sync.noteFrame(stampMs);
      expect(sync.nowMs()).toBeGreaterThanOrEqual(stampMs - 1);
      await time.advanceSlowly(100, 50);
    }
  });

  test('tells its listener the standing estimate at once and each new one', async () => {
    const { time, sync, samples } = setUp(100);
    sync.start();
    await time.advanceSlowly(5_000, 20);
    sync.listen((sample) => samples.push(sample));
    expect(samples).toHaveLength(1);
    await time.advanceSlowly(65_000, 20);
    expect(samples).toHaveLength(3);
  });

  test('knows nothing and says so while the venue cannot be reached, then recovers', async () => {
    const { time, sync, venue, logger } = setUp(100);
    venue.failure = new VenueError('transient', 503, 'down');
    sync.start();
    await time.advanceSlowly(5_000, 20);
    await sync.ready;
    expect([sync.offsetMs, sync.roundTripMs, sync.uncertaintyMs]).toEqual([null, null, null]);
    expect(logger.said('Time offset')).toEqual([]);
    venue.failure = null;
    await time.advanceSlowly(40_000, 20);
    expect(Math.abs((sync.offsetMs ?? Infinity) - 100)).toBeLessThanOrEqual(600);
  });

  test('passes a fatal refusal on, and probes no more once stopped', async () => {
    const { time, sync, venue, fatal } = setUp(100);
    venue.failure = new VenueError('fatal', 403, 'forbidden');
    sync.start();
    await time.advanceSlowly(100, 20);
    expect(fatal.length).toBeGreaterThanOrEqual(1);
    sync.stop();
    const { probes } = venue;
    await time.advanceSlowly(120_000, 100);
    expect(venue.probes).toBe(probes);
  });
});
