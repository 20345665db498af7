/** The alerts of a session: picked out of the workspace's file by the time they were raised, and kept in its journal. */

import { readFileSync } from 'node:fs';
import type { Logger } from '../ports/logger.ts';
import { type AlertFacts, parseAlertLines } from '../report/alert-lines.ts';
import { storeAlerts } from '../storage/journal-alerts.ts';
import { StorageError, toStorageError } from '../storage/storage-error.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';

/** The alert of an end is written after the last event. */
const LATE_ALERT_MAXIMUM_MS = 60_000;

/** `alertsPath`: the workspace's alert file; one without alerts has none. Throws StorageError. */
export function readSessionAlerts(manifest: SessionManifest, alertsPath: string): AlertFacts[] {
  const fromMs = Date.parse(manifest.local_started_at);
  const toMs = Date.parse(manifest.local_ended_at ?? manifest.local_started_at) + LATE_ALERT_MAXIMUM_MS;
  return parseAlertLines(readAlerts(alertsPath), fromMs, toMs);
}

/**
 * Writes what was raised so far into the journal of a session that has one. A journal that refuses is told to `logger`: the
 * alert file has them all, and an end must not fail for its copy.
 */
export function keepAlerts(folder: SessionFolder, alertsPath: string, logger: Logger): void {
  try {
    storeAlerts(folder.journalFile, readSessionAlerts(folder.readManifest(), alertsPath));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    logger.log('warning', 'alerts_not_kept', error.message);
  }
}

function readAlerts(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw toStorageError(error, `read ${path}`);
  }
}
