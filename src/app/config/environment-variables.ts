/**
 * Which variables of the environment the program knows, and what is wrong with others that begin as they do.
 *
 * One that looks like a mistyped setting is refused; any other is told, for the prefix is short and others may use it.
 */

import { KILL_SWITCH_VARIABLE } from '../../session/kill-switch.ts';
import { TEST_CRASH_VARIABLE } from '../../session/test-crash.ts';
import { ALERT_SECRET_VARIABLES } from './alert-settings.ts';
import { closestWord } from './closest-word.ts';
import { GLOBAL_VARIABLES } from './global-variables.ts';
import { SETTING_KEYS, type SettingKey, settingVariable } from './setting-schemas.ts';

const PREFIX = 'LA_';

/** Variables named like the flags whose settings are called otherwise, beside the systematic ones. */
export const VARIABLE_ALIASES: Readonly<Partial<Record<SettingKey, string>>> = {
  symbols: 'LA_SYMBOL',
  'market_data.stale_timeout': 'LA_STALE_TIMEOUT',
};

/** Of the program's own tests: where recordings lie, how much is tried, how fast time runs. */
const TEST_VARIABLES = [
  TEST_CRASH_VARIABLE,
  'LA_DATA_DIR',
  'LA_LONG',
  'LA_FUZZ_SEED',
  'LA_TEST_TIME_FACTOR',
  'LA_TEST_TIME_EPOCH',
];

const KNOWN: ReadonlySet<string> = new Set([
  ...SETTING_KEYS.map(settingVariable),
  ...Object.values(VARIABLE_ALIASES),
  ...ALERT_SECRET_VARIABLES,
  ...Object.values(GLOBAL_VARIABLES),
  ...TEST_VARIABLES,
  KILL_SWITCH_VARIABLE,
]);

/** What the variables of settings with a dot begin with: `LA_RISK_`. */
const SECTIONS: ReadonlySet<string> = new Set(
  SETTING_KEYS.filter((key) => key.includes('.')).map((key) => variableStart(key.split('.')[0] ?? '')),
);

export interface UnknownVariables {
  /** Findings: settings by their looks. */
  readonly refused: readonly string[];
  /** A sentence for each of the others. */
  readonly ignored: readonly string[];
}

export function findUnknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
): UnknownVariables {
  const refused: string[] = [];
  const ignored: string[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || KNOWN.has(name)) continue;
    const meant = closestWord(name, KNOWN);
    if (meant !== null)
      refused.push(`${name}: expected a known variable, found this one (did you mean ${meant}?)`);
    else if ([...SECTIONS].some((start) => name.startsWith(start)))
      refused.push(`${name}: expected a known variable, found this one`);
    else ignored.push(`${name}: no setting has this variable, it is ignored${hint(name)}`);
  }
  return { refused, ignored };
}

/** Of a setting whose section was left out: `LA_MIN_HISTORY_BARS`. */
function hint(name: string): string {
  const end = name.slice(PREFIX.length - 1);
  const [meant, another] = [...KNOWN].filter((known) => known.endsWith(end));
  return meant === undefined || another !== undefined ? '' : ` (did you mean ${meant}?)`;
}

function variableStart(section: string): string {
  return `${PREFIX}${section.toUpperCase()}_`;
}
