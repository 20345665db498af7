/**
 * The snapshots from which a session's recovery can go on: whole, of this session's start, of this very code, and at a place
 * that the event log has.
 */

import type { SessionStart } from '../core/domain/session-start.ts';
import { readFileSync } from 'node:fs';
import { type LogPosition, locateInLog } from '../storage/event-log-reader.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { type Snapshot, type SnapshotOrigin, listSnapshots, readSnapshot } from '../storage/snapshot-file.ts';
import { engineHash, startHash, strategyHash } from './session-hashes.ts';

export interface IgnoredSnapshot {
  /** Last event in it. */
  readonly sequence: number;
  readonly reason: string;
}

export interface LocatedSnapshot extends Snapshot {
  readonly position: LogPosition;
}

/** What a snapshot of this session under this code names. `strategySource`: text of the strategy's file, null for a built-in. */
export function snapshotOrigin(start: SessionStart, strategySource: string | null): SnapshotOrigin {
  return {
    session_id: start.session_id,
    engine_hash: engineHash(),
    strategy_hash: strategyHash(start.strategy.name, strategySource),
    start_hash: startHash(start),
  };
}

/**
 * Newest first; why others are none goes into `ignored`. `strategySource`: undefined for the strategy that the session kept.
 * Throws StorageError where the log cannot be read.
 */
export function* usableSnapshots(
  folder: SessionFolder,
  start: SessionStart,
  strategySource: string | null | undefined,
  ignored: IgnoredSnapshot[],
): Generator<LocatedSnapshot, void, undefined> {
  const sequences = listSnapshots(folder.snapshotFolder);
  if (sequences.length === 0) return;
  const source = strategySource === undefined ? keptSource(folder) : strategySource;
  const origin = snapshotOrigin(start, source);
  const positions = locateInLog(folder.eventsFolder, new Set(sequences.map((sequence) => sequence + 1)));
  for (const sequence of sequences) {
    const found = inspect(folder, sequence, origin, positions.get(sequence + 1) ?? null);
    if (typeof found === 'string') ignored.push({ sequence, reason: found });
    else yield found;
  }
}

/** The snapshot with its place in the log, or why it is of no use. */
function inspect(
  folder: SessionFolder,
  sequence: number,
  origin: SnapshotOrigin,
  position: LogPosition | null,
): LocatedSnapshot | string {
  if (position === null) return 'the event log does not come that far';
  let snapshot: Snapshot;
  try {
    snapshot = readSnapshot(folder.snapshotFolder, sequence);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (const [what, field] of [
    ['session', 'session_id'],
    ['engine', 'engine_hash'],
    ['strategy', 'strategy_hash'],
    ['start document', 'start_hash'],
  ] as const)
    if (snapshot[field] !== origin[field]) return `it is of another ${what}`;
  if (snapshot.log_chain !== position.chain.toString('hex')) return 'the event log before it is another one';
  return { ...snapshot, position };
}

function keptSource(folder: SessionFolder): string | null {
  return folder.strategyFile === null ? null : readFileSync(folder.strategyFile, 'utf8');
}
