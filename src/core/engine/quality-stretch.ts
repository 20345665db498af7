/**
 * One running complaint about the data of one feed: it begins at its first sign and is recorded once it is over.
 *
 * Invariant: the stretches of one feed do not overlap.
 */

import type { QualityRecord } from '../domain/commands.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';

export interface Complaint {
  readonly kind: QualityRecord['kind'];
  readonly detail: string;
}

export class QualityStretch {
  readonly #outputs: OutputBuffer;
  readonly #instrument: number;
  readonly #feed: string;
  #complaint: Complaint | null = null;
  #sinceMs = 0;

  constructor(outputs: OutputBuffer, instrument: number, feed: string) {
    this.#outputs = outputs;
    this.#instrument = instrument;
    this.#feed = feed;
  }

  /** What there is to complain of now; null for nothing. */
  note(nowMs: number, complaint: Complaint | null): void {
    if (complaint === this.#complaint) return;
    if (complaint?.detail === this.#complaint?.detail && complaint?.kind === this.#complaint?.kind) return;
    if (this.#complaint !== null) {
      const record = {
        fromMs: this.#sinceMs,
        toMs: nowMs,
        instrument: this.#instrument,
        feed: this.#feed,
        ...this.#complaint,
        backfilled: false,
      };
      this.#outputs.push({ type: 'quality', timeMs: nowMs, record });
    }
    this.#complaint = complaint;
    this.#sinceMs = nowMs;
  }

  save() {
    return { complaint: this.#complaint, sinceMs: this.#sinceMs };
  }

  restore({ complaint, sinceMs }: ReturnType<QualityStretch['save']>): void {
    this.#complaint = complaint;
    this.#sinceMs = sinceMs;
  }
}
