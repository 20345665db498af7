/**
 * Makes time pass faster in a whole process, before anything else of it is loaded: `node --import fast-time.ts`. Every clock
 * and every timer of the program's own thread runs `LA_TEST_TIME_FACTOR` times as fast, counted from `LA_TEST_TIME_EPOCH`
 * (real Unix ms), so that a venue and a session in two processes share one time. Sockets, files and the program stay what
 * they are.
 *
 * Limits: what a socket or a disk really takes counts the same factor more, so a factor is honest only as far as the
 * connections stay up; timers cannot be finer than 1 ms of real time. Threads beside the main one keep the real time, so that the
 * watchdog judges real stalls.
 */

import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const factor = Number(process.env['LA_TEST_TIME_FACTOR'] ?? '1');
const epochMs = Number(process.env['LA_TEST_TIME_EPOCH'] ?? '0');

if (isMainThread && factor !== 1) {
  const realNow = performance.now.bind(performance);
  const RealDate = Date;
  const fastUnixMs = (): number =>
    Math.floor(epochMs + (performance.timeOrigin + realNow() - epochMs) * factor);
  performance.now = () => realNow() * factor;
  class FastDate extends RealDate {
    static override now(): number {
      return fastUnixMs();
    }

    constructor(...parts: [] | [number | string]) {
      super(parts.length === 0 ? fastUnixMs() : parts[0]);
    }
  }
  globalThis.Date = FastDate as DateConstructor;

  const { setTimeout: realTimeout, setInterval: realInterval } = timers;
  type Action = (...args: unknown[]) => void;
  const fastTimeout = (action: Action, delayMs = 1, ...args: unknown[]): NodeJS.Timeout =>
    realTimeout(action, delayMs / factor, ...args);
  const fastInterval = (action: Action, delayMs = 1, ...args: unknown[]): NodeJS.Timeout =>
    realInterval(action, delayMs / factor, ...args);
  Object.assign(timers, { setTimeout: fastTimeout, setInterval: fastInterval });
  Object.assign(globalThis, { setTimeout: fastTimeout, setInterval: fastInterval });
  const { setTimeout: realPause } = timersPromises;
  timersPromises.setTimeout = ((delayMs = 1, value?: unknown, options?: object) =>
    realPause(delayMs / factor, value, options)) as typeof realPause;
  const realAbort = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (delayMs) => realAbort(Math.ceil(delayMs / factor));
  syncBuiltinESMExports();
}

/** Environment of a program in which time passes so fast, from `fromMs` on (real Unix ms). */
export function fastTime(times: number, fromMs: number): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import ${import.meta.url}`,
    LA_TEST_TIME_FACTOR: String(times),
    LA_TEST_TIME_EPOCH: String(fromMs),
  };
}
