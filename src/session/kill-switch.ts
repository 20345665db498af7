/** The kill switch: `LA_KILL_SWITCH=TRUE` in the environment, or anything named kill.txt in the workspace. */

import { lstatSync } from 'node:fs';

export const KILL_SWITCH_VARIABLE = 'LA_KILL_SWITCH';

/** Returns what has thrown the switch, as words for a sentence, or null. */
export function readKillSwitch(
  killFile: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  if (environment[KILL_SWITCH_VARIABLE]?.trim().toLowerCase() === 'true')
    return `${KILL_SWITCH_VARIABLE}=TRUE`;
  // A dangling link or an empty file is a clear enough wish.
  return lstatSync(killFile, { throwIfNoEntry: false }) === undefined ? null : 'kill.txt';
}
