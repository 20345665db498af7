/** `la journal rebuild SESSION` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addJournalCommand(program: AnyCommand, context: CommandContext): void {
  const journal = program.command('journal').description('the readable account of a session (journal.db)');
  journal
    .command('rebuild')
    .description('make journal.db anew from the event log, of which it is a projection')
    .argument('<session>', 'a session id, "latest", or the path of a session folder')
    .addHelpText(
      'after',
      `
Works where the journal was deleted or damaged; the old one stands until the new one is whole.

Example: la journal rebuild latest

Exit codes: 0 rebuilt, 1 the event log cannot be read, the session still runs or its strategy does not come back,
2 there is no such session.`,
    )
    .action(async (session) => {
      const { rebuildJournal } = await import('../../app/rebuild-journal.ts');
      return context.finish(rebuildJournal(context.globals().workspace, session, context.io()));
    });
}
