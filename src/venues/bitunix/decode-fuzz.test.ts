import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/base/random.ts';
import { createFrameDecoder } from './decode.ts';
import { frameText } from './frame-text.ts';
import { BTC, DATA_FRAMES, DOGE, EMPTY_BOOK } from './wire-samples.ts';

const MUTANTS = 80_000;
const SEED = Number(process.env['LA_FUZZ_SEED'] ?? 20_260_923);
/** Bytes that the grammar gives a meaning. */
const LOADED = '0123456789.-+eE"\\,:[]{}TZ abchlmnopqrstuvfyBUSDx\u0000\u00ff';
const PIECES = [
  '""',
  '["",""]',
  '"-0"',
  '"0"',
  '"00.10"',
  '1e5',
  'null',
  '"1.00000"',
  '\\u0030',
  '{}',
  '[]',
  ',,',
  '99999999999999999999',
];

function digitsOf(random: SeededRandom, count: number): string {
  return Array.from({ length: count }, () => String(random.nextBelow(10))).join('');
}

/** A well-formed frame with other values: what the scanner should read rather than decline. */
function revalued(random: SeededRandom, text: string): string {
  return text.replaceAll(/"(\d+)(\.\d+)?"/g, (whole, integer: string, fraction: string | undefined) => {
    if (random.nextBelow(3) > 0) return whole;
    const digits = digitsOf(random, 1 + random.nextBelow(integer.length + 1));
    const tail =
      fraction === undefined || random.nextBelow(6) === 0 ? '' : `.${digitsOf(random, fraction.length - 1)}`;
    return `"${digits}${tail}"`;
  });
}

function mutated(random: SeededRandom, text: string): Buffer {
  let bytes = Buffer.from(random.nextBelow(4) === 0 ? revalued(random, text) : text, 'latin1');
  const rounds = random.nextBelow(4);
  for (let round = 0; round < rounds; round++) {
    const at = random.nextBelow(Math.max(1, bytes.length));
    const loaded = LOADED.charCodeAt(random.nextBelow(LOADED.length)) & 0xff;
    switch (random.nextBelow(8)) {
      case 0:
        bytes[at] = loaded;
        break;
      case 1:
        bytes[at] = random.nextBelow(256);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([loaded]), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.nextBelow(3))]);
        break;
      case 4:
        bytes = bytes.subarray(0, at);
        break;
      case 5: {
        const length = 1 + random.nextBelow(30);
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      }
      case 6: {
        const piece = PIECES[random.nextBelow(PIECES.length)] ?? '';
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(piece),
          bytes.subarray(at + random.nextBelow(8)),
        ]);
        break;
      }
      default: {
        // Digits for digits: still well-formed, other values.
        let digit = at;
        while (digit < bytes.length && !((bytes[digit] ?? 0) >= 0x30 && (bytes[digit] ?? 0) <= 0x39)) digit++;
        if (digit < bytes.length) bytes[digit] = 0x30 + random.nextBelow(10);
      }
    }
  }
  return bytes;
}

describe('the byte scanner', () => {
  test(`never reads a mutated frame differently from JSON (${MUTANTS} frames, seed ${SEED})`, () => {
    const random = new SeededRandom(SEED);
    const decoder = createFrameDecoder([BTC, DOGE]);
    const samples = [...Object.values(DATA_FRAMES), EMPTY_BOOK];
    const differences: string[] = [];
    let scanned = 0;
    let refused = 0;
    for (let mutant = 0; mutant < MUTANTS; mutant++) {
      const bytes = mutated(random, samples[random.nextBelow(samples.length)] ?? '');
      const before = decoder.fallbacks;
      const fast = frameText(decoder.decode(bytes));
      if (decoder.fallbacks === before && !fast.startsWith('control')) scanned++;
      if (fast === 'refused') refused++;
      const oracle = frameText(decoder.decodeJson(bytes));
      if (fast !== oracle) {
        differences.push(`${JSON.stringify(bytes.toString('latin1'))}: scanner ${fast}, JSON ${oracle}`);
      }
    }
    expect(differences).toEqual([]);
    // The mutants are worth something only if many are still read and many are refused.
    expect(scanned).toBeGreaterThan(MUTANTS / 5);
    expect(refused).toBeGreaterThan(MUTANTS / 10);
  }, 120_000);
});
