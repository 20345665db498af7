/**
 * Frame bytes to the venue's shape in integers, behind one door: the byte scanner, and plain JSON where it declines.
 */

import type { Instrument } from '../../core/domain/instrument.ts';
import { DecodedFrame, FrameKind } from './decoded-frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type InstrumentOfSymbol, decodeJson } from './json-decoder.ts';

export class FrameDecoder {
  readonly #bySymbol: InstrumentOfSymbol;
  readonly #scanner: FrameScanner;
  readonly #frame = new DecodedFrame();
  #oracleFrame: DecodedFrame | null = null;
  #fallbacks = 0;

  constructor(instruments: readonly Instrument[]) {
    this.#bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    this.#scanner = new FrameScanner(instruments);
  }

  /** Data frames that the scanner declined so far; greetings and pongs, which it never reads, do not count. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /** Decodes one frame; the result is overwritten by the next call. Never throws on what a peer can send. */
  decode(bytes: Uint8Array): DecodedFrame {
    const frame = this.#frame;
    if (this.#scanner.scan(bytes, frame)) return frame;
    decodeJson(bytes, this.#bySymbol, frame);
    if (frame.kind === FrameKind.refused || frame.kind >= FrameKind.book) this.#fallbacks++;
    return frame;
  }

  /** The same by JSON.parse and schemas alone, into a result of its own: the scanner's oracle. */
  decodeJson(bytes: Uint8Array): DecodedFrame {
    this.#oracleFrame ??= new DecodedFrame();
    decodeJson(bytes, this.#bySymbol, this.#oracleFrame);
    return this.#oracleFrame;
  }
}

/** Makes the decoder of a session's instruments; frames of other symbols are refused. */
export function createFrameDecoder(instruments: readonly Instrument[]): FrameDecoder {
  return new FrameDecoder(instruments);
}
