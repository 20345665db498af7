/** `la stop` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addStopCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('stop')
    .description('stop the running session gracefully and wait until it has ended')
    .addHelpText(
      'after',
      '\nExample: la stop --workspace ~/paper\n\nExit codes: 0 the session has ended, 1 it did not within 30 s, 3 none runs here.',
    )
    .action(async () => {
      const { stopSession } = await import('../../app/end-session.ts');
      return context.finish(stopSession(context.globals().workspace, context.io()));
    });
}
