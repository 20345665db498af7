/** What accompanies a live session and never holds it up: the snapshots of its state, and its twin. */

import type { Instrument } from '../core/domain/instrument.ts';
import type { AlertChannel } from '../ports/alert-channel.ts';
import type { Logger } from '../ports/logger.ts';
import type { Settings } from './config/settings.ts';
import type { OpenedSession } from './open-session.ts';
import { SessionSnapshots, type SnapshotParts } from './session-snapshots.ts';
import { readStrategySource } from './strategy-loader.ts';
import { SessionTwin } from './twin/session-twin.ts';
import { snapshotOrigin } from './usable-snapshots.ts';

export interface CompanionFacts {
  readonly opened: OpenedSession;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly alerts: AlertChannel;
}

export function openSnapshots(
  { opened, settings, logger }: CompanionFacts,
  parts: Pick<SnapshotParts, 'band' | 'log' | 'journal' | 'model'>,
): SessionSnapshots {
  const { folder, recovered } = opened;
  const origin = snapshotOrigin(parts.band.primary.start, readStrategySource(settings.strategy));
  const reconnects = recovered === null ? {} : { reconnects: recovered.reconnects };
  return new SessionSnapshots({ ...parts, ...reconnects, folder: folder.snapshotFolder, origin, logger });
}

/** Null where the settings want none. */
export function openTwin(
  { opened, settings, logger, alerts }: CompanionFacts,
  instruments: readonly Instrument[],
): SessionTwin | null {
  if (settings.twin === 'off') return null;
  const { eventsFolder } = opened.folder;
  const afterMs = opened.recovered?.tail.timeMs ?? null;
  return new SessionTwin({ settings, eventsFolder, instruments, afterMs, logger, alerts });
}
