/** The newest lines of the system log, in memory and bounded by number and by length. */

const LINES_MAX = 1_000;
const CHARACTERS_MAX = 1_048_576;

export interface RecentLine {
  /** Counts up from 1 within this process. */
  readonly lineId: number;
  /** One JSON object, without its line feed. */
  readonly text: string;
}

export class RecentLines {
  readonly #lines: RecentLine[] = [];
  #characters = 0;
  #lastId = 0;

  add(line: string): void {
    const text = line.trimEnd();
    this.#lines.push({ lineId: ++this.#lastId, text });
    this.#characters += text.length;
    while (this.#lines.length > LINES_MAX || this.#characters > CHARACTERS_MAX) {
      const oldest = this.#lines.shift();
      if (oldest === undefined) return;
      this.#characters -= oldest.text.length;
    }
  }

  /** Lines after `lineId`, oldest first. */
  after(lineId: number): readonly RecentLine[] {
    const first = this.#lines[0]?.lineId;
    return first === undefined ? [] : this.#lines.slice(Math.max(0, lineId + 1 - first));
  }
}
