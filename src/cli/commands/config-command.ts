/** `la config show`, `la config reference` */

import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, readSettings, settingSources } from '../setting-options.ts';

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
  la config show --leverage 3 --json

Exit codes: 0 shown, 2 the configuration is not valid.`,
    );
  addSettingOptions(show);
  show.action(async () => {
    const { showConfig } = await import('../../app/show-config.ts');
    const settings = readSettings(settingSources(show, context, 'continue'), context);
    return context.finish(showConfig(settings, context.io()));
  });
  config
    .command('reference')
    .description('print the description of every setting (docs/configuration.md)')
    .addHelpText('after', '\nExample:\n  la config reference | less\n\nExit codes: 0 printed.')
    .action(async () => {
      const { describeConfiguration } = await import('../../app/configuration-reference.ts');
      context.io().stdout.write(describeConfiguration());
      return context.finish(0);
    });
}
