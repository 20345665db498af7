/**
 * Seeded random numbers: the only source of chance in the core and in the simulated venue.
 *
 * Algorithm: xoshiro128** (Blackman and Vigna, 2018), state spread from the seed by splitmix32. The state is four
 * 32-bit words that can be saved and restored, so a stream continues exactly after a restart.
 */

/** The whole state of a generator: four unsigned 32-bit words. */
export type RandomState = readonly [number, number, number, number];

export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `seed`: any safe integer; the same seed gives the same stream on every machine. */
  constructor(seed: number) {
    let word = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
    const spread = (): number => {
      word = (word + 0x9e3779b9) >>> 0;
      let mixed = word;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    this.#d = spread();
  }

  /** Returns an integer in [0, 2^32). */
  nextUint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Returns a number in [0, 1) with 53 random bits. */
  nextFloat(): number {
    return ((this.nextUint32() >>> 5) * 67108864 + (this.nextUint32() >>> 6)) / 9007199254740992;
  }

  /** Returns an integer in [0, bound). `bound` in 1..2^32. */
  nextBelow(bound: number): number {
    return Math.floor(this.nextFloat() * bound);
  }

  /** Returns a standard normal deviate (Box and Muller; one of the pair is dropped so that the state stays four words). */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextFloat()));
    return radius * Math.cos(2 * Math.PI * this.nextFloat());
  }

  /** Returns an exponential deviate of the given mean. */
  nextExponential(mean: number): number {
    return -mean * Math.log(1 - this.nextFloat());
  }

  state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  /** Continues from a state taken with {@link state}. */
  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }
}

/** A stream of its own for one purpose: draws of one name never move those of another. FNV-1a of the name over the seed. */
export function namedStream(seed: number, name: string): SeededRandom {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  const low = ((seed >>> 0) ^ hash) >>> 0;
  return new SeededRandom((Math.floor(seed / 2 ** 32) % 2 ** 20) * 2 ** 32 + low);
}
