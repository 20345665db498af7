/**
 * The byte scanner against JSON on mixed frames of the venue's wire, made from the recording.
 *
 * Two JSON paths: `bare` is JSON.parse and Number (the yardstick of the goal), `schema` is the program's own fallback.
 * All three must read the same values. Mutated frames must never be read differently by scanner and schema.
 */

import { createInstrument } from '../../src/core/domain/instrument.ts';
import { createFrameDecoder } from '../../src/venues/bitunix/decode.ts';
import { DecodedFrame, FrameKind } from '../../src/venues/bitunix/decoded-frame.ts';
import { BareJsonDecoder } from '../harness/bare-json-decoder.ts';
import type { BenchCase, Conclusion, Sample, Variant } from '../harness/bench-case.ts';
import { type Mix, recordFrames } from '../harness/bitunix-frames.ts';
import { type MutantCount, countWrongMutants } from '../harness/frame-mutants.ts';
import { measureRounds } from '../harness/measure-rounds.ts';

const MUTANTS = 20_000;
const MIXES = ['venue', 'heavy'] as const satisfies readonly Mix[];
const READERS = ['scanner', 'bare', 'schema'] as const;
type Reader = (typeof READERS)[number];

async function measureDecode(mix: Mix, reader: Reader): Promise<Sample> {
  const session = await recordFrames(mix);
  const frames = session.frames.map(({ bytes }) => bytes);
  const instrument = createInstrument(session.instrument, 0);
  const decoder = createFrameDecoder([instrument]);
  const bare = new BareJsonDecoder(instrument);
  const bareFrame = new DecodedFrame();
  const mutants: MutantCount =
    reader === 'scanner' ? countWrongMutants(decoder, frames, MUTANTS) : { mutants: 0, scanned: 0, wrong: 0 };
  if (mutants.wrong > 0)
    throw new Error(`${mutants.wrong} of ${mutants.mutants} mutated frames were read wrong`);
  const fallbacksBefore = decoder.fallbacks;
  const read = (bytes: Buffer): DecodedFrame => {
    if (reader === 'scanner') return decoder.decode(bytes);
    if (reader === 'schema') return decoder.decodeJson(bytes);
    bare.decode(bytes, bareFrame);
    return bareFrame;
  };
  const sample = measureRounds({
    units: frames.length,
    run: () => {
      let sum = 0;
      for (const bytes of frames) sum = (sum * 31 + contentSum(read(bytes))) % 1_000_000_007;
      return `${frames.length} frames, sum ${sum}`;
    },
    extra: () => ({
      bytesPerFrame: session.bytes / frames.length,
      mutants: mutants.mutants,
      mutantsScanned: mutants.scanned,
      wrong: mutants.wrong,
    }),
  });
  if (decoder.fallbacks > fallbacksBefore) throw new Error('the scanner declined recorded frames');
  return sample;
}

/** A number that any wrongly read field of the frame is likely to change. */
function contentSum(frame: DecodedFrame): number {
  let sum = frame.exchangeTimeMs + frame.kind;
  switch (frame.kind) {
    case FrameKind.book:
      for (let row = 0; row < frame.bids; row++) {
        sum += (frame.bidPrice[row] ?? 0) * (row + 1) + (frame.bidQuantity[row] ?? 0);
      }
      for (let row = 0; row < frame.asks; row++) {
        sum -= (frame.askPrice[row] ?? 0) * (row + 1) - (frame.askQuantity[row] ?? 0);
      }
      return sum;
    case FrameKind.trades:
      for (let row = 0; row < frame.trades; row++) {
        const signed =
          frame.tradeIsBuy[row] === 1 ? (frame.tradeQuantity[row] ?? 0) : -(frame.tradeQuantity[row] ?? 0);
        sum += (frame.tradePrice[row] ?? 0) * (row + 1) + signed + (frame.tradeTimeMs[row] ?? 0) / 1_000;
      }
      return sum;
    case FrameKind.price:
      return (
        sum + frame.mark - frame.index + frame.settledRate + frame.lastSettlementMs - frame.nextSettlementMs
      );
    case FrameKind.ticker:
      return sum + frame.lastPrice;
    case FrameKind.kline:
      return sum + frame.open + 3 * frame.high + 5 * frame.low + 7 * frame.close;
    case FrameKind.refused:
    case FrameKind.greeting:
    case FrameKind.pong:
    case FrameKind.control:
      throw new Error(`a recorded frame was read as kind ${frame.kind}: ${frame.reason}`);
  }
}

function nameOf(mix: Mix, reader: Reader): string {
  return `${mix} ${reader}`;
}

const variants = MIXES.flatMap((mix) =>
  READERS.map((reader): Variant => {
    return { name: nameOf(mix, reader), unit: 'frames', measure: () => measureDecode(mix, reader) };
  }),
);

const conclusions = MIXES.flatMap((mix): Conclusion[] => [
  {
    kind: 'ratio',
    label: `${mix} mix: scanner / bare JSON`,
    numerator: nameOf(mix, 'scanner'),
    denominator: nameOf(mix, 'bare'),
    goal: { atLeast: 5 },
  },
  {
    kind: 'ratio',
    label: `${mix} mix: scanner / JSON with schemas`,
    numerator: nameOf(mix, 'scanner'),
    denominator: nameOf(mix, 'schema'),
    goal: null,
  },
]);

export const decodeCase: BenchCase = {
  name: 'decode',
  title: 'frames of the venue’s wire to integers: byte scanner against JSON',
  needsData: true,
  variants,
  sameWork: MIXES.map((mix) => READERS.map((reader) => nameOf(mix, reader))),
  conclusions: [
    ...conclusions,
    {
      kind: 'reading',
      label: 'mutated frames read with another value',
      variant: nameOf('venue', 'scanner'),
      key: 'wrong',
      unit: '',
      isExact: true,
      goal: { atMost: 0 },
    },
    {
      kind: 'reading',
      label: 'mutated frames that the scanner read itself',
      variant: nameOf('venue', 'scanner'),
      key: 'mutantsScanned',
      unit: `of ${MUTANTS}`,
      isExact: true,
      goal: null,
    },
  ],
};
