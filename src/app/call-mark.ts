/**
 * Marks in shared memory which call of a user's strategy is in hand, so that another thread can tell one that never ends.
 *
 * A mark costs a call some 0.1 microseconds, which a backtest can afford on every bar; the guard of a session, which cuts a
 * call off and goes on, it cannot. Whoever looks at the mark only ends the run as a whole: nothing that a strategy decides
 * hangs on the speed of the machine.
 */

import { StallJudge } from '../session/stall-judge.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** How often a mark is looked at. */
export const LOOK_INTERVAL_MS = 100;

/** A run shares its processors with others, and no market waits for it: it is more patient than a session. */
const PATIENCE_FACTOR = 10;
const LOAD_PATIENCE_MS = 10_000;

/** A longer pause of who looks means that the whole process, or the machine, stood still. */
const LONGEST_STEP_MS = 10 * LOOK_INTERVAL_MS;

const PLACES: readonly string[] = [
  'load',
  'create',
  'onStart',
  'onBar',
  'onTrade',
  'onBook',
  'onFill',
  'onOrder',
  'onTimer',
];

/** Cells of the shared memory: how often a call began or ended, odd within one; what it is; the market's time in it. */
const TURN_CELL = 0;
const CALL_CELL = 1;
const PLACE_CELL = 2;
const CELLS = 4;
const TIME_OFFSET = CELLS * Int32Array.BYTES_PER_ELEMENT;

/** A call as it was marked; plain data. */
export interface MarkedCall {
  /** The handler, `create`, or `load` for the file itself. */
  readonly place: string;
  /** Among all calls of that instance, from 1; 0 outside of handlers. */
  readonly call: number;
  /** Market time, ms UTC; null outside of handlers. */
  readonly timeMs: number | null;
}

/** How long a call may take where its run ends with it, ms; `budgetMs`: the one of a session. */
export function callPatienceMs(budgetMs: number): number {
  return budgetMs * PATIENCE_FACTOR;
}

/** The same for a place: a file is read from the disk, with everything that it imports. */
export function patienceAt(place: string, patienceMs: number): number {
  return place === 'load' ? Math.max(patienceMs, LOAD_PATIENCE_MS) : patienceMs;
}

export class CallMark {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #time: Float64Array;

  /** `memory`: of a mark in another thread. */
  constructor(memory = new SharedArrayBuffer(TIME_OFFSET + Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory, 0, CELLS);
    this.#time = new Float64Array(memory, TIME_OFFSET, 1);
  }

  /** Odd while a call is in hand. */
  get turn(): number {
    return Atomics.load(this.#cells, TURN_CELL);
  }

  /** Good while a call is in hand. */
  get call(): MarkedCall {
    const timeMs = this.#time[0] ?? Number.NaN;
    return {
      place: PLACES[this.#cells[PLACE_CELL] ?? 0] ?? 'load',
      call: this.#cells[CALL_CELL] ?? 0,
      timeMs: Number.isNaN(timeMs) ? null : timeMs,
    };
  }

  /** Marks the loading, and from then on every call of what was loaded. */
  async load(load: () => Promise<StrategyMaker>): Promise<StrategyMaker> {
    this.#enter('load', 0, Number.NaN);
    try {
      return this.#marking(await load());
    } finally {
      this.#leave();
    }
  }

  #marking(createStrategy: StrategyMaker): StrategyMaker {
    return (role) => {
      this.#enter('create', 0, Number.NaN);
      try {
        const instance = createStrategy(role);
        const { guard } = instance;
        return {
          ...instance,
          guard: {
            run: (number, handler, call, timeMs) => {
              this.#enter(handler, number, timeMs);
              const isDone = guard === undefined || guard.run(number, handler, call, timeMs);
              if (guard === undefined) call();
              this.#leave();
              return isDone;
            },
          },
        };
      } finally {
        this.#leave();
      }
    };
  }

  #enter(place: string, call: number, timeMs: number): void {
    this.#cells[PLACE_CELL] = PLACES.indexOf(place);
    this.#cells[CALL_CELL] = call;
    this.#time[0] = timeMs;
    Atomics.add(this.#cells, TURN_CELL, 1);
  }

  #leave(): void {
    Atomics.add(this.#cells, TURN_CELL, 1);
  }
}

/** Loads a strategy under a mark, where there is one. */
export function loadMarked(
  mark: CallMark | null,
  load: () => Promise<StrategyMaker>,
): Promise<StrategyMaker> {
  return mark === null ? load() : mark.load(load);
}

/** Looks at a mark from outside, again and again. */
export class CallJudge {
  readonly #mark: CallMark;
  readonly #patienceMs: number;
  readonly #judge = new StallJudge(LONGEST_STEP_MS);

  constructor(mark: CallMark, patienceMs: number) {
    this.#mark = mark;
    this.#patienceMs = patienceMs;
  }

  /** Returns the call that takes too long; null = none. `nowMs`: monotonic. */
  observe(nowMs: number): MarkedCall | null {
    const { turn } = this.#mark;
    const stillMs = this.#judge.observe(turn, nowMs);
    if (turn % 2 === 0) return null;
    const { call } = this.#mark;
    return stillMs >= patienceAt(call.place, this.#patienceMs) ? call : null;
  }
}
