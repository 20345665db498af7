/** `la kill` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addKillCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('kill')
    .description('throw the kill switch: the session cancels, flattens and exits 99')
    .addHelpText(
      'after',
      `
Writes kill.txt into the workspace. The file stays, and no session starts there until you remove it.

Example: la kill && rm kill.txt

Exit codes: 0 the session has ended, 1 it did not within 30 s, 3 none runs here.`,
    )
    .action(async () => {
      const { killSession } = await import('../../app/end-session.ts');
      return context.finish(killSession(context.globals().workspace, context.io()));
    });
}
