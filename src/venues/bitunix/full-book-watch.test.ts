import { expect, test } from 'vitest';
import { DecimalError } from '../../core/base/fixed-point.ts';
import { MAX_TAIL_LEVELS, NO_TIME } from '../../core/domain/event-block.ts';
import { VenueError } from '../../ports/venue-error.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';
import { FullBookWatch } from './full-book-watch.ts';
import type { Depth } from './messages.ts';
import { RecordingInlet } from './recording-inlet.ts';
import { RecordingLogger } from './recording-logger.ts';
import { BTC } from './wire-samples.ts';

const BOOK: Depth = {
  bids: [
    ['86699.6', '2.274'],
    ['86699.4', '0'],
    ['86699.1', '1'],
  ],
  asks: [['86699.7', '0.7095']],
};

interface Run {
  readonly inlet: RecordingInlet;
  readonly logger: RecordingLogger;
  readonly fatal: VenueError[];
  readonly watch: FullBookWatch;
  requests(): number;
  pass(ms: number): Promise<void>;
}

function run(answers: readonly (Depth | Error)[]): Run {
  const scheduler = new ManualScheduler();
  const inlet = new RecordingInlet(() => 5_000);
  const logger = new RecordingLogger();
  const fatal: VenueError[] = [];
  let requests = 0;
  const watch = new FullBookWatch({
    instrument: BTC,
    intervalMs: 30_000,
    inlet,
    logger,
    scheduler,
    fetchBook: async () => {
      const answer = answers[requests++] ?? BOOK;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onFatal: (error) => fatal.push(error),
  });
  return {
    inlet,
    logger,
    fatal,
    watch,
    requests: () => requests,
    async pass(ms) {
      scheduler.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a full book becomes one event, best levels first, without an exchange time', async () => {
  const { inlet, pass } = run([]);
  await pass(1_000);
  expect(
    inlet.rows.map(({ kind, price, quantity, isBuy, isLast }) => [kind, price, quantity, isBuy, isLast]),
  ).toEqual([
    ['bookTail', 3, 0, false, false],
    ['level', 866_996, 22_740, true, false],
    ['level', 866_991, 10_000, true, false],
    ['level', 866_997, 7_095, false, true],
  ]);
  expect(inlet.rows[0]).toMatchObject({ exchangeTimeMs: NO_TIME, receivedTimeMs: 5_000 });
});

test('only the nearest levels of a side are kept', async () => {
  const bids = Array.from({ length: 900 }, (_, at): [string, string] => [String(90_000 - at), '1']);
  const { inlet, pass } = run([{ bids, asks: [] }]);
  await pass(1_000);
  expect(inlet.of('level')).toHaveLength(MAX_TAIL_LEVELS);
  expect(inlet.rows.at(-1)).toMatchObject({ price: (90_000 - MAX_TAIL_LEVELS + 1) * 10, isLast: true });
});

test('it is asked for at its interval, after a failure too, and not any more once stopped', async () => {
  const outOfOrder: Depth = {
    bids: [],
    asks: [
      ['5', '1'],
      ['4', '1'],
    ],
  };
  const offGrid: Depth = { bids: [['5.01', '1']], asks: [] };
  const { watch, pass, requests, inlet, logger, fatal } = run([
    new VenueError('transient', 503, 'busy'),
    outOfOrder,
    offGrid,
    new DecimalError('not a decimal number', 'x'),
  ]);
  await pass(1_000);
  for (let turn = 0; turn < 4; turn++) await pass(30_000);
  expect([requests(), inlet.of('bookTail').length, logger.lines.length]).toEqual([5, 1, 4]);
  await pass(29_999);
  expect(requests()).toBe(5);
  watch.stop();
  await pass(60_000);
  expect([requests(), fatal]).toEqual([5, []]);
});

test('a refusal for good ends the client', async () => {
  const { fatal, pass } = run([new VenueError('fatal', 403, 'banned')]);
  await pass(1_000);
  expect(fatal.map(({ code }) => code)).toEqual([403]);
});
