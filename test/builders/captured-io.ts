/** The two streams of a command, kept for a test to read. */

import type { ProgramIo } from '../../src/app/program-io.ts';

export interface CapturedIo extends ProgramIo {
  /** What was written so far. */
  readonly out: () => string;
  readonly err: () => string;
}

export function captureIo(json = false): CapturedIo {
  let out = '';
  let err = '';
  return {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    isTty: false,
    color: false,
    json,
    out: () => out,
    err: () => err,
  };
}
