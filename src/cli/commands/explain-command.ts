/** `la explain FILL_ID` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addExplainCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('explain')
    .description('explain a fill: what was decided on, what the order met, why it filled, what it cost')
    .argument('<fill-id>', 'the id of a fill, as in "la report SESSION --format json"')
    .option(
      '--session <session>',
      'look only there: a session id, "latest", or the path of a session folder (default: the latest session, then all others)',
    )
    .addHelpText(
      'after',
      `
With --json the receipt is printed as one object.

Examples:
  la explain 20261122-164000-a1b2-f1
  la explain 20261122-164000-a1b2-f1 --json | jq .costs

Exit codes: 0 explained, 1 the fill has no readable receipt, 2 there is no such fill or session.`,
    )
    .action(async (fillId, { session }) => {
      const { explain } = await import('../../app/explain.ts');
      return context.finish(explain(context.globals().workspace, fillId, session ?? null, context.io()));
    });
}
