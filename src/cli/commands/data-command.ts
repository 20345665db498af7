/** `la data ls`, `la data export`, `la data compact` */

import type { AnyCommand, CommandContext } from '../command-context.ts';

const SESSION = 'a session id, "latest", or the path of a session folder';

export function addDataCommand(program: AnyCommand, context: CommandContext): void {
  const data = program
    .command('data')
    .description('what was recorded: list it, take it out, make it smaller');
  data
    .command('ls')
    .description('list sessions and data sets of the workspace with span, rows and size')
    .addHelpText(
      'after',
      '\nExample: la data ls --json | jq .\n\nExit codes: 0 listed, 1 a folder cannot be read.',
    )
    .action(async () => {
      const { listData } = await import('../../app/list-data.ts');
      return context.finish(listData(context.globals().workspace, context.io()));
    });
  data
    .command('export')
    .description(
      'write a session as Parquet: trades, book levels, bars, marks, funding, orders, fills, ledger, equity',
    )
    .argument('<session>', SESSION)
    .requiredOption('--out <dir>', 'folder for the files; may hold exports of other sessions')
    .addHelpText(
      'after',
      `
Files lie in TABLE/symbol=…/date=YYYY-MM-DD/ (zstd); docs/replay.md lists the columns.

Examples:
  la data export latest --out ./export
  duckdb -c "SELECT symbol, sum(quantity) FROM read_parquet('export/trades/**/*.parquet') GROUP BY symbol"

Exit codes: 0 exported, 1 the session cannot be read or the files not be written, 2 there is no such session.`,
    )
    .action(async (session, { out }) => {
      const { exportData } = await import('../../app/export-data.ts');
      return context.finish(exportData(context.globals().workspace, session, out, context.io()));
    });
  data
    .command('compact')
    .description('compress the event log of a finished session more strongly; its events stay the same')
    .argument('<session>', SESSION)
    .addHelpText(
      'after',
      `
The log is verified while it is read, and the new one is read back before it takes its place.

Example: la data compact 20261122-163900-4f2a

Exit codes: 0 compacted, 1 the session has not ended or its log cannot be read, 2 there is no such session.`,
    )
    .action(async (session) => {
      const { compactSession } = await import('../../app/compact-session.ts');
      return context.finish(compactSession(context.globals().workspace, session, context.io()));
    });
}
