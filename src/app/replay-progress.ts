/** How many of what a long run goes through it has done: one line that is rewritten on a terminal, a line now and then elsewhere. */

import type { ProgramIo } from './program-io.ts';
import type { WallClock } from '../ports/wall-clock.ts';

const TERMINAL_INTERVAL_MS = 200;
const PLAIN_INTERVAL_MS = 10_000;
const CLEAR_LINE = '\r\u001B[K';

export class ReplayProgress {
  readonly #io: ProgramIo;
  readonly #clock: WallClock;
  readonly #verb: string;
  readonly #total: number | null;
  readonly #noun: string;
  #saidMs: number;
  #isShown = false;

  /** `total`: how many there are, null where that is not known. Nothing is shown beside a machine-readable answer. */
  constructor(io: ProgramIo, clock: WallClock, verb: string, total: number | null, noun = 'events') {
    this.#io = io;
    this.#clock = clock;
    this.#verb = verb;
    this.#total = total;
    this.#noun = noun;
    this.#saidMs = clock.monotonicMs();
  }

  readonly update = (count: number): void => {
    if (this.#io.json) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#saidMs < (this.#io.isTty ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
    this.#saidMs = nowMs;
    const of = this.#total === null ? '' : ` of ${this.#total.toLocaleString('en-US')}`;
    const line = `${this.#verb} ${count.toLocaleString('en-US')}${of} ${this.#noun}`;
    this.#isShown = true;
    this.#io.stderr.write(this.#io.isTty ? `${CLEAR_LINE}${line}` : `${line}\n`);
  };

  /** Clears the line, so that the result stands alone. */
  end(): void {
    if (this.#isShown && this.#io.isTty) this.#io.stderr.write(CLEAR_LINE);
  }
}
