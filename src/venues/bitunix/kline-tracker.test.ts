import { describe, expect, test } from 'vitest';
import { type BarFields, FLAG_UNCONFIRMED } from '../../core/domain/event-block.ts';
import { lots, ticks } from '../../core/domain/units.ts';
import { VenueError } from '../../ports/venue-error.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';
import { DecodedFrame } from './decoded-frame.ts';
import { BACKFILL_WITHIN_MS, CONFIRM_WITHIN_MS, KlineTracker } from './kline-tracker.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';
import { BTC } from './wire-samples.ts';

const LENGTH_MS = 60_000;
const T0 = 1_790_126_520_000;

type Fetch = (fromMs: number, endMs: number) => Promise<readonly BarFields[]>;

function barAt(openTimeMs: number, volume: number, close = 1_000): BarFields {
  return {
    openTimeMs,
    lengthMs: LENGTH_MS,
    open: ticks(1_000),
    high: ticks(1_100),
    low: ticks(900),
    close: ticks(close),
    volume: lots(volume),
  };
}

/** The venue has every bar, with a volume that tells it from the socket's. */
const complete: Fetch = (fromMs, endMs) => {
  const bars: BarFields[] = [];
  for (let openMs = fromMs; openMs < endMs; openMs += LENGTH_MS) bars.push(barAt(openMs, 7_777));
  return Promise.resolve(bars);
};

function setUp(fetchBars: Fetch, lastOpenMs: number | null = T0 - LENGTH_MS) {
  const time = new ManualScheduler(T0);
  const inlet = new RecordingInlet(() => time.nowMs());
  const logger = new RecordingLogger();
  const fatal: VenueError[] = [];
  const asked: [number, number][] = [];
  const tracker = new KlineTracker({
    instrument: BTC,
    lengthMs: LENGTH_MS,
    lastOpenMs,
    inlet,
    logger,
    clock: time,
    scheduler: time,
    fetchBars: (fromMs, endMs) => {
      asked.push([fromMs, endMs]);
      return fetchBars(fromMs, endMs);
    },
    onFatal: (error) => fatal.push(error),
  });
  const frame = new DecodedFrame();
  const note = (timeMs: number, open: number, volume: number, close = open): void => {
    Object.assign(frame, {
      exchangeTimeMs: timeMs,
      open,
      high: Math.max(open, close),
      low: Math.min(open, close),
      close,
    });
    frame.baseVolume = volume;
    frame.quoteVolume = volume * (close / 10);
    tracker.noteFrame(frame);
  };
  const bars = (): [number, number, number][] =>
    inlet.of('bar').map(({ wide, flags }) => [((wide[0] ?? 0) - T0) / LENGTH_MS, wide[6] ?? 0, flags]);
  return { time, inlet, logger, fatal, asked, tracker, note, bars };
}

