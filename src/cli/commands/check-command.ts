/** `la check` */

import type { SettingKey } from '../../app/config/setting-schemas.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, readSettings, settingSources } from '../setting-options.ts';
import { addBacktestOptions, readBacktestOptions } from './backtest-command.ts';

const OFFERED: ReadonlySet<SettingKey> = new Set<SettingKey>([
  'symbols',
  'interval',
  'strategy',
  'params',
  'balance',
  'seed',
]);

export function addCheckCommand(program: AnyCommand, context: CommandContext): void {
  const command = program
    .command('check')
    .description('look whether the backtests of a strategy can be believed');
  addBacktestOptions(command);
  addSettingOptions(command, OFFERED);
  command
    .addHelpText(
      'after',
      `
Runs the strategy over the data some nine times and compares what it decides:

  state      run again in the same process: it keeps nothing between runs
  lookahead  with the future cut off: the past stays the same
  recursive  with more history than it declares: its decisions do not change

A strategy that reads the future from a file of its own is not caught.

Example:
  la check --data btcusdt-5m.csv.gz --strategy ./mine.ts

Exit codes: 0 nothing was found, 1 a check caught the strategy or it does not come back, 2 usage or data that cannot be read.`,
    )
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const settings = readSettings(settingSources(command, context, 'fresh'), context);
      const { checkStrategy } = await import('../../app/check-strategy.ts');
      const { workspace } = context.globals();
      const request = { settings, workspace, ...readBacktestOptions(options) };
      return context.finish(checkStrategy(request, context.io()));
    });
}
