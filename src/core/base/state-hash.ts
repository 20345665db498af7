/**
 * A running 64-bit hash of numbers and texts: equal inputs in equal order give equal digests on every machine.
 *
 * Two 32-bit lanes of multiply-and-rotate with different constants (after MurmurHash3's mixing step). It finds
 * differences between honest runs; it is no defence against someone who wants a collision.
 */

const SCRATCH = new DataView(new ArrayBuffer(8));

export class StateHash {
  // Signed, so that the lanes stay small integers and need no boxing.
  #low = 0x9747b28c | 0;
  #high = 0x85ebca6b | 0;

  addUint32(value: number): void {
    this.#low = mixLow(this.#low, value);
    this.#high = mixHigh(this.#high, value);
  }

  /** Adds any number by its IEEE 754 bits. */
  addNumber(value: number): void {
    SCRATCH.setFloat64(0, value);
    this.addUint32(SCRATCH.getUint32(0));
    this.addUint32(SCRATCH.getUint32(4));
  }

  addBigint(value: bigint): void {
    this.addText(value.toString(36));
  }

  addText(text: string): void {
    const { length } = text;
    let low = mixLow(this.#low, length);
    let high = mixHigh(this.#high, length);
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      low = mixLow(low, code);
      high = mixHigh(high, code);
    }
    this.#low = low;
    this.#high = high;
  }

  /** Sixteen lower-case hex digits; the hash can go on growing afterwards. */
  digest(): string {
    return hex(this.#high ^ (this.#low >>> 16)) + hex(this.#low ^ (this.#high << 7));
  }

  /** The two lanes; {@link restore} goes on from them. */
  save(): readonly [low: number, high: number] {
    return [this.#low, this.#high];
  }

  restore([low, high]: ReturnType<StateHash['save']>): void {
    this.#low = low;
    this.#high = high;
  }
}

function mixLow(lane: number, value: number): number {
  let mixed = Math.imul(value, 0xcc9e2d51);
  mixed = lane ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function mixHigh(lane: number, value: number): number {
  let mixed = Math.imul(value, 0x239b961b);
  mixed = lane ^ Math.imul((mixed << 16) | (mixed >>> 16), 0xab0e9789);
  return (Math.imul((mixed << 15) | (mixed >>> 17), 5) + 0x561ccd1b) | 0;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
