/** What a command talks to: the two text streams, and how its answer is wanted. */

export interface TextOutput {
  write(text: string): unknown;
  /** Width of the terminal; absent when piped. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface ProgramIo {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** stdout is a terminal that can be drawn on, and a person watches it. */
  readonly isTty: boolean;
  /** Colour is wanted there. */
  readonly color: boolean;
  /** The answer on stdout is for machines. */
  readonly json: boolean;
}

/** Prints a machine-readable answer: one JSON document. */
export function printJson(io: ProgramIo, answer: unknown): void {
  io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}

/** Prints rows with their columns aligned, two blanks apart. */
export function printTable(io: ProgramIo, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  for (const row of rows) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    io.stdout.write(`${line.trimEnd()}\n`);
  }
}
