/** `la verify SESSION` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addVerifyCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('verify')
    .description('replay a session and hold everything it recorded against the replay')
    .argument('<session>', 'a session id, "latest", or the path of a session folder')
    .addHelpText(
      'after',
      `
Compared are the event log's own checks, the state after every block that said something, the state at the end, every row
of the journal, and the final report. A session that did not end by itself is verified as far as it came.

Examples:
  la verify latest
  la verify latest --json | jq .difference

Exit codes: 0 everything is identical, 7 something differs (the first event that does is named) or the recording is damaged,
1 the session still runs, has nothing to compare or its strategy does not come back, 2 there is no such session.`,
    )
    .action(async (session) => {
      const { verify } = await import('../../app/verify.ts');
      return context.finish(verify(context.globals().workspace, session, context.io()));
    });
}
