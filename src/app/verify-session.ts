/**
 * Holds a recorded session against its replay: the log itself, the state at every checkpoint, in every snapshot and at the
 * end, every row of the journal, the final report and the tables beside it.
 *
 * Invariants: never writes to the session's folder; `difference` is null only where everything that the session recorded is
 * identical. A session that did not end by itself is verified as far as it came: its journal must be as it was after the
 * last checkpoint or after a later block, because a process can be killed between two writes.
 */

import path from 'node:path';
import { InvariantViolation } from '../core/base/assert.ts';
import {
  type JournalComparison,
  assertSoundJournal,
  compareJournals,
  copyJournal,
} from '../storage/journal-comparison.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { CheckpointCuts } from './checkpoint-cuts.ts';
import { compareResult } from './compare-result.ts';
import { outputsText, rowText } from './difference-text.ts';
import { type LocatedEvent, locateBetween, locateRow } from './locate-difference.ts';
import { SessionReplay } from './replay-session.ts';
import { versionWarnings } from './session-hashes.ts';
import { SnapshotChecks } from './snapshot-checks.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** Where a session and its replay part. */
export interface Difference {
  readonly kind: 'log' | 'checkpoint' | 'snapshot' | 'engine' | 'end' | 'journal' | 'report';
  /** The first event that differs, and its time; null where no event can be named. */
  readonly sequence: number | null;
  readonly time_ms: number | null;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

export interface Verification {
  readonly session_id: string;
  readonly identical: boolean;
  readonly events: number;
  readonly checkpoints: number;
  readonly snapshots: number;
  readonly journal_rows: Readonly<Record<string, number>>;
  readonly state_hash: { readonly recorded: string | null; readonly replayed: string | null };
  readonly torn_tail: { readonly segment: string; readonly offset: number; readonly bytes: number } | null;
  readonly warnings: readonly string[];
  readonly difference: Difference | null;
}

export interface VerifyOptions {
  /** The recorded strategy; gives a fresh one at every call. */
  readonly createStrategy: StrategyMaker;
  /** An empty folder for databases that are thrown away. */
  readonly scratch: string;
  readonly onProgress?: (events: number) => void;
}

/** Throws StorageError and ConfigError where there is nothing to compare: no manifest, no log. */
export async function verifySession(folder: SessionFolder, options: VerifyOptions): Promise<Verification> {
  return new SessionVerifier(folder, options).verify();
}

class SessionVerifier {
  readonly #folder: SessionFolder;
  readonly #options: VerifyOptions;
  readonly #manifest: SessionManifest;
  readonly #warnings: string[];
  /** The recorded journal as a copy; null where it cannot be read, and why. */
  readonly #journal: { readonly copy: string | null; readonly problem: string };
  #comparison: JournalComparison | null = null;
  #tornTail: Verification['torn_tail'] = null;
  readonly #snapshots: SnapshotChecks;

  constructor(folder: SessionFolder, options: VerifyOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#manifest = folder.readManifest();
    this.#warnings = versionWarnings(this.#manifest, folder.strategyFile);
    this.#journal = copyOf(folder, options.scratch);
    this.#snapshots = new SnapshotChecks(folder);
  }