describe('a kline tracker', () => {
  test('hands a bar on once a frame of the next one arrives, as REST confirms it', async () => {
    const { time, note, bars, logger } = setUp(complete);
    note(T0 + 100, 1_000, 5);
    note(T0 + 59_900, 1_000, 50);
    expect(bars()).toEqual([]);
    note(T0 + 60_100, 1_010, 0);
    await time.advanceSlowly(100);
    expect(bars()).toEqual([[0, 7_777, 0]]);
    note(T0 + 60_600, 1_010, 3);
    note(T0 + 120_100, 1_020, 1);
    await time.advanceSlowly(100);
    expect(bars()).toEqual([
      [0, 7_777, 0],
      [1, 7_777, 0],
    ]);
    expect(logger.lines).toEqual([]);
  });

  test('joins the history: a bar that closed before the first frame is fetched, and that is no gap', async () => {
    const { time, note, bars, tracker, asked, logger } = setUp(complete, T0 - 2 * LENGTH_MS);
    note(T0 + 100, 1_000, 5);
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([-1]);
    expect(asked).toEqual([[T0 - LENGTH_MS, T0]]);
    expect([tracker.gaps, logger.said('Gap detected!')]).toEqual([0, []]);
  });

  test('joins the history: several bars before the first frame are fetched, and that is a gap', async () => {
    const { time, note, bars, tracker, logger, inlet } = setUp(complete, T0 - 4 * LENGTH_MS);
    note(T0 + 100, 1_000, 5);
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([-3, -2, -1]);
    expect(tracker.gaps).toBe(1);
    expect(logger.said('Gap detected!').map(({ fields }) => fields)).toEqual([
      { symbol: 'BTCUSDT', from: T0 - 3 * LENGTH_MS, to: T0, missing: 3 },
    ]);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'gap', backfilled: true },
    ]);
  });

  test('begins at the first frame where there is no history', async () => {
    const { time, note, bars } = setUp(complete, null);
    note(T0 + 30_000, 1_000, 5);
    await time.advanceSlowly(100);
    expect(bars()).toEqual([]);
    note(T0 + 60_100, 1_000, 0);
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([0]);
  });

  test('takes the last socket frame, flagged, where REST does not have the bar in time', async () => {
    const { time, note, bars } = setUp(() => Promise.resolve([]));
    note(T0 + 100, 1_000, 5);
    note(T0 + 59_900, 1_000, 50);
    note(T0 + 60_100, 1_010, 0);
    await time.advanceSlowly(CONFIRM_WITHIN_MS - 100, 100);
    expect(bars()).toEqual([]);
    await time.advanceSlowly(300, 100);
    expect(bars()).toEqual([[0, 50, FLAG_UNCONFIRMED]]);
  });

  test('takes the last socket frame where REST does not answer at all', async () => {
    const { time, note, bars } = setUp(() => new Promise(() => {}));
    note(T0 + 100, 1_000, 50);
    note(T0 + 60_100, 1_010, 0);
    await time.advanceSlowly(CONFIRM_WITHIN_MS + 200, 100);
    expect(bars()).toEqual([[0, 50, FLAG_UNCONFIRMED]]);
  });

  test('asks again while REST still shows the bar as it stood before its last trades', async () => {
    let answers = 0;
    const { time, note, bars } = setUp(() => Promise.resolve([barAt(T0, answers++ < 2 ? 40 : 60)]));
    note(T0 + 100, 1_000, 50);
    note(T0 + 60_100, 1_010, 0);
    await time.advanceSlowly(2_000, 100);
    expect(bars()).toEqual([[0, 60, 0]]);
  });

  test('fetches the bars of an outage, in order and once, and records the gap as filled', async () => {
    const { time, note, bars, tracker, inlet, logger } = setUp(complete);
    note(T0 + 100, 1_000, 5);
    note(T0 + 4 * LENGTH_MS + 500, 1_040, 5);
    await time.advanceSlowly(200);
    expect(bars().map(([bar]) => bar)).toEqual([0, 1, 2, 3]);
    expect(logger.said('Gap detected!').map(({ level, fields }) => [level, fields])).toEqual([
      ['warning', { symbol: 'BTCUSDT', from: T0 + LENGTH_MS, to: T0 + 4 * LENGTH_MS, missing: 3 }],
    ]);
    expect(tracker.gaps).toBe(1);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'gap', feed: 'kline', fromMs: T0 + LENGTH_MS, toMs: T0 + 4 * LENGTH_MS, backfilled: true },
    ]);
  });

  test('leaves bars that the venue does not have as a recorded hole and goes on', async () => {
    const { time, note, bars, inlet } = setUp(async (fromMs, endMs) =>
      (await complete(fromMs, endMs)).filter(({ openTimeMs }) => openTimeMs !== T0 + 2 * LENGTH_MS),
    );
    note(T0 + 100, 1_000, 5);
    note(T0 + 4 * LENGTH_MS + 500, 1_040, 5);
    await time.advanceSlowly(CONFIRM_WITHIN_MS + 1_000, 100);
    expect(bars().map(([bar]) => bar)).toEqual([0, 1, 3]);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'gap', backfilled: false },
    ]);
  });

  test('waits for bars that only REST can bring longer than for those it saw itself', async () => {
    let isDown = true;
    const { time, note, bars } = setUp((fromMs, endMs) =>
      isDown ? Promise.reject(new VenueError('transient', 503, 'down')) : complete(fromMs, endMs),
    );
    note(T0 + 100, 1_000, 5);
    note(T0 + 3 * LENGTH_MS + 500, 1_040, 5);
    await time.advanceSlowly(20_000, 250);
    expect(bars()).toEqual([]);
    isDown = false;
    await time.advanceSlowly(1_000, 250);
    expect(bars().map(([bar]) => bar)).toEqual([0, 1, 2]);
  });

  test('gives up such bars after its maximum', async () => {
    const { time, note, bars } = setUp(() => Promise.reject(new VenueError('transient', 503, 'down')));
    note(T0 + 100, 1_000, 5);
    note(T0 + 3 * LENGTH_MS + 500, 1_040, 5);
    await time.advanceSlowly(BACKFILL_WITHIN_MS + 1_000, 500);
    expect(bars()).toEqual([[0, 5, FLAG_UNCONFIRMED]]);
  });

  test('takes a frame just after the rollover that still carries the old bar as part of it', async () => {
    const { time, note, bars } = setUp(() => Promise.resolve([]));
    note(T0 + 59_900, 1_000, 50);
    note(T0 + 60_100, 1_000, 55);
    note(T0 + 60_600, 1_005, 2);
    await time.advanceSlowly(CONFIRM_WITHIN_MS + 200, 100);
    expect(bars()).toEqual([[0, 55, FLAG_UNCONFIRMED]]);
  });

  test('a new bar that opens where the old one did is new once its volume starts again', async () => {
    const { time, note, bars } = setUp(complete);
    note(T0 + 59_900, 1_000, 50);
    note(T0 + 60_100, 1_000, 0);
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([0]);
  });

  test('never hands a bar on twice when late frames of it arrive', async () => {
    const { time, note, bars } = setUp(complete);
    note(T0 + 59_900, 1_000, 50);
    note(T0 + 60_100, 1_010, 0);
    await time.advanceSlowly(100);
    note(T0 + 59_950, 1_000, 51);
    note(T0 + 120_100, 1_020, 0);
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([0, 1]);
  });

  test('keeps order when a rollover falls into a slow answer', async () => {
    let release = (): void => {};
    let isFirst = true;
    const { time, note, bars } = setUp((fromMs, endMs) => {
      if (!isFirst) return complete(fromMs, endMs);
      isFirst = false;
      return new Promise((resolve) => {
        release = () => void complete(fromMs, endMs).then(resolve);
      });
    });
    note(T0 + 59_900, 1_000, 50);
    note(T0 + 60_100, 1_010, 0);
    note(T0 + 120_100, 1_020, 0);
    await time.advanceSlowly(100);
    expect(bars()).toEqual([]);
    release();
    await time.advanceSlowly(100);
    expect(bars().map(([bar]) => bar)).toEqual([0, 1]);
  });

  test('counts coins also where the two volume labels are swapped', async () => {
    const { time, tracker, bars } = setUp(() => Promise.resolve([]));
    const frame = new DecodedFrame();
    const values = {
      open: 685_814,
      high: 685_814,
      low: 685_814,
      close: 685_814,
      baseVolume: 3_593_481_407,
      quoteVolume: 52_395,
    };
    tracker.noteFrame(Object.assign(frame, values, { exchangeTimeMs: T0 + 100 }));
    tracker.noteFrame(
      Object.assign(frame, values, { exchangeTimeMs: T0 + 60_100, open: 685_815, baseVolume: 0 }),
    );
    await time.advanceSlowly(CONFIRM_WITHIN_MS + 200, 100);
    expect(bars()).toEqual([[0, 52_395, FLAG_UNCONFIRMED]]);
  });

  test('records a gap that is still being asked for when the session ends, once', async () => {
    const { time, inlet, note, tracker, logger } = setUp(() =>
      Promise.reject(new VenueError('transient', 503, 'busy')),
    );
    note(T0 + 100, 1_000, 5);
    note(T0 + 3 * LENGTH_MS + 100, 1_010, 5);
    await time.advanceSlowly(1_000, 100);
    expect([logger.said('Gap detected!').length, inlet.of('quality')]).toEqual([1, []]);
    tracker.settle();
    tracker.settle();
    await time.advanceSlowly(2 * BACKFILL_WITHIN_MS, 1_000);
    expect(inlet.of('quality').map(({ detail }) => detail)).toMatchObject([
      { kind: 'gap', fromMs: T0 + LENGTH_MS, toMs: T0 + 3 * LENGTH_MS, backfilled: false },
    ]);
  });

  test('passes a fatal refusal on', async () => {
    const { time, note, fatal } = setUp(() => Promise.reject(new VenueError('fatal', 403, 'forbidden')));
    note(T0 + 100, 1_000, 5);
    note(T0 + 60_100, 1_010, 5);
    await time.advanceSlowly(100);
    expect(fatal).toHaveLength(1);
  });
});
