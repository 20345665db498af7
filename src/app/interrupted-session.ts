/**
 * Finds the session of a workspace that ended before its time: the newest one, when its manifest has no end, or says that
 * its engine had not ended.
 */

import { EventLogReader } from '../storage/event-log-reader.ts';
import { type SessionFolder, type SessionManifest, listSessions } from '../storage/session-folder.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ConfigError } from './config/config-error.ts';
import type { RecordedSettings } from './config/recorded-settings.ts';
import { BACKTEST_SOURCE } from './session-manifest.ts';

export interface InterruptedSession {
  readonly folder: SessionFolder;
  readonly manifest: SessionManifest;
}

/** Returns null where there is no session, or the newest one is finished. Throws StorageError. */
export function findInterrupted(workspace: string): InterruptedSession | null {
  const held = latestHeld(workspace);
  return held === null || isFinished(held.manifest) ? null : held;
}

/** The newest session of the account: backtests beside it are none. */
function latestHeld(workspace: string): InterruptedSession | null {
  for (const folder of listSessions(workspace)) {
    const manifest = folder.readManifest();
    if (!manifest.source.startsWith(BACKTEST_SOURCE)) return { folder, manifest };
  }
  return null;
}

/** The session that `--resume` means. Throws ConfigError that says why there is none. */
export function requireInterrupted(workspace: string): InterruptedSession {
  const held = latestHeld(workspace);
  if (held === null) throw new ConfigError([`--resume: there is no session to continue in ${workspace}`]);
  const { folder, manifest } = held;
  if (isFinished(manifest)) {
    throw new ConfigError([
      `--resume: session ${folder.id} is finished (${manifest.stopped_reason ?? 'unknown'}); start a new one without --resume`,
    ]);
  }
  if (!hasEvents(folder)) {
    throw new ConfigError([
      `--resume: session ${folder.id} ended before its first event; start a new one without --resume`,
    ]);
  }
  return { folder, manifest };
}

/** The settings that the interrupted session began with. Throws ConfigError where there is none, StorageError. */
export function readRecordedSettings(workspace: string, acceptsChange: boolean): RecordedSettings {
  const { folder, manifest } = requireReadable(workspace);
  const config = typeof manifest.config === 'object' && manifest.config !== null ? manifest.config : {};
  return { sessionId: folder.id, values: { ...config, seed: manifest.seed }, acceptsChange };
}

/** A manifest that cannot be read is told as what stands in the way of this command. */
function requireReadable(workspace: string): InterruptedSession {
  try {
    return requireInterrupted(workspace);
  } catch (error) {
    if (error instanceof StorageError) throw new ConfigError([`--resume: ${error.message}`]);
    throw error;
  }
}

/** Whether anything of the session can be gone on with. */
export function hasEvents(folder: SessionFolder): boolean {
  try {
    for (const block of new EventLogReader(folder.eventsFolder)) if (block.events > 0) return true;
  } catch {
    // Damaged further on: going on with it says where, and what to do.
    return true;
  }
  return false;
}

function isFinished({ stopped_reason: reason, is_resumable: isResumable }: SessionManifest): boolean {
  return reason !== null && !isResumable;
}
