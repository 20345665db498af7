/** Finds in an event log which calls of the strategy were cut off: a replay must know before it comes to them. */

import type { OperatorCommand } from '../core/domain/commands.ts';
import { EventLogReader, type LogPlace } from './event-log-reader.ts';
import { StorageError } from './storage-error.ts';

export type RecordedOverrun = Extract<OperatorCommand, { type: 'strategy_overrun' }>;

const MARK = '"type":"strategy_overrun"';

/**
 * Looks at the text only, which costs a small part of what decoding does. Of a log that is damaged, what stands before the
 * damage: whoever reads the log comes to it and tells. `from`: where to begin, default at the first event.
 */
export function readOverruns(eventsFolder: string, from: LogPlace | null = null): RecordedOverrun[] {
  const found: RecordedOverrun[] = [];
  try {
    for (const { lines } of new EventLogReader(eventsFolder, undefined, undefined, from).frames()) {
      for (const line of lines) {
        if (!line.includes(MARK)) continue;
        const { command } = JSON.parse(line) as { readonly command?: OperatorCommand };
        if (command?.type === 'strategy_overrun') found.push(command);
      }
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
  return found;
}
