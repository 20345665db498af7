/**
 * The process around the command line: streams, the last line of defence, the exit code.
 *
 * Runs when loaded. A reader of stdout that goes away (`| head`) ends nothing: what cannot be written is dropped.
 */

import { writeSync } from 'node:fs';
import { describeFailure, runProgram } from './program.ts';

const argv = process.argv.slice(2);

// A diagnostic report of a crash would otherwise hold the whole environment, secrets included.
process.report.excludeEnv = true;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.on('uncaughtException', endOnUncaughtError);

let isEnding = false;
// A strategy that calls process.exit(0), or work that nothing is left to wake, must not look like a success.
process.on('exit', (code) => {
  if (isEnding || code !== 0) return;
  process.exitCode = 1;
  writeSync(process.stderr.fd, 'Unexpected error: the process was ended before the command was done\n');
});

process.exitCode = await runProgram(argv, {
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stdout.isTTY,
  environment: process.env,
});
isEnding = true;
// Whole, however slow the reader is: a report cut short would be a wrong one. A reader that goes away ends the wait.
await Promise.all([flush(process.stdout), flush(process.stderr)]);
// Sockets kept alive for a next request must not keep the process.
process.exit();

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

/** A running session has its own, more thorough ending and registers before this one is reached. */
function endOnUncaughtError(error: unknown): void {
  if (isEnding || process.listenerCount('uncaughtException') > 1) return;
  isEnding = true;
  process.stderr.write(`${describeFailure(error, argv)}\n`, () => process.exit(1));
}
