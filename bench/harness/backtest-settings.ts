/** The settings of a backtest as `la backtest` has them, of nobody's configuration. */

import { tmpdir } from 'node:os';
import { loadSettings } from '../../src/app/config/load-settings.ts';
import type { Settings } from '../../src/app/config/settings.ts';

export function backtestSettings(flags: Readonly<Record<string, string>>): Settings {
  return loadSettings({
    ...{ workspace: tmpdir(), configFile: null, account: 'fresh', environment: {}, recorded: null },
    flags,
  });
}
