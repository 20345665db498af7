/** The variables that stand for the options of every command, which belong to no setting. */

import { ConfigError, showValue } from './config-error.ts';

export const GLOBAL_VARIABLES = {
  workspace: 'LA_WORKSPACE',
  config: 'LA_CONFIG',
  json: 'LA_JSON',
} as const;

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export type Environment = Readonly<Record<string, string | undefined>>;

/** null where the variable is not set, or empty: the usual way to unset one for a single command. */
export function readGlobalText(name: 'workspace' | 'config', environment: Environment): string | null {
  const text = environment[GLOBAL_VARIABLES[name]]?.trim() ?? '';
  return text === '' ? null : text;
}

/** Throws ConfigError for what is neither yes nor no. */
export function readGlobalSwitch(name: 'json', environment: Environment): boolean {
  const text = environment[GLOBAL_VARIABLES[name]]?.trim() ?? '';
  if (text === '') return false;
  const found = SWITCH_WORDS.get(text.toLowerCase());
  if (found !== undefined) return found;
  throw new ConfigError([
    `${GLOBAL_VARIABLES[name]}: expected ${[...SWITCH_WORDS.keys()].join(', ')}, found ${showValue(text)}`,
  ]);
}
