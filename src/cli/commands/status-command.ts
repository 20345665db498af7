/** `la status` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addStatusCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('status')
    .description('tell what is running in the workspace')
    .addHelpText(
      'after',
      '\nExit codes: 0 a session runs here, 3 none does.\nExample: la status --json --workspace ~/paper',
    )
    .action(async () => {
      const { showStatus } = await import('../../app/status.ts');
      return context.finish(showStatus(context.globals().workspace, context.io(), Date.now()));
    });
}
