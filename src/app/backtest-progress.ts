/** How far a backtest has come, by the market's time: a bar on a terminal, a plain line now and then elsewhere. */

import type { ProgramIo } from './program-io.ts';
import type { WallClock } from '../ports/wall-clock.ts';

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;
const BAR_WIDTH = 30;
const CLEAR_LINE = '\r\u001B[K';

export class BacktestProgress {
  readonly #io: ProgramIo;
  readonly #clock: WallClock;
  readonly #startMs: number;
  readonly #endMs: number;
  #saidMs: number;
  #isShown = false;

  /** Nothing is shown beside a machine-readable answer. */
  constructor(io: ProgramIo, clock: WallClock, span: { readonly startMs: number; readonly endMs: number }) {
    this.#io = io;
    this.#clock = clock;
    this.#startMs = span.startMs;
    this.#endMs = span.endMs;
    this.#saidMs = clock.monotonicMs();
  }

  readonly update = (timeMs: number): void => {
    if (this.#io.json) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#saidMs < (this.#io.isTty ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
    this.#saidMs = nowMs;
    this.#isShown = true;
    const part = Math.min(1, (timeMs - this.#startMs) / Math.max(1, this.#endMs - this.#startMs));
    const text = `${Math.floor(part * 100)} %  ${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')}`;
    if (!this.#io.isTty) {
      this.#io.stderr.write(`backtest ${text}\n`);
      return;
    }
    const full = Math.round(part * BAR_WIDTH);
    this.#io.stderr.write(`${CLEAR_LINE}${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${text}`);
  };

  /** Clears the bar, so that the result stands alone. */
  end(): void {
    if (this.#isShown && this.#io.isTty) this.#io.stderr.write(CLEAR_LINE);
  }
}
