/** How many of what a long run goes through it has done. */

import type { WallClock } from '../ports/wall-clock.ts';
import type { ProgramIo } from './program-io.ts';
import { ProgressLine } from './progress-line.ts';

export class ReplayProgress {
  readonly #line: ProgressLine;
  readonly #verb: string;
  readonly #total: number | null;
  readonly #noun: string;

  /** `total`: how many there are, null where that is not known. */
  constructor(io: ProgramIo, clock: WallClock, verb: string, total: number | null, noun = 'events') {
    this.#line = new ProgressLine(io, clock);
    this.#verb = verb;
    this.#total = total;
    this.#noun = noun;
  }

  readonly update = (count: number): void => {
    this.#line.say(() => {
      const of = this.#total === null ? '' : ` of ${this.#total.toLocaleString('en-US')}`;
      return `${this.#verb} ${count.toLocaleString('en-US')}${of} ${this.#noun}`;
    });
  };

  end(): void {
    this.#line.end();
  }
}
