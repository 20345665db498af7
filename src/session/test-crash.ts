/**
 * A documented test hook: `LA_TEST_CRASH=startup|running|shutdown` makes the program itself fail in that phase.
 *
 * startup: after the session's folder was made, before it has a market; running: once it trades; shutdown: while it frees
 * its connections. The error is thrown where nobody catches it (in shutdown it is a promise that nobody awaits), so that
 * alerts, report and exit code can be seen to work in the real process.
 */

export const TEST_CRASH_VARIABLE = 'LA_TEST_CRASH';

const PHASES = ['startup', 'running', 'shutdown'] as const;
export type CrashPhase = (typeof PHASES)[number];

/** What a crash of this hook says. */
const TEST_CRASH_TEXT = 'Test Crash';

/** Returns the phase that the environment asks for; null for none, the text itself where it is no phase. */
export function readTestCrash(
  environment: Readonly<Record<string, string | undefined>>,
): CrashPhase | { readonly unknown: string } | null {
  const text = environment[TEST_CRASH_VARIABLE]?.trim() ?? '';
  if (text === '') return null;
  return PHASES.find((phase) => phase === text) ?? { unknown: text };
}

/** Fails in the next turn of the event loop, once. */
export function crashSoon(phase: CrashPhase): void {
  setImmediate(() => {
    const error = new Error(TEST_CRASH_TEXT);
    if (phase !== 'shutdown') throw error;
    void Promise.reject(error);
  });
}
