/** A reader of the engine's outputs: journal, stream, log. */

import type { Output } from '../core/domain/outputs.ts';

export interface OutputSink {
  /** Takes the outputs of one block; they are immutable and may be kept. */
  deliver(outputs: readonly Output[]): void;
}
