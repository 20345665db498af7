/** `la config show`: every setting as it would take effect here, and where it came from. */

import { showOrigin } from './config/setting-layers.ts';
import type { Settings } from './config/settings.ts';
import { printJson, printTable, type ProgramIo } from './program-io.ts';

/** Returns the exit code. */
export function showConfig(settings: Settings, io: ProgramIo): number {
  const entries = Object.entries(settings.effective);
  if (io.json) {
    printJson(
      io,
      Object.fromEntries(
        entries.map(([key, { value, origin }]) => [key, { value, origin: showOrigin(origin) }]),
      ),
    );
  } else {
    printTable(
      io,
      entries.map(([key, { value, origin }]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
        showOrigin(origin),
      ]),
    );
  }
  return 0;
}
