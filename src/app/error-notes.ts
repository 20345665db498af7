/**
 * The errors that a backtest logged, in sentences: it has no log of its own, and a strategy that fails on every bar must
 * not look like one that found nothing to do.
 */

import type { Output } from '../core/domain/outputs.ts';
import type { OutputSink } from '../ports/output-sink.ts';

/** Different errors that are told; of the rest only how many there were. */
const TOLD_MAX = 5;
const KEPT_MAX = 1_000;

export class ErrorNotes implements OutputSink {
  readonly #counts = new Map<string, number>();
  #others = 0;

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type !== 'log' || (output.level !== 'error' && output.level !== 'critical')) continue;
      const { error } = output.fields;
      const text = `${output.event}: ${output.msg}${error === undefined ? '' : `: ${error}`}`;
      const count = this.#counts.get(text);
      if (count === undefined && this.#counts.size >= KEPT_MAX) this.#others++;
      else this.#counts.set(text, (count ?? 0) + 1);
    }
  }

  /** The first of each kind, in the order in which they came. */
  sentences(): readonly string[] {
    const all = [...this.#counts].map(([text, count]) =>
      count === 1 ? text : `${text} (${count.toLocaleString('en-US')} times)`,
    );
    const left = all.length - TOLD_MAX + this.#others;
    return left <= 0 ? all : [...all.slice(0, TOLD_MAX), `${left.toLocaleString('en-US')} other errors`];
  }
}
