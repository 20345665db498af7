/**
 * The process around the command line: streams, the last line of defence, the exit code.
 *
 * Runs when loaded. A reader of stdout that goes away (`| head`) ends nothing: what cannot be written is dropped. Any other
 * trouble of stdout (a full disk behind `>`) makes a command fail whose result went there; never a session, whose result
 * stands in its files.
 */

import { describeFailure, runProgram } from './program.ts';

const argv = process.argv.slice(2);

// A diagnostic report of a crash would otherwise hold the whole environment, secrets included.
process.report.excludeEnv = true;

let outputTrouble: string | null = null;
let isResultInFiles = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') outputTrouble ??= error.message;
});
// There is nobody left to tell.
process.stderr.on('error', () => {});
process.on('uncaughtException', endOnUncaughtError);

let isEnding = false;
// A strategy that calls process.exit(0), or work that nothing is left to wake, must not look like a success.
process.on('exit', (code) => {
  if (isEnding || code !== 0) return;
  process.exitCode = 1;
  process.stderr.write('Unexpected error: the process was ended before the command was done\n');
});

const exitCode = await runProgram(argv, {
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stdout.isTTY,
  environment: process.env,
  onSession: () => {
    isResultInFiles = true;
  },
});
isEnding = true;
// Whole, however slow the reader is: a report cut short would be a wrong one. A reader that goes away ends the wait.
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exitCode = exitCodeAfter(outputTrouble);
// Sockets kept alive for a next request must not keep the process.
process.exit();

function exitCodeAfter(trouble: string | null): number {
  if (trouble === null) return exitCode;
  process.stderr.write(`stdout cannot be written: ${trouble}\n`);
  return exitCode === 0 && !isResultInFiles ? 1 : exitCode;
}

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
