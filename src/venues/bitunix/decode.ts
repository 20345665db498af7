/**
 * Frame bytes to the venue's shape in integers, behind one door: the byte scanner, and plain JSON where it declines.
 */

import type { Instrument } from '../../core/domain/instrument.ts';
import { DecodedFrame } from './decoded-frame.ts';
import { type InstrumentOfSymbol, decodeJson } from './json-decoder.ts';

export interface FrameDecoder {
  /** Decodes one frame; the result is overwritten by the next call. Never throws on what a peer can send. */
  decode(bytes: Uint8Array): DecodedFrame;
  /** The same by JSON.parse and schemas alone, into a result of its own: the scanner's oracle. */
  decodeJson(bytes: Uint8Array): DecodedFrame;
  /** Data frames that the scanner declined so far. */
  readonly fallbacks: number;
}

/** Makes the decoder of a session's instruments; frames of other symbols are refused. */
export function createFrameDecoder(instruments: readonly Instrument[]): FrameDecoder {
  const bySymbol: InstrumentOfSymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
  const frame = new DecodedFrame();
  const oracleFrame = new DecodedFrame();
  return {
    fallbacks: 0,
    decode(bytes) {
      decodeJson(bytes, bySymbol, frame);
      return frame;
    },
    decodeJson(bytes) {
      decodeJson(bytes, bySymbol, oracleFrame);
      return oracleFrame;
    },
  };
}
