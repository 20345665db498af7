/** `la completion bash|zsh|fish` */

import { Argument } from '@commander-js/extra-typings';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { completionScript, SHELLS } from '../completion.ts';

export function addCompletionCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(la completion bash)                                  in ~/.bashrc
  la completion zsh > "\${fpath[1]}/_la"                         before compinit
  la completion fish > ~/.config/fish/completions/la.fish

Exit codes: 0 printed, 2 another shell.`,
    )
    .action((shell) => {
      context.io().stdout.write(completionScript(program, shell));
      return context.finish(0);
    });
}
