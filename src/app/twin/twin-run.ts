/**
 * The twins of a paper session: its strategy once more over the session's own event log, as far as that goes by now.
 *
 * One plays the log as it is: what it decides can hang on nothing that came later, nor on a clock, on chance or on what
 * another instance left behind. The other is given no more history than the strategy declares. Both must decide what the
 * session decided. Nothing of them reaches the session.
 * Assumption: the history stands at the head of the log, behind the start. Limitation: where a session was given hardly
 * more history than is declared, the second says little, and nothing where it was given no more.
 */

import { intervalMs, type Interval } from '../../core/base/time.ts';
import { type EventBlock, EventKind, FLAG_HISTORY } from '../../core/domain/event-block.ts';
import { createInstrument } from '../../core/domain/instrument.ts';
import type { SessionStart } from '../../core/domain/session-start.ts';
import { Engine } from '../../core/engine/engine.ts';
import { historyNeed } from '../../core/strategy/history-need.ts';
import type { StrategyInstance } from '../../core/strategy/strategy.ts';
import type { TwinCheck } from '../../report/final-report.ts';
import { EventLogReader, type LogEnd, type LogPlace } from '../../storage/event-log-reader.ts';
import { readOverruns } from '../../storage/recorded-overruns.ts';
import { withRecordedOverruns } from '../strategy-guard.ts';
import type { StrategyMaker } from '../strategy-loader.ts';
import { type Decision, DecisionComparison, DecisionFilter } from './decisions.ts';

/** All that is read of the twins' engines. */
const KEPT = new Set(['order'] as const);

export interface TwinFacts {
  readonly eventsFolder: string;
  readonly createStrategy: StrategyMaker;
  /** Decisions up to this time are not compared: they were another process's. */
  readonly afterMs: number;
}

/** What stands before the first event of the market. */
interface LogHead {
  readonly start: SessionStart;
  /** Bars of history by instrument. */
  readonly bars: readonly number[];
}

interface Twin {
  readonly engine: Engine;
  readonly filter: DecisionFilter;
  readonly comparison: DecisionComparison;
}

/** How much of its history a twin is given. */
interface ShortHistory {
  /** Oldest bars that are left out, of each instrument. */
  readonly dropped: number;
  readonly kept: number;
  readonly given: number;
  /** Bars that it waits for, so that it begins when the session did. */
  readonly neededBars: number;
}

export class TwinRun {
  readonly #facts: TwinFacts;
  readonly #waiting: Decision[] = [];
  #again: Twin | null = null;
  #short: Twin | null = null;
  #history: ShortHistory | null = null;
  /** History bars seen, by instrument. */
  #seen: number[] = [];
  #place: LogPlace | null = null;

  constructor(facts: TwinFacts) {
    this.#facts = facts;
  }

  /** What the session decided, in its order. */
  addLive(decisions: readonly Decision[]): void {
    this.#waiting.push(...decisions);
  }

