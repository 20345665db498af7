/** The options of commands that read a session's settings. */

import { Option } from '@commander-js/extra-typings';

import { findUnknownVariables } from '../app/config/environment-variables.ts';
import { type SettingSources, loadSettings } from '../app/config/load-settings.ts';
import { SETTINGS, type SettingKey } from '../app/config/setting-schemas.ts';
import type { Settings } from '../app/config/settings.ts';
import type { ProgramIo } from '../app/program-io.ts';
import type { AnyCommand, CommandContext } from './command-context.ts';

interface SettingOption {
  readonly key: SettingKey;
  readonly placeholder: string;
  readonly description: string;
}

const SETTING_OPTIONS: readonly SettingOption[] = [
  {
    key: 'source',
    placeholder: '<source>',
    description: 'market data: bitunix, simulated or recording:PATH',
  },
  { key: 'symbols', placeholder: '<symbol>', description: 'instrument to trade; repeatable' },
  { key: 'interval', placeholder: '<interval>', description: 'bar interval of the strategy' },
  { key: 'strategy', placeholder: '<strategy>', description: 'built-in strategy, or ./FILE.ts of your own' },
  {
    key: 'params',
    placeholder: '<params>',
    description: 'strategy parameters: a JSON object, or a file with one',
  },
  {
    key: 'duration',
    placeholder: '<span>',
    description: '90s, 10m, 3d or forever; a bare number is minutes',
  },
  { key: 'balance', placeholder: '<usdt>', description: 'opening wallet of a new account' },
  {
    key: 'seed',
    placeholder: '<number>',
    description: 'seed of every random draw (default: drawn and recorded)',
  },
  { key: 'leverage', placeholder: '<number>', description: 'leverage of the account' },
  { key: 'margin_mode', placeholder: '<mode>', description: 'isolated or cross' },
  { key: 'fill_model', placeholder: '<model>', description: 'book or parametric' },
  {
    key: 'market_data.stale_timeout',
    placeholder: '<span>',
    description: 'market-data age that halts trading',
  },
  { key: 'on_end', placeholder: '<action>', description: 'the open position at the end: flatten or keep' },
  { key: 'dashboard', placeholder: '<address>', description: 'HOST:PORT of the dashboard, or off' },
];

/** Adds an option for each setting that has a flag (of `keys`, where given); the settings' own schemas check the values. */
export function addSettingOptions(command: AnyCommand, keys?: ReadonlySet<SettingKey>): void {
  for (const { key, placeholder, description } of SETTING_OPTIONS) {
    if (keys?.has(key) === false) continue;
    const { flag, initial } = SETTINGS[key];
    if (flag === null) continue;
    const isShort = typeof initial === 'string' || typeof initial === 'number' || Array.isArray(initial);
    const shown = isShort ? ` (default: ${String(initial)})` : '';
    const option = new Option(`${flag} ${placeholder}`, `${description}${shown}`);
    if (key === 'symbols') {
      option.argParser((text: string, former: readonly string[] | undefined) => [
        ...(former ?? []),
        ...text.split(','),
      ]);
    }
    command.addOption(option);
  }
}

/** Where the settings of a parsed command come from. */
export function settingSources(
  command: AnyCommand,
  context: CommandContext,
  account: SettingSources['account'],
  recorded: SettingSources['recorded'] = null,
): SettingSources {
  const { workspace, configFile, logLevel } = context.globals();
  const flags: Partial<Record<SettingKey, string | readonly string[]>> = {};
  for (const { key } of SETTING_OPTIONS) {
    const option = command.options.find(({ long }) => long === SETTINGS[key].flag);
    const value: unknown = option === undefined ? undefined : command.getOptionValue(option.attributeName());
    if (typeof value === 'string') flags[key] = value;
    else if (Array.isArray(value)) flags[key] = value.map(String);
  }
  if (logLevel !== null) flags.log_level = logLevel;
  return { workspace, configFile, flags, account, environment: context.environment, recorded };
}

/** Loads the settings, and says what was passed by. Throws ConfigError. */
export function readSettings(sources: SettingSources, context: CommandContext): Settings {
  const settings = loadSettings(sources);
  tellIgnoredVariables(sources.environment, context.io());
  return settings;
}

/** A variable that nothing reads may be a mistyped setting. */
export function tellIgnoredVariables(
  environment: SettingSources['environment'],
  { stderr }: ProgramIo,
): void {
  for (const sentence of findUnknownVariables(environment).ignored) stderr.write(`warning: ${sentence}\n`);
}
