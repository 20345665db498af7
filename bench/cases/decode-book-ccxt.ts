/**
 * Frame bytes to the touch of the book, ours against ccxt's OrderBook.
 *
 * Ours is the validated scanner and the tick ladder. The peer's side is the least that a user of ccxt does: JSON.parse,
 * Number, `reset` of the order book, which ccxt calls for channels that send whole windows as this venue's do. `windows`
 * are 15 levels a side, `whole` is every level. The touch after each frame must agree.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import { TickLadderBook } from '../../src/core/market/tick-ladder-book.ts';
import { createFrameDecoder } from '../../src/venues/bitunix/decode.ts';
import { type DecodedFrame, FrameKind } from '../../src/venues/bitunix/decoded-frame.ts';
import type { BenchCase, Conclusion, Sample, Variant } from '../harness/bench-case.ts';
import { type Mix, type WireSession, recordFrames } from '../harness/bitunix-frames.ts';
import { PROJECT } from '../harness/machine.ts';
import { measureRounds } from '../harness/measure-rounds.ts';

const PEER = path.join(PROJECT, 'bench/peers/node_modules', 'ccxt/js/src/base/ws/OrderBook.js');
/** Levels a side that ccxt is asked to keep, as its users do. */
const CCXT_DEPTH = 1_000;
const MIXES = ['windows', 'whole'] as const satisfies readonly Mix[];

type PeerLevel = [price: number, quantity: number];

/** What is used of ccxt's class. */
interface PeerBook {
  readonly bids: readonly PeerLevel[];
  readonly asks: readonly PeerLevel[];
  reset(snapshot: {
    readonly bids: PeerLevel[];
    readonly asks: PeerLevel[];
    readonly timestamp: number;
  }): unknown;
  limit(): unknown;
}

interface PeerModule {
  readonly OrderBook: new (snapshot: object, depth: number) => PeerBook;
}

interface BookDocument {
  readonly ts: number;
  readonly data: {
    readonly b: readonly (readonly [string, string])[];
    readonly a: readonly (readonly [string, string])[];
  };
}

/** Applies a frame; afterwards the touch can be asked for, in ticks. */
interface Pipeline {
  apply(bytes: Buffer): void;
  bestBid(): number;
  bestAsk(): number;
}

function createOurs({ instrument }: WireSession): Pipeline {
  const decoder = createFrameDecoder([createInstrument(instrument, 0)]);
  const book = new TickLadderBook();
  return {
    apply: (bytes) => applyFrame(decoder.decode(bytes), book),
    bestBid: () => book.bestBid,
    bestAsk: () => book.bestAsk,
  };
}

function applyFrame(frame: DecodedFrame, book: TickLadderBook): void {
  if (frame.kind !== FrameKind.book) throw new Error(`a book frame was read as kind ${frame.kind}`);
  book.clear();
  for (let row = 0; row < frame.bids; row++)
    book.set(true, frame.bidPrice[row] ?? 0, frame.bidQuantity[row] ?? 0);
  for (let row = 0; row < frame.asks; row++)
    book.set(false, frame.askPrice[row] ?? 0, frame.askQuantity[row] ?? 0);
}

async function createPeer({ instrument }: WireSession): Promise<Pipeline> {
  const { OrderBook } = (await import(pathToFileURL(PEER).href)) as PeerModule;
  const book = new OrderBook({}, CCXT_DEPTH);
  const scale = 10 ** instrument.price_decimals;
  const numbers = ([price, quantity]: readonly [string, string]): PeerLevel => [
    Number(price),
    Number(quantity),
  ];
  const ticksOf = (levels: readonly PeerLevel[]): number =>
    Math.round((levels[0]?.[0] ?? Number.NaN) * scale);
  return {
    apply: (bytes) => {
      const { ts, data } = JSON.parse(bytes.toString('latin1')) as BookDocument;
      book.reset({ bids: data.b.map(numbers), asks: data.a.map(numbers), timestamp: ts });
      book.limit();
    },
    bestBid: () => ticksOf(book.bids),
    bestAsk: () => ticksOf(book.asks),
  };
}

async function measurePipeline(
  mix: Mix,
  create: (session: WireSession) => Pipeline | Promise<Pipeline>,
): Promise<Sample> {
  const session = await recordFrames(mix);
  const levels = countLevels(session);
  const pipeline = await create(session);
  return measureRounds({
    units: levels,
    run: () => {
      let sum = 0;
      for (const { bytes } of session.frames) {
        pipeline.apply(bytes);
        sum = (sum * 31 + pipeline.bestBid() * 3 + pipeline.bestAsk()) % 1_000_000_007;
      }
      return `${session.frames.length} frames, ${levels} levels, sum ${sum}`;
    },
  });
}

function countLevels({ frames }: WireSession): number {
  let levels = 0;
  for (const { bytes } of frames) {
    const { data } = JSON.parse(bytes.toString('latin1')) as BookDocument;
    levels += data.b.length + data.a.length;
  }
  return levels;
}

const variants = MIXES.flatMap((mix): Variant[] => [
  { name: `${mix} ours`, unit: 'levels', measure: () => measurePipeline(mix, createOurs) },
  { name: `${mix} ccxt`, unit: 'levels', measure: () => measurePipeline(mix, createPeer) },
]);

const conclusions = MIXES.map((mix): Conclusion => ({
  kind: 'ratio',
  label: `${mix}: ours / ccxt`,
  numerator: `${mix} ours`,
  denominator: `${mix} ccxt`,
  goal: { atLeast: 15 },
}));

export const decodeBookCcxtCase: BenchCase = {
  name: 'decode-book-ccxt',
  title: 'book frames as bytes to the touch: scanner and ladder against ccxt',
  needsData: true,
  skipReason: () => (existsSync(PEER) ? null : 'run npm ci in bench/peers'),
  variants,
  sameWork: MIXES.map((mix) => [`${mix} ours`, `${mix} ccxt`]),
  conclusions,
};
