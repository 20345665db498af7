/** One line that is rewritten on a terminal, a line now and then elsewhere, nothing beside a machine-readable answer. */

import type { WallClock } from '../ports/wall-clock.ts';
import type { ProgramIo } from './program-io.ts';

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;
const CLEAR_LINE = '\r\u001B[K';

export class ProgressLine {
  readonly #io: ProgramIo;
  readonly #clock: WallClock;
  #saidMs: number;
  #isShown = false;

  constructor(io: ProgramIo, clock: WallClock) {
    this.#io = io;
    this.#clock = clock;
    this.#saidMs = clock.monotonicMs();
  }

  /** `text` is asked for where it is time to say something. */
  say(text: (isTerminal: boolean) => string): void {
    const { json, isTty, stderr } = this.#io;
    if (json) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#saidMs < (isTty ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
    this.#saidMs = nowMs;
    this.#isShown = true;
    stderr.write(isTty ? `${CLEAR_LINE}${text(true)}` : `${text(false)}\n`);
  }

  /** Clears the line, so that the result stands alone. */
  end(): void {
    if (this.#isShown && this.#io.isTty) this.#io.stderr.write(CLEAR_LINE);
  }
}