  /** Plays what the log has gained. Throws StorageError, and what the engine throws. */
  step(): void {
    if (this.#again === null && !this.#begin()) return;
    const reader = new EventLogReader(this.#facts.eventsFolder, undefined, undefined, this.#place);
    for (const block of reader) this.#take(block);
    if (reader.end !== null) this.#place = placeOf(reader.end);
    for (const twin of this.#twins()) {
      twin.comparison.addLive(this.#waiting);
      twin.comparison.compare(twin.engine.status().timeMs);
    }
    this.#waiting.length = 0;
  }

  /** The session has ended, its log is whole, and all its decisions were told. */
  end(): void {
    this.step();
    for (const { comparison } of this.#twins()) comparison.end();
  }

  /** As far as it goes by now: a check that found nothing may still do so. */
  checks(): readonly TwinCheck[] {
    return [this.#lookahead(), this.#recursive()];
  }

  #lookahead(): TwinCheck {
    const name = 'lookahead';
    const { same = 0, difference = null } = this.#again?.comparison ?? {};
    if (difference !== null) {
      const detail = `played again from its log, with no future in it, the strategy decides otherwise: it hangs on something else than what it is shown; ${difference}`;
      return { name, passed: false, detail };
    }
    return same === 0
      ? unknown(name)
      : {
          name,
          passed: true,
          detail: `played again from its log the strategy decided the same, ${same} times`,
        };
  }

  #recursive(): TwinCheck {
    const name = 'recursive';
    if (this.#short === null || this.#history === null)
      return unknown(name, 'the session had no more history than the strategy declares');
    if (this.#again?.comparison.difference !== null)
      return unknown(name, 'the strategy cannot be repeated, so its history was not looked at');
    const { same, difference } = this.#short.comparison;
    const { kept, given } = this.#history;
    const what = `with no more than the history that it declares (bars: ${kept}, the session had ${given})`;
    if (difference !== null)
      return { name, passed: false, detail: `${what} the strategy decides otherwise; ${difference}` };
    return same === 0
      ? unknown(name)
      : { name, passed: true, detail: `${what} the strategy decided the same, ${same} times` };
  }

  #twins(): readonly Twin[] {
    return [this.#again, this.#short].filter((twin) => twin !== null);
  }

  /** Makes the twins once the log's head is whole; false before. */
  #begin(): boolean {
    const { eventsFolder, createStrategy } = this.#facts;
    const head = readHead(eventsFolder);
    if (head === null) return false;
    const make = withRecordedOverruns(createStrategy, readOverruns(eventsFolder));
    const first = make();
    this.#again = this.#makeTwin(head.start, first);
    this.#history = shortenHistory(head, first);
    const { neededBars = 0 } = this.#history ?? {};
    this.#short =
      this.#history === null ? null : this.#makeTwin({ ...head.start, min_history_bars: neededBars }, make());
    this.#seen = head.bars.map(() => 0);
    return true;
  }

  #makeTwin(start: SessionStart, strategy: StrategyInstance): Twin {
    const instruments = start.instruments.map(createInstrument);
    return {
      engine: new Engine(start, strategy, undefined, KEPT),
      filter: new DecisionFilter(instruments, this.#facts.afterMs),
      comparison: new DecisionComparison(),
    };
  }

  #take(block: EventBlock): void {
    if (this.#again !== null) play(this.#again, block);
    if (this.#short === null) return;
    // The block is ours from here on.
    this.#leaveOutHistory(block);
    play(this.#short, block);
  }

  /** Turns the oldest bars of the history into mere passing of time. */
  #leaveOutHistory(block: EventBlock): void {
    const { dropped = 0 } = this.#history ?? {};
    if (this.#seen.every((seen) => seen >= dropped)) return;
    for (let row = 0; row < block.length; row++) {
      const instrument = block.instrument[row] ?? 0;
      const seen = this.#seen[instrument] ?? dropped;
      if (!isHistory(block, row) || seen >= dropped) continue;
      this.#seen[instrument] = seen + 1;
      block.kind[row] = EventKind.timeAdvanced;
      block.price[row] = 0;
    }
  }
}

function play({ engine, filter, comparison }: Twin, block: EventBlock): void {
  engine.process(block);
  comparison.addTwin(filter.pick(engine.takeOutputs()));
}

function isHistory(block: EventBlock, row: number): boolean {
  return block.kind[row] === EventKind.bar && ((block.flags[row] ?? 0) & FLAG_HISTORY) !== 0;
}

/** Null while the log does not hold anything behind its history. */
function readHead(eventsFolder: string): LogHead | null {
  let start: SessionStart | null = null;
  let bars: number[] = [];
  for (const block of new EventLogReader(eventsFolder))
    for (let row = 0; row < block.length; row++) {
      if (start === null) {
        if (block.kind[row] !== EventKind.sessionStarted) return null;
        start = block.details[block.price[row] ?? 0] as SessionStart;
        bars = start.instruments.map(() => 0);
      } else if (isHistory(block, row)) {
        const instrument = block.instrument[row] ?? 0;
        bars[instrument] = (bars[instrument] ?? 0) + 1;
      } else return { start, bars };
    }
  return null;
}

/**
 * The history that a strategy declares, in place of what the session was given; null where that was no more. A session that
 * was given too little waited for bars of its own: the twin waits for the same ones.
 */
function shortenHistory({ start, bars }: LogHead, strategy: StrategyInstance): ShortHistory | null {
  const given = Math.min(...bars);
  // Without any bar there is no price to begin with.
  const declared = Math.max(1, historyNeed(strategy, intervalMs(start.interval as Interval)));
  const needed = Math.max(start.min_history_bars, declared);
  const kept = Math.max(0, declared - Math.max(0, needed - given));
  const dropped = given - kept;
  if (dropped <= 0) return null;
  return { dropped, kept, given, neededBars: Math.max(needed, given) - dropped };
}

function placeOf({ segment, offset, chain, events, nextSequence, instruments }: LogEnd): LogPlace | null {
  if (segment === null || nextSequence === null) return null;
  return { position: { segment, offset, chain, events, nextSequence }, instruments };
}

function unknown(name: TwinCheck['name'], detail = 'the strategy decided nothing'): TwinCheck {
  return { name, passed: null, detail };
}