  async verify(): Promise<Verification> {
    let cuts: CheckpointCuts;
    try {
      cuts = new CheckpointCuts(this.#folder);
    } catch (error) {
      return this.#result(null, 0, 0, damaged(error, 'checkpoint', 'checkpoints as they were written', null));
    }
    let isFree = false;
    const { createStrategy } = this.#options;
    const replay = await SessionReplay.open(this.#folder, {
      createStrategy,
      endsBlock: (sequence) => isFree || cuts.endsBlock(sequence) || this.#snapshots.endsBlock(sequence),
    });
    const file = path.join(this.#options.scratch, 'replayed.db');
    const journal = Journal.open(file, replay.start);
    const mustMatchEnd = this.#manifest.state_hash !== null;
    let difference: Difference | null = null;
    let events = 0;
    let hasStopped = false;
    try {
      for (const { block, outputs } of replay.steps()) {
        journal.deliver(outputs);
        events += block.events;
        this.#options.onProgress?.(events);
        const { next } = cuts;
        if (next !== null && events - 1 === next.sequence) {
          const found = replay.engine.stateHash();
          if (found !== next.state_hash) {
            difference = await this.#atCheckpoint(
              cuts.last?.sequence ?? -1,
              next.sequence,
              next.state_hash,
              found,
            );
            break;
          }
          cuts.pass();
        }
        difference = this.#atSnapshot(events - 1, replay);
        if (difference !== null) break;
        // Behind the last checkpoint of a session that was killed, its journal may end with any block.
        if (cuts.next === null && !mustMatchEnd) {
          isFree = true;
          if (outputs.length > 0 || this.#comparison === null) this.#compare(file);
        }
      }
    } catch (error) {
      hasStopped = error instanceof InvariantViolation;
      difference = this.#failed(error, events);
    }
    const end = replay.end;
    if (end !== null && end.cutBytes > 0 && end.segment !== null) {
      this.#tornTail = { segment: end.segment, offset: end.offset, bytes: end.cutBytes };
    }
    difference ??= this.#atEnd(cuts, events, replay, hasStopped);
    if (difference === null && this.#comparison?.difference !== null) this.#compare(file);
    journal.close();
    difference ??= await this.#inJournal();
    difference ??= this.#inResult(replay, file);
    const replayedHash = difference?.kind === 'engine' || hasStopped ? null : replay.engine.stateHash();
    return this.#result(replayedHash, events, cuts.passed, difference);
  }

  #result(
    replayed: string | null,
    events: number,
    checkpoints: number,
    difference: Difference | null,
  ): Verification {
    return {
      session_id: this.#manifest.session_id,
      identical: difference === null,
      events,
      checkpoints,
      snapshots: this.#snapshots.passed,
      journal_rows: this.#comparison?.rows ?? {},
      state_hash: { recorded: this.#manifest.state_hash, replayed },
      torn_tail: this.#tornTail,
      warnings: [...this.#warnings, ...(difference === null ? this.#snapshots.warnings : [])],
      difference,
    };
  }

  /** Compares the journals as they stand now; the first time that they are equal counts. */
  #compare(replayed: string): void {
    if (this.#journal.copy === null) return;
    if (this.#comparison !== null && this.#comparison.difference === null) return;
    this.#comparison = compareJournals(this.#journal.copy, replayed);
  }

  #atSnapshot(sequence: number, { band, engine }: SessionReplay): Difference | null {
    const found = sequence === this.#snapshots.next ? this.#snapshots.check(band) : null;
    if (found === null) return null;
    const what = `snapshot of event ${sequence}`;
    return { kind: 'snapshot', sequence, time_ms: engine.status().timeMs, what, ...found };
  }

  async #atCheckpoint(from: number, to: number, expected: string, found: string): Promise<Difference> {
    const { copy } = this.#journal;
    const { createStrategy, scratch } = this.#options;
    const located = await locateBetween({ folder: this.#folder, createStrategy }, from, to, copy, scratch);
    const range = `state after event ${to} (identical up to event ${Math.max(from, 0)})`;
    if (located === null) {
      const what = `${range}: the replay says nothing where the session said something`;
      return { kind: 'checkpoint', sequence: to, time_ms: null, what, expected, found };
    }
    return { kind: 'checkpoint', ...placeOf(located), ...sides(located, range, expected, found) };
  }

  /** A log that cannot be read to its end, or an engine that cannot process it. */
  #failed(error: unknown, events: number): Difference | null {
    if (error instanceof InvariantViolation) {
      const { stopped_reason: reason } = this.#manifest;
      if (reason === 'invariant_violated') {
        this.#warnings.push(`the replay fails as the session did: ${error.message}`);
        return null;
      }
      const what = 'the engine fails on the recorded events';
      return {
        kind: 'engine',
        sequence: events,
        time_ms: null,
        what,
        expected: 'no failure',
        found: error.message,
      };
    }
    return damaged(error, 'log', 'the event log as it was written', events);
  }

  #atEnd(
    cuts: CheckpointCuts,
    events: number,
    replay: SessionReplay,
    hasStopped: boolean,
  ): Difference | null {
    const { engine_hash: engineHash, events: recorded, state_hash: stateHash } = this.#manifest;
    const differs = (what: string, expected: string, found: string): Difference => ({
      kind: 'end',
      sequence: Math.max(0, events - 1),
      time_ms: replay.engine.status().timeMs,
      what,
      expected,
      found,
    });
    if (!cuts.exist && engineHash !== null) {
      return { ...differs('checkpoints', 'checkpoints.jsonl', 'no such file'), kind: 'checkpoint' };
    }
    if (!cuts.exist)
      this.#warnings.push('the session has no checkpoints; only its end and its journal are compared');
    if (hasStopped) return null;
    if (cuts.next !== null) {
      const expected = `event ${cuts.next.sequence}`;
      return {
        ...differs('length of the event log', expected, `an end after event ${events - 1}`),
        kind: 'log',
      };
    }
    if (recorded !== null && recorded !== events) {
      return { ...differs('events in the log', String(recorded), String(events)), kind: 'log' };
    }
    const chain = replay.end?.chain.toString('hex') ?? '';
    const { log_chain: logChain, compaction } = this.#manifest;
    if (logChain !== null && chain !== logChain && chain !== compaction?.log_chain) {
      return { ...differs('hash chain of the event log', logChain, chain), kind: 'log' };
    }
    const found = replay.engine.stateHash();
    return stateHash === null || stateHash === found ? null : differs('state at the end', stateHash, found);
  }

  async #inJournal(): Promise<Difference | null> {
    const what = 'journal';
    const { copy, problem } = this.#journal;
    if (copy === null || this.#comparison === null) {
      const expected = 'a journal of every output';
      return { kind: 'journal', sequence: null, time_ms: null, what, expected, found: problem };
    }
    const { createStrategy } = this.#options;
    const { difference: row, skipped } = this.#comparison;
    if (skipped.length > 0) {
      this.#warnings.push(`the journal is of another version; not compared: ${skipped.join(', ')}`);
    }
    if (row === null) return null;
    const located =
      row.found === null ? null : await locateRow({ folder: this.#folder, createStrategy }, row);
    return {
      kind: 'journal',
      sequence: located?.sequence ?? null,
      time_ms: located?.timeMs ?? row.timeMs,
      what: `journal, table ${row.table}`,
      expected: rowText(row, 'expected'),
      found: rowText(row, 'found'),
    };
  }

  /** What the session left of its end must tell the end that the replay comes to. */
  #inResult(replay: SessionReplay, journalFile: string): Difference | null {
    if (this.#manifest.state_hash === null) return null;
    const found = compareResult(this.#folder, this.#manifest, replay, journalFile);
    if (found === null) return null;
    const { events, timeMs } = replay.engine.status();
    return { kind: 'report', sequence: events - 1, time_ms: timeMs, ...found };
  }
}

function copyOf(folder: SessionFolder, scratch: string): { copy: string | null; problem: string } {
  const copy = path.join(scratch, 'recorded.db');
  try {
    copyJournal(folder.journalFile, copy);
    assertSoundJournal(copy);
    return { copy, problem: '' };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { copy: null, problem: error.message };
  }
}

function damaged(
  error: unknown,
  kind: 'log' | 'checkpoint',
  expected: string,
  sequence: number | null,
): Difference {
  if (!(error instanceof StorageError)) throw error;
  const what = kind === 'log' ? 'event log' : 'checkpoints';
  return { kind, sequence, time_ms: null, what, expected, found: error.message };
}

function placeOf({ sequence, timeMs }: LocatedEvent): { sequence: number; time_ms: number } {
  return { sequence, time_ms: timeMs };
}

function sides(
  { row, outputs }: LocatedEvent,
  what: string,
  expected: string,
  found: string,
): Pick<Difference, 'what' | 'expected' | 'found'> {
  if (row === null) return { what, expected, found: `${found}: ${outputsText(outputs)}` };
  return { what, expected: rowText(row, 'expected'), found: rowText(row, 'found') };
}
