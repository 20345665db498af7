/**
 * Runs a session's event log through a fresh engine: what replay, verification, rebuilding and recovery have in common.
 *
 * Invariants: needs nothing but the session's folder; never writes to it. The strategy is the one the log names, a user's
 * own from the copy that the session kept, with the parameters as recorded.
 * Limitation: a strategy file of one's own that imports further files of one's own is found only where it first lay.
 */

import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { EventBlock, EventKind } from '../core/domain/event-block.ts';
import { createInstrument } from '../core/domain/instrument.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import { EngineBand } from '../core/engine/engine-band.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import { runLoop } from '../session/loop.ts';
import { EventLogReader, type LogEnd, type LogPosition } from '../storage/event-log-reader.ts';
import { readOverruns } from '../storage/recorded-overruns.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ConfigError } from './config/config-error.ts';
import { withRecordedOverruns } from './strategy-guard.ts';
import { type StrategyMaker, loadStrategyMaker } from './strategy-loader.ts';

export interface ReplayOptions {
  /** Gives a fresh strategy at every call. Default: the recorded strategy. */
  readonly createStrategy?: StrategyMaker;
  /** Default: the recorded start; a change of it asks what would have been. */
  readonly start?: SessionStart;
  /** Whether the event of this sequence number ends a block, see {@link EventLogReader}. */
  readonly endsBlock?: (sequence: number) => boolean;
  /** Begins behind a snapshot instead of at the first event. */
  readonly from?: ReplayFrom;
}

export interface ReplayFrom {
  /** What {@link EngineBand.save} gave. */
  readonly state: string;
  /** Where the log stood then. */
  readonly position: LogPosition;
}

export interface ReplaySinks {
  readonly sinks: readonly OutputSink[];
  /** After each block of the log and its outputs. */
  readonly afterBlock?: () => void;
}

/** One run of one log. */
export class SessionReplay {
  readonly start: SessionStart;
  /** The session's own engine. */
  readonly engine: Engine;
  /** With the shadows of its band, where the session had one. */
  readonly band: EngineBand;
  readonly #reader: EventLogReader;

  private constructor(start: SessionStart, band: EngineBand, reader: EventLogReader) {
    this.start = start;
    this.engine = band.primary;
    this.band = band;
    this.#reader = reader;
  }

  /**
   * Reads the start of the session's log and makes its engine. Throws StorageError: `not_found` where the log is empty or
   * absent, `log_corrupt`; ConfigError where the strategy cannot be loaded.
   */
  static async open(folder: SessionFolder, options: ReplayOptions = {}): Promise<SessionReplay> {
    const start = options.start ?? readSessionStart(folder);
    const asked = options.createStrategy ?? (await loadRecordedStrategy(folder, start));
    const { from } = options;
    const instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
    const place = from === undefined ? null : { position: from.position, instruments };
    // Under other terms the calls are others, and are made.
    const isAsRecorded = options.start === undefined;
    const createStrategy =
      isAsRecorded && folder.strategyFile !== null
        ? withRecordedOverruns(asked, readOverruns(folder.eventsFolder, place))
        : asked;
    const reader = new EventLogReader(folder.eventsFolder, undefined, options.endsBlock, place);
    return new SessionReplay(start, new EngineBand(start, createStrategy, from?.state ?? null), reader);
  }

  /** Where the log ended; null until {@link run} reached it. */
  get end(): LogEnd | null {
    return this.#reader.end;
  }

  /** Runs to the end of the log, through THE loop. Throws what the reader, the engine or a sink throws. */
  async run({ sinks, afterBlock }: ReplaySinks): Promise<void> {
    await runLoop({
      source: this.#reader,
      log: null,
      engine: this.band,
      sinks,
      ...(afterBlock === undefined ? {} : { afterBlock }),
    });
    this.band.finish();
    for (const sink of sinks) sink.deliver(this.band.takeOutputs());
  }

  /**
   * The same step by step, for who wants the outputs of each block; the block is reused. What is said once the session has
   * ended comes last, with a block without events.
   */
  *steps(): Generator<{ readonly block: EventBlock; readonly outputs: ReturnType<Engine['takeOutputs']> }> {
    let sequence = 0;
    for (const block of this.#reader) {
      this.band.process(block);
      sequence = block.firstSequence + block.events;
      yield { block, outputs: this.band.takeOutputs() };
    }
    this.band.finish();
    const outputs = this.band.takeOutputs();
    if (outputs.length === 0) return;
    const rest = new EventBlock(1);
    rest.reset(sequence);
    rest.receivedTimeMs[0] = this.engine.status().timeMs;
    yield { block: rest, outputs };
  }
}

/** Reads the start document, the first event of the log. Throws StorageError. */
export function readSessionStart(folder: SessionFolder): SessionStart {
  for (const block of new EventLogReader(folder.eventsFolder, 1)) {
    if (block.kind[0] !== EventKind.sessionStarted) break;
    return block.details[block.price[0] ?? 0] as SessionStart;
  }
  throw new StorageError('not_found', `session ${folder.id} has no events: it ended before it had a market`);
}

/**
 * Loads the strategy that a session ran. Its recorded parameters are those after defaults; where a schema changes what it
 * has changed before, the ones that the user gave are taken. Throws ConfigError.
 */
export async function loadRecordedStrategy(
  folder: SessionFolder,
  start: SessionStart,
): Promise<StrategyMaker> {
  const recorded = start.strategy;
  const { name, given } = recordedStrategy(folder, start);
  const candidates = [recorded.params, given];
  let first: StrategyMaker | null = null;
  let failure: unknown = null;
  for (const params of candidates) {
    if (params === undefined) continue;
    try {
      const createStrategy = await loadStrategyMaker(name, params);
      if (isDeepStrictEqual(plain(createStrategy().params), plain(recorded.params))) return createStrategy;
      first ??= createStrategy;
    } catch (error) {
      failure ??= error;
    }
  }
  // A later version of the strategy may know parameters that were not there yet.
  if (first !== null) return first;
  if (failure instanceof Error) throw failure;
  throw new ConfigError([`the session does not say the parameters of strategy ${recorded.name}`]);
}

/** Loads the recorded strategy with the parameters of a changed start, and no others. Throws ConfigError. */
export async function loadChangedStrategy(
  folder: SessionFolder,
  start: SessionStart,
): Promise<StrategyMaker> {
  return loadStrategyMaker(recordedStrategy(folder, start).name, start.strategy.params);
}

/** Which strategy to load, a name or a file, and the parameters as the user gave them. */
export function recordedStrategy(
  folder: SessionFolder,
  start: SessionStart,
): { name: string; given: unknown } {
  const config = folder.readManifest().config as Readonly<Record<string, unknown>> | null;
  const given = config?.['strategy'];
  const elsewhere = typeof given === 'string' && path.isAbsolute(given) ? given : null;
  const kept = folder.strategyFile === null ? null : path.resolve(folder.strategyFile);
  return { name: kept ?? elsewhere ?? start.strategy.name, given: config?.['params'] };
}

/** As a document holds it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
