/** What a command talks to: the two text streams, and how its answer is wanted. */

import { type StoppedReason, EXIT_CODES } from '../core/domain/reasons.ts';

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

/** What a script reads where there is no result: why, under the names of a session's report. Nothing for people, who are told on stderr. */
export function answerRefusal(
  { stdout, json }: Pick<ProgramIo, 'stdout' | 'json'>,
  reason: StoppedReason,
  findings: readonly string[],
): void {
  if (!json) return;
  const code = EXIT_CODES[reason];
  const failed = reason === 'kill_switch' ? 'killed' : 'error';
  const status = code === 0 ? 'success' : failed;
  const answer = { session_id: null, status, stopped_reason: reason, exit_code: code, findings };
  stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
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
