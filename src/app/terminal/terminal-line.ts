/**
 * Lines for a terminal as pieces of text with a meaning; cut to its width and coloured where colour is wanted.
 *
 * Assumption: every character is one column wide. What could be wider, or a command to the terminal, is replaced.
 */

export type Tone = 'plain' | 'soft' | 'strong' | 'good' | 'bad' | 'warn';

export type Piece = readonly [text: string, tone?: Tone];

/** What a line is made of, from the left. */
export type TerminalLine = readonly Piece[];

const CODES: Readonly<Record<Exclude<Tone, 'plain'>, number>> = {
  soft: 2,
  strong: 1,
  good: 32,
  bad: 31,
  warn: 33,
};

/** The line as text of at most `columns` characters. */
export function paintLine(line: TerminalLine, columns: number, color: boolean): string {
  let room = columns;
  let text = '';
  for (const [raw, tone = 'plain'] of line) {
    const piece = plainText(raw).slice(0, Math.max(0, room));
    room -= piece.length;
    if (piece === '') continue;
    text += color && tone !== 'plain' ? `\u001B[${CODES[tone]}m${piece}\u001B[0m` : piece;
  }
  return text.trimEnd();
}

/** Length of a line as it is shown, uncut. */
export function lineLength(line: TerminalLine): number {
  return line.reduce((sum, [text]) => sum + plainText(text).length, 0);
}

/** Text without anything that a terminal would take for a command or draw wider than one column. */
function plainText(text: string): string {
  return text.replaceAll(/[^\u0020-\u007E\u00A1-\u024F\u2010-\u2027\u2212\u2581-\u2588\u2500]/gu, '?');
}
