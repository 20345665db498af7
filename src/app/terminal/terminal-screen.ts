/**
 * A block of lines at the bottom of a terminal that is redrawn in place, with what was printed for good above it.
 *
 * It uses no alternate screen and hides no cursor, so there is nothing to restore: a program that is killed leaves a
 * terminal as it should be. Limit: a terminal that does not break lines anew when it is made narrower (xterm) loses a line
 * or two above the block then.
 */

const UP = (rows: number): string => (rows === 0 ? '' : `\u001B[${rows}A`);
const CLEAR_BELOW = '\u001B[J';

/** Printed lines that wait for the terminal; the oldest are dropped beyond. */
const WAITING_MAX = 200;

export interface TerminalScreenOptions {
  /** Writes all or nothing, and says which. */
  readonly write: (text: string) => boolean;
  /** Size of the terminal now. */
  readonly columns: () => number;
  readonly rows: () => number;
}

export class TerminalScreen {
  readonly #options: TerminalScreenOptions;
  /** Lengths of the lines that stand there. */
  #shown: readonly number[] = [];
  #waiting: string[] = [];

  constructor(options: TerminalScreenOptions) {
    this.#options = options;
  }

  /** Columns that a line may fill: one less than there are, because a full line would wrap. */
  get width(): number {
    return Math.max(1, this.#options.columns() - 1);
  }

  /** Prints a line for good, with the next block. */
  print(text: string): void {
    this.#waiting.push(text);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  /** Shows lines instead of those before; `lengths`: how many columns each of them fills. */
  show(lines: readonly string[], lengths: readonly number[]): void {
    // What is higher than the terminal cannot be reached again.
    const room = Math.max(1, this.#options.rows() - 1);
    const seen = lines.slice(0, room);
    const text = `${this.#eraser()}${[...this.#waiting, ...seen].map((line) => `${line}\n`).join('')}`;
    if (!this.#options.write(text)) return;
    this.#shown = lengths.slice(0, seen.length);
    this.#waiting = [];
  }

  #eraser(): string {
    const columns = Math.max(1, this.#options.columns());
    const rows = this.#shown.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    return `\r${UP(Math.min(rows, Math.max(1, this.#options.rows() - 1)))}${CLEAR_BELOW}`;
  }
}
