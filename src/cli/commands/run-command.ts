/** `la run` */

import { resolve } from 'node:path';

import { Option } from '@commander-js/extra-typings';

import { ConfigError } from '../../app/config/config-error.ts';
import { loadSettings } from '../../app/config/load-settings.ts';
import type { RecordedSettings } from '../../app/config/recorded-settings.ts';
import type { ProgramIo } from '../../app/program-io.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import type { RunRequest } from '../run-request.ts';
import { addSettingOptions, settingSources } from '../setting-options.ts';

/** What becomes of a checked command line; returns the exit code. */
export type HoldSession = (request: RunRequest, io: ProgramIo) => number | Promise<number>;

export function addRunCommand(program: AnyCommand, context: CommandContext, hold: HoldSession): void {
  const run = program.command('run').description('run a paper session');
  addSettingOptions(run);
  run
    .addOption(new Option('--fresh', 'open a new account and archive the old one').conflicts('resume'))
    .option('--resume', 'continue the interrupted session, with its own settings')
    .addOption(
      new Option(
        '--accept-change',
        'continue it also where program, strategy or settings are no longer its own',
      ),
    )
    .option('--preflight', 'check everything that the session needs, print the table, exit 0 or 1')
    .addHelpText(
      'after',
      `
Examples:
  la run --source simulated --duration 30s
  la run --symbol ETHUSDT --strategy pullback_ribbon --duration 3d
  la run --strategy ./my-strategy.ts --params '{"length": 20}'
  la run --source recording:data/btcusdt-20241105 --duration 10m --dashboard off
  la run --resume

Exit codes:
  0  ran its duration, or was stopped on request     5  market data lost for too long
  1  refused to start, or an unexpected error        6  a risk limit ended the session
  2  usage or configuration                          7  an invariant was violated
  3  fatal venue error                              99  kill switch
  4  a resource limit

Another terminal: la status, la stop, la kill.`,
    )
    .action(async (options) => {
      const account = 'fresh' in options ? 'fresh' : 'resume' in options ? 'resume' : 'continue';
      const { workspace } = context.globals();
      const acceptsChange = 'acceptChange' in options;
      if (acceptsChange && account !== 'resume')
        throw new ConfigError(['--accept-change: expected beside --resume, found alone']);
      const recorded = account === 'resume' ? await recordedSettings(workspace, acceptsChange) : null;
      const settings = loadSettings(settingSources(run, context, account, recorded));
      const request: RunRequest = { settings, workspace, isPreflight: 'preflight' in options };
      return context.finish(hold(request, context.io()));
    });
}

/** Only who continues a session pays for loading what reads it. */
async function recordedSettings(workspace: string, acceptsChange: boolean): Promise<RecordedSettings> {
  const { readRecordedSettings } = await import('../../app/interrupted-session.ts');
  return readRecordedSettings(resolve(workspace), acceptsChange);
}
