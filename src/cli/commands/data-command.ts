/** `la data ls`, `la data import`, `la data export`, `la data compact` */

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
    .command('import')
    .description('bring market data of other programs in: checked, as Parquet, ready for la backtest')
    .argument('<files...>', 'CSV, CSV.gz, zip, JSON, feather or npz files; several become one data set')
    .requiredOption('--symbol <symbol>', 'contract that the data is of')
    .option('--name <name>', 'name of the data set below data/ (default: the symbol)')
    .option('--format <format>', 'format, where it is not found out by itself')
    .option('--mark', 'the bars are of the mark price')
    .option('--skip-bad', 'leave out rows that cannot be, instead of importing nothing')
    .addHelpText(
      'after',
      `
Formats: binance-klines, binance-aggtrades, binance-trades, binance-funding (the public dumps, zipped or not), tardis-trades,
tardis-books (incremental_book_L2), freqtrade-json, freqtrade-feather, hftbacktest-npz, and klines, trades, aggtrades, funding in the columns of docs/backtest.md.
Gaps, duplicates, rows out of order and impossible candles are told with file and line.

Examples:
  la data import BTCUSDT-5m-2025-*.zip --symbol BTCUSDT --name btcusdt-5m
  la data import BTCUSDT-fundingRate-2025-*.zip --symbol BTCUSDT --name btcusdt-5m
  la backtest --data data/btcusdt-5m

Exit codes: 0 imported, 1 the files cannot be written, 2 they cannot be read or hold rows that cannot be.`,
    )
    .action(async (files: string[], options: Readonly<Record<string, unknown>>) => {
      const { importData } = await import('../../app/import-data.ts');
      const text = (name: string): string | null => {
        const value = options[name];
        return typeof value === 'string' ? value : null;
      };
      const request = {
        workspace: context.globals().workspace,
        files,
        symbol: text('symbol') ?? '',
        name: text('name'),
        format: text('format'),
        isMark: options['mark'] === true,
        skipsBad: options['skipBad'] === true,
      };
      return context.finish(importData(request, context.io()));
    });
  data
    .command('fetch')
    .description('candles, mark prices and settlements of the venue, as files that la backtest takes')
    .requiredOption('--symbol <symbol>', 'contract')
    .requiredOption('--from <time>', 'begin: 2025-03-01, an ISO time, or ms UTC')
    .option('--to <time>', 'end (default: now)')
    .option('--interval <interval>', 'length of the candles', '1m')
    .option('--name <name>', 'folder below data/ (default: symbol and interval)')
    .addHelpText(
      'after',
      `
Run it again to go on: what is there is kept. BITUNIX_REST_URL names another venue.

Example: la data fetch --symbol BTCUSDT --from 2025-01-01 --interval 5m

Exit codes: 0 fetched, 1 the files cannot be written, 2 usage, 3 the venue refuses or does not answer.`,
    )
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const { fetchHistory, readFetchRequest } = await import('../../app/fetch-history.ts');
      const request = readFetchRequest(options, context.globals().workspace, context.environment);
      return context.finish(fetchHistory(request, context.io()));
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
