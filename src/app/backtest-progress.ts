/** How far a backtest has come, by the market's time: a bar on a terminal, a plain line now and then elsewhere. */

import type { WallClock } from '../ports/wall-clock.ts';
import type { ProgramIo } from './program-io.ts';
import { ProgressLine } from './progress-line.ts';

const BAR_WIDTH = 30;

export class BacktestProgress {
  readonly #line: ProgressLine;
  readonly #startMs: number;
  readonly #endMs: number;

  constructor(io: ProgramIo, clock: WallClock, span: { readonly startMs: number; readonly endMs: number }) {
    this.#line = new ProgressLine(io, clock);
    this.#startMs = span.startMs;
    this.#endMs = span.endMs;
  }

  readonly update = (timeMs: number): void => {
    this.#line.say((isTerminal) => {
      const part = Math.min(1, (timeMs - this.#startMs) / Math.max(1, this.#endMs - this.#startMs));
      const text = `${Math.floor(part * 100)} %  ${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')}`;
      const full = Math.round(part * BAR_WIDTH);
      return isTerminal ? `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${text}` : `backtest ${text}`;
    });
  };

  end(): void {
    this.#line.end();
  }
}
