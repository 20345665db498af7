/** `la init` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addInitCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('init')
    .description('write a commented laptop-agents.yaml and an example strategy')
    .addHelpText(
      'after',
      '\nExit codes: 0 written, 1 nothing can be written there, 2 a file is there already (nothing is overwritten).\nExample: la init --workspace ./trading',
    )
    .action(async () => {
      const { initWorkspace } = await import('../../app/init.ts');
      return context.finish(initWorkspace(context.globals().workspace, context.io()));
    });
}
