/**
 * Frames that can be played again and again: each pass moves the stamps inside their bytes on by the session's length.
 *
 * Rewritten in place, digit by digit, so that moving allocates next to nothing. What is moved: `ts` of every frame and
 * the whole-second `t` of trades; settlement times stay.
 */

import type { WireFrame } from './bitunix-frames.ts';

const STAMP = '"ts":';
const STAMP_DIGITS = 13;
const TRADE_TIME = '"t":"';
const ZERO = 0x30;
/** Whole seconds, so that a trade's second keeps its place inside its frame's stamp. */
const GRID_MS = 1_000;

export class MovableFrames {
  readonly #frames: readonly WireFrame[];
  readonly #stampAt: Int32Array;
  readonly #tradeTimesAt: readonly (readonly number[])[];
  readonly #tradeTimesMs: readonly Float64Array[];
  readonly #lengthMs: number;
  readonly #clock = new Date(0);
  #movedMs = 0;

  constructor(frames: readonly WireFrame[]) {
    this.#frames = frames;
    this.#stampAt = Int32Array.from(frames, ({ bytes }) => bytes.indexOf(STAMP) + STAMP.length);
    this.#tradeTimesAt = frames.map(({ bytes }) => positions(bytes, TRADE_TIME));
    this.#tradeTimesMs = frames.map(({ bytes }, index) =>
      Float64Array.from(this.#tradeTimesAt[index] ?? [], (at) =>
        Date.parse(bytes.toString('latin1', at, at + 20)),
      ),
    );
    const spanMs = (frames.at(-1)?.timeMs ?? 0) - this.startMs;
    this.#lengthMs = (Math.floor(spanMs / GRID_MS) + 1) * GRID_MS;
  }

  get count(): number {
    return this.#frames.length;
  }

  get startMs(): number {
    return this.#frames[0]?.timeMs ?? 0;
  }

  bytes(index: number): Buffer {
    const frame = this.#frames[index];
    if (frame === undefined) throw new RangeError(`no frame ${index}`);
    return frame.bytes;
  }

  /** The frame's stamp as it stands now. */
  timeMs(index: number): number {
    return (this.#frames[index]?.timeMs ?? 0) + this.#movedMs;
  }

  /** Moves every frame on to the next pass. */
  move(): void {
    this.#movedMs += this.#lengthMs;
    for (let index = 0; index < this.#frames.length; index++) {
      const bytes = this.bytes(index);
      writeDigits(bytes, this.#stampAt[index] ?? 0, STAMP_DIGITS, this.timeMs(index));
      const places = this.#tradeTimesAt[index] ?? [];
      for (let trade = 0; trade < places.length; trade++) {
        this.#writeIso(bytes, places[trade] ?? 0, (this.#tradeTimesMs[index]?.[trade] ?? 0) + this.#movedMs);
      }
    }
  }

  /** `2024-08-08T23:54:35Z` */
  #writeIso(bytes: Buffer, at: number, timeMs: number): void {
    const clock = this.#clock;
    clock.setTime(timeMs);
    writeDigits(bytes, at, 4, clock.getUTCFullYear());
    writeDigits(bytes, at + 5, 2, clock.getUTCMonth() + 1);
    writeDigits(bytes, at + 8, 2, clock.getUTCDate());
    writeDigits(bytes, at + 11, 2, clock.getUTCHours());
    writeDigits(bytes, at + 14, 2, clock.getUTCMinutes());
    writeDigits(bytes, at + 17, 2, clock.getUTCSeconds());
  }
}

function positions(bytes: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) found.push(at + text.length);
  return found;
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let left = value;
  for (let place = at + digits - 1; place >= at; place--) {
    bytes[place] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
}
