/**
 * A running 64-bit hash of numbers and texts: equal inputs in equal order give equal digests on every machine.
 *
 * Two 32-bit lanes of multiply-and-rotate with different constants (after MurmurHash3's mixing step). It finds
 * differences between honest runs; it is no defence against someone who wants a collision.
 */

const SCRATCH = new DataView(new ArrayBuffer(8));

export class StateHash {
  #low = 0x9747b28c;
  #high = 0x85ebca6b;

  addUint32(value: number): void {
    let low = Math.imul(value, 0xcc9e2d51);
    low = Math.imul((low << 15) | (low >>> 17), 0x1b873593);
    this.#low ^= low;
    this.#low = (Math.imul((this.#low << 13) | (this.#low >>> 19), 5) + 0xe6546b64) | 0;
    let high = Math.imul(value, 0x239b961b);
    high = Math.imul((high << 16) | (high >>> 16), 0xab0e9789);
    this.#high ^= high;
    this.#high = (Math.imul((this.#high << 15) | (this.#high >>> 17), 5) + 0x561ccd1b) | 0;
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
    this.addUint32(text.length);
    for (let index = 0; index < text.length; index++) this.addUint32(text.charCodeAt(index));
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

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
