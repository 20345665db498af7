/** Damages frames at random, so that a decoder can be asked whether it ever reads one differently from JSON. */

import { SeededRandom } from '../../src/core/base/random.ts';
import type { FrameDecoder } from '../../src/venues/bitunix/decode.ts';
import { frameText } from '../../src/venues/bitunix/frame-text.ts';

const SEED = 20_240_808;
/** Bytes that the grammar gives a meaning. */
const LOADED = Buffer.from('0123456789.-+eE"\\,:[]{}TZabchlmnopqrstv', 'latin1');

export interface MutantCount {
  readonly mutants: number;
  /** Read by the scanner itself. */
  readonly scanned: number;
  /** Read differently from JSON: must be none. */
  readonly wrong: number;
}

export function countWrongMutants(
  decoder: FrameDecoder,
  frames: readonly Buffer[],
  mutants: number,
): MutantCount {
  const random = new SeededRandom(SEED);
  let scanned = 0;
  let wrong = 0;
  for (let mutant = 0; mutant < mutants; mutant++) {
    const bytes = mutate(random, frames[random.nextBelow(frames.length)] ?? Buffer.alloc(0));
    const before = decoder.fallbacks;
    const found = frameText(decoder.decode(bytes));
    if (decoder.fallbacks === before) scanned++;
    if (found !== frameText(decoder.decodeJson(bytes))) wrong++;
  }
  return { mutants, scanned, wrong };
}

/** Replaces, inserts or deletes one to three bytes. */
function mutate(random: SeededRandom, frame: Buffer): Buffer {
  let bytes = Buffer.from(frame);
  for (let round = random.nextBelow(3); round >= 0; round--) {
    const at = random.nextBelow(bytes.length);
    const byte = LOADED[random.nextBelow(LOADED.length)] ?? 0;
    switch (random.nextBelow(4)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        break;
      default:
        bytes[at] = byte;
    }
  }
  return bytes;
}
