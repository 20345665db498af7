/** `la watch -- <run options>` */

import { ConfigError } from '../../app/config/config-error.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addWatchCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('watch')
    .description('run a paper session and start it again after a crash')
    .argument('[run-options...]', 'options of "la run", behind --')
    .addHelpText(
      'after',
      `
Starts "la run" with these options in a process of its own. After a crash, or a freeze of 15 s, it starts the next
session with the remaining duration, on the account as the dead one left it: at most 5 times in 10 minutes, a longer
while each time. Nothing is started again after a clean end, a refusal, a limit, a lost market or the kill switch.

SIGINT, SIGTERM, la stop and la kill end the session as they do under "la run", and nothing follows it.

Example:
  la watch -- --source simulated --duration 3d

Exit codes: those of the last session; 128 + n where signal n killed it.`,
    )
    .action(async (operands) => {
      const words = [...context.globalWords(), 'run', ...operands];
      const request = await context.readRun(words);
      if (request.isPreflight)
        throw new ConfigError(['--preflight: expected no such option behind "la watch"']);
      const { watchSession } = await import('../../app/watch.ts');
      const { settings, workspace } = request;
      return context.finish(
        watchSession(
          { words, workspace, durationMs: settings.durationMs, alerts: settings.alerts },
          context.io(),
        ),
      );
    });
}
