/** `la config show` */

import { loadSettings } from '../../app/config/load-settings.ts';
import { showConfig } from '../../app/show-config.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, settingSources } from '../setting-options.ts';

export function addConfigCommand(program: AnyCommand, context: CommandContext): void {
  const config = program.command('config').description('look at the configuration');
  const show = config
    .command('show')
    .description('print the effective configuration with the origin of each value')
    .addHelpText(
      'after',
      `
Precedence: flag, then environment (LA_LEVERAGE, LA_RISK_MAX_LEVERAGE, …), then configuration file, then default.

Examples:
  la config show
  la config show --leverage 3 --json`,
    );
  addSettingOptions(show);
  show.action(() =>
    context.finish(showConfig(loadSettings(settingSources(show, context, 'continue')), context.io())),
  );
}
