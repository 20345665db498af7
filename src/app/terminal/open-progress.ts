/** Picks how the person who started a session is told of it: a live view on a terminal, lines when piped, nothing for machines. */

import type { HeartbeatFields } from '../../ports/heartbeat-fields.ts';
import { ConsoleProgress } from '../../session/console-progress.ts';
import type { ProgramIo } from '../program-io.ts';
import type { StatusEvent } from '../status-glance.ts';
import { LiveView } from './live-view.ts';
import { openTerminalDevice } from './terminal-device.ts';

/** Where a terminal does not tell its size. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

export interface SessionProgress {
  /** Shows the session as it stands; called once a second. `price` is display text, null where unknown. */
  update(fields: HeartbeatFields, price: string | null): void;
  note(text: string): void;
  /** A note that is said beside a machine-readable answer too, where the other warnings are: on stderr. */
  warn(text: string): void;
  end(): void;
}

export interface ProgressSources {
  readonly startingEquity: () => string | null;
  readonly events: () => readonly StatusEvent[];
  /** Monotonic ms. */
  readonly nowMs: () => number;
}

export function openProgress(io: ProgramIo, sources: ProgressSources): SessionProgress {
  const device = io.isTty && !io.json ? openTerminalDevice() : null;
  if (device === null) {
    const lines = new ConsoleProgress({
      write: (text) => io.stdout.write(text),
      isSilent: io.json,
      nowMs: sources.nowMs,
    });
    return {
      update: (fields, price) => lines.update(fields, price),
      note: (text) => lines.note(text),
      warn(text) {
        if (io.json) io.stderr.write(`warning: ${text}\n`);
        else lines.note(text);
      },
      end: () => {},
    };
  }
  const view = new LiveView({
    ...sources,
    color: io.color,
    write: (text) => device.write(text),
    columns: () => io.stdout.columns ?? COLUMNS_DEFAULT,
    rows: () => io.stdout.rows ?? ROWS_DEFAULT,
  });
  return {
    update: (fields, price) => view.update(fields, price),
    note: (text) => view.note(text),
    warn: (text) => view.note(text),
    end() {
      view.end();
      device.close();
    },
  };
}
