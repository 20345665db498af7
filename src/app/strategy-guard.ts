/**
 * Keeps each call of a user's strategy within its time, by cutting it off, and tells of it.
 *
 * The call runs inside an evaluation of V8's inspector, which has a time limit of its own: a thread of V8 ends whatever
 * JavaScript is still running then, an endless loop too, and the engine goes on behind the evaluation. A call costs some 40
 * microseconds more for it (measured: docs/performance.md). Limits: native code ends only when it returns; time in which the
 * whole process stands still inside of a call counts as its own; what a strategy started asynchronously is nobody's call.
 */

import { Session } from 'node:inspector';
import type { CallGuard, StrategyOverrun, StrategyRole } from '../core/strategy/call-guard.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** Where the evaluated text finds the call in hand. */
const CALL_NAME = '__laptopAgentsCall';

let session: Session | null = null;
let inHand: () => void = () => undefined;

/** Makes the call; returns whether it came to its end in time. */
export function callWithin(budgetMs: number, call: () => void): boolean {
  session ??= connect();
  let isDone = false;
  inHand = () => {
    call();
    isDone = true;
  };
  session.post('Runtime.evaluate', { expression: `${CALL_NAME}()`, timeout: budgetMs, silent: true }, () => {
    // Whether it came to its end says everything.
  });
  return isDone;
}

function connect(): Session {
  Object.defineProperty(globalThis, CALL_NAME, {
    value: () => inHand(),
    enumerable: false,
    configurable: true,
  });
  const opened = new Session();
  opened.connect();
  return opened;
}

/** Hears of each call that is cut off; what was cut off before anyone listened is told first. */
export class OverrunReports {
  #waiting: StrategyOverrun[] = [];
  #listener: ((overrun: StrategyOverrun) => void) | null = null;
  #isFrozen: () => boolean = () => false;

  /** Names who knows that the session counts as frozen: no call may hold it up any more from then on. */
  watch(isFrozen: () => boolean): void {
    this.#isFrozen = isFrozen;
  }

  /** Whether calls can still be made. */
  get isOpen(): boolean {
    return !this.#isFrozen();
  }

  report(overrun: StrategyOverrun): void {
    if (this.#listener === null) this.#waiting.push(overrun);
    else this.#listener(overrun);
  }

  listen(listener: (overrun: StrategyOverrun) => void): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const overrun of waiting) listener(overrun);
  }
}

/**
 * Gives every strategy that `createStrategy` makes a guard that cuts off its calls and reports them. In a session that froze
 * every further call counts as cut off, so that its loop comes to its end at once.
 */
export function guardStrategies(
  createStrategy: StrategyMaker,
  budgetMs: number,
  reports: OverrunReports,
): StrategyMaker {
  return (role = 'realistic') => {
    const guard: CallGuard = {
      run(number, handler, call) {
        const isDone = reports.isOpen && callWithin(budgetMs, call);
        if (!isDone) reports.report({ role, call: number, handler });
        return isDone;
      },
    };
    return { ...createStrategy(role), guard };
  };
}

/** Lets the calls that a recording says were cut off be so again, without making them. */
export function withRecordedOverruns(
  createStrategy: StrategyMaker,
  recorded: readonly StrategyOverrun[],
): StrategyMaker {
  if (recorded.length === 0) return createStrategy;
  return (role: StrategyRole = 'realistic') => {
    const instance = createStrategy(role);
    const known = new Set(recorded.filter((overrun) => overrun.role === role).map(({ call }) => call));
    const guard: CallGuard = {
      run(number, handler, call, timeMs) {
        if (known.has(number)) return false;
        if (instance.guard !== undefined) return instance.guard.run(number, handler, call, timeMs);
        call();
        return true;
      },
    };
    return { ...instance, guard };
  };
}
