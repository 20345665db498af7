/**
 * Starts the real program, `node bin/la.js …`, in a process of its own, and keeps what it says.
 *
 * Invariants: no process outlives its test file ({@link endPrograms}); whatever the program prints is searched for stack
 * traces, because a user must never see one. The environment is the caller's, without what would reach the settings.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../../bin/la.js', import.meta.url));
/** How often something outside of our reach is looked at. */
const POLL_MS = 25;
/** How long a program that was asked to end at the end of a file may take before it is killed. */
const GRACE_MS = 5_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end, monotonic. */
  readonly durationMs: number;
}

export interface Program {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What the process may hold open at once; default: what this one may. */
  readonly openFilesMax?: number;
}

const running = new Set<Program>();

/** Starts `la` with these arguments. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const startedMs = performance.now();
  const line = [process.execPath, LAUNCHER, ...args];
  const { openFilesMax } = options;
  const [command = '', ...rest] =
    openFilesMax === undefined ? line : ['sh', '-c', `ulimit -n ${openFilesMax}; exec "$@"`, 'sh', ...line];
  const child = spawn(command, rest, {
    cwd: options.cwd ?? ROOT,
    env: { ...plainEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]): Ended => {
    running.delete(program);
    expectNoStackTrace(stdout);
    expectNoStackTrace(stderr);
    return {
      code: typeof code === 'number' ? code : null,
      stdout,
      stderr,
      durationMs: performance.now() - startedMs,
    };
  });
  // Who does not await it yet must not turn its failure into an unhandled one.
  ended.catch(() => {});
  const program: Program = { process: child, ended, stdout: () => stdout, stderr: () => stderr };
  running.add(program);
  return program;
}

/** Splits a command line at its blanks: for words without any in them. */
export function words(line: string): string[] {
  return line.split(' ');
}

/** Runs `la` to its end. */
export function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return startProgram(args, options).ended;
}

/** Asks whatever still runs to end, then makes it: for `afterAll`. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(async ({ process: child, ended }) => {
      child.kill('SIGTERM');
      const isEnded = await Promise.race([
        ended.then(
          () => true,
          () => true,
        ),
        delay(GRACE_MS, false),
      ]);
      if (!isEnded) child.kill('SIGKILL');
    }),
  );
}

/**
 * Waits until `look` gives something; fails after `limitMs` with `what` and what the program said. Fails at once when the
 * program has ended and there is still nothing.
 */
export async function waitFor<T>(
  program: Program,
  what: string,
  limitMs: number,
  look: () => T | null,
): Promise<T> {
  for (const fromMs = performance.now(); performance.now() - fromMs < limitMs;) {
    const hasEnded = program.process.exitCode !== null || program.process.signalCode !== null;
    const found = look();
    if (found !== null) return found;
    if (hasEnded) break;
    await delay(POLL_MS);
  }
  throw new Error(`no ${what} within ${limitMs} ms; it said: ${program.stdout()}${program.stderr()}`);
}

/** A line of a stack trace, or of Node's own report of an uncaught error. */
const STACK_TRACE = /^\s+at (?:async )?(?:[^\n]* \()?(?:file:|node:|\/)[^\n]*:\d+:\d+\)?$|^Node\.js v\d/m;

function expectNoStackTrace(text: string): void {
  expect(text).not.toMatch(STACK_TRACE);
}

export function plainEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => /^(?:LA_|BITUNIX_|VITEST|NODE_OPTIONS$|NODE_ENV$)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}
