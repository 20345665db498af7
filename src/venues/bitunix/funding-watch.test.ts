import { describe, expect, test } from 'vitest';
import { markPrice, rate } from '../../core/domain/units.ts';
import { VenueError } from '../../ports/venue-error.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';
import { FundingWatch, MAX_POLLS } from './funding-watch.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';
import type { FundingSettlement } from './rest-client.ts';
import { BTC } from './wire-samples.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 8, 23, 7, 59, 50);
const SETTLEMENT_MS = Date.UTC(2026, 8, 23, 8);

function setUp() {
  const time = new ManualScheduler(START_MS);
  const inlet = new RecordingInlet(() => time.nowMs());
  const logger = new RecordingLogger();
  const published: FundingSettlement[] = [row(SETTLEMENT_MS - 8 * HOUR_MS)];
  const fatal: VenueError[] = [];
  const venue = { published, polls: 0, failure: null as VenueError | null };
  const watch = new FundingWatch({
    instrument: BTC,
    sinceMs: time.nowMs(),
    scheduler: time,
    logger,
    inlet,
    nowMs: () => time.nowMs(),
    history: (afterMs) => {
      venue.polls++;
      if (venue.failure !== null) return Promise.reject(venue.failure);
      return Promise.resolve(published.filter(({ settlementMs }) => settlementMs > afterMs));
    },
    onFatal: (error) => fatal.push(error),
  });
  const settled = (): number[] => inlet.of('funding').map(({ wide }) => wide[0] ?? 0);
  return { time, inlet, logger, venue, watch, settled, fatal };
}

function row(settlementMs: number): FundingSettlement {
  return { settlementMs, rate: rate(-7_700_000), mark: markPrice(8_668_830_000_000) };
}

describe('a funding watch', () => {
  test('brings in a settlement once its row is published, with the rate and mark as sent', async () => {
    const { time, venue, watch, settled, inlet } = setUp();
    watch.notePrice(SETTLEMENT_MS - 8 * HOUR_MS, SETTLEMENT_MS);
    await time.advanceSlowly(9_000, 500);
    expect([venue.polls, settled()]).toEqual([0, []]);
    await time.advanceSlowly(6_000, 500);
    expect(settled()).toEqual([]);
    venue.published.unshift(row(SETTLEMENT_MS));
    await time.advanceSlowly(3_000, 500);
    expect(inlet.of('funding')[0]?.wide.slice(0, 3)).toEqual([SETTLEMENT_MS, -7_700_000, 8_668_830_000_000]);
    watch.notePrice(SETTLEMENT_MS, SETTLEMENT_MS + 8 * HOUR_MS);
    await time.advanceSlowly(60_000, 1_000);
    expect(settled()).toEqual([SETTLEMENT_MS]);
  });

  test('brings in nothing of the time before its start', async () => {
    const { time, watch, settled, venue } = setUp();
    watch.notePrice(SETTLEMENT_MS - 8 * HOUR_MS, SETTLEMENT_MS);
    await time.advanceSlowly(5_000, 500);
    expect([venue.polls, settled()]).toEqual([0, []]);
  });

  test('learns from the last settlement of a price frame what it missed while the line was down', async () => {
    const { time, venue, watch, settled } = setUp();
    venue.published.unshift(row(SETTLEMENT_MS + HOUR_MS), row(SETTLEMENT_MS));
    venue.published.sort((left, right) => left.settlementMs - right.settlementMs);
    await time.advanceSlowly(2 * HOUR_MS, 600_000);
    watch.notePrice(SETTLEMENT_MS + HOUR_MS, SETTLEMENT_MS + 9 * HOUR_MS);
    await time.advanceSlowly(2_000, 500);
    expect(settled()).toEqual([SETTLEMENT_MS, SETTLEMENT_MS + HOUR_MS]);
  });

  test('watches the next settlement after one', async () => {
    const { time, venue, watch, settled } = setUp();
    watch.notePrice(Number.NaN, SETTLEMENT_MS);
    venue.published.unshift(row(SETTLEMENT_MS));
    await time.advanceSlowly(15_000, 500);
    watch.notePrice(SETTLEMENT_MS, SETTLEMENT_MS + HOUR_MS);
    venue.published.unshift(row(SETTLEMENT_MS + HOUR_MS));
    await time.advanceSlowly(HOUR_MS, 5_000);
    expect(settled()).toEqual([SETTLEMENT_MS, SETTLEMENT_MS + HOUR_MS]);
  });

  test('goes on asking through passing trouble', async () => {
    const { time, venue, watch, settled } = setUp();
    venue.failure = new VenueError('transient', 503, 'down');
    venue.published.unshift(row(SETTLEMENT_MS));
    watch.notePrice(Number.NaN, SETTLEMENT_MS);
    await time.advanceSlowly(20_000, 500);
    venue.failure = null;
    await time.advanceSlowly(5_000, 500);
    expect(settled()).toEqual([SETTLEMENT_MS]);
  });

  test('records a settlement that is never published as a gap, after a bounded number of requests', async () => {
    const { time, venue, watch, inlet, logger } = setUp();
    watch.notePrice(Number.NaN, SETTLEMENT_MS);
    await time.advanceSlowly(30 * 60_000, 1_000);
    expect(venue.polls).toBe(MAX_POLLS);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { feed: 'funding', fromMs: SETTLEMENT_MS },
    ]);
    expect(logger.lines.at(-1)?.level).toBe('error');
  });

  test('asks no more once stopped', async () => {
    const { time, venue, watch } = setUp();
    watch.notePrice(Number.NaN, SETTLEMENT_MS);
    watch.stop();
    await time.advanceSlowly(60_000, 1_000);
    expect([venue.polls, time.pending]).toEqual([0, 0]);
  });
});
