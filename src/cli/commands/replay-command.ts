/** `la replay SESSION` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

export function addReplayCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('replay')
    .description('run a recorded session through the engine again')
    .argument('<session>', 'a session id, "latest", or the path of a session folder')
    .option('--out <dir>', 'an empty or new folder for the journal and the reports of the replay')
    .addHelpText(
      'after',
      `
The session itself is never written to. Its event log is all that is needed: a session can be replayed on another machine.
A user's own strategy is run from the copy in the session's folder, so replay sessions of people you trust.

Examples:
  la replay latest
  la replay 20261122-163900-4f2a --out /tmp/again

Exit codes: 0 replayed to the end of the recording, 1 the recording cannot be read or the strategy does not
come back, 2 there is no such session, 7 the engine fails on the recorded events.`,
    )
    .action(async (session, { out }) => {
      const { replay } = await import('../../app/replay.ts');
      const { workspace } = context.globals();
      return context.finish(replay({ workspace, operand: session, out: out ?? null }, context.io()));
    });
}
