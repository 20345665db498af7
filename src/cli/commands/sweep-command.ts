/** `la sweep` */

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { ConfigError, showValue } from '../../app/config/config-error.ts';
import type { SettingKey } from '../../app/config/setting-schemas.ts';
import type { TrialRunner } from '../../app/sweep/trial-runner.ts';
import type { SweepSpace } from '../../app/sweep/sweep-space.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, readSettings, settingSources } from '../setting-options.ts';
import { collect, texts } from './backtest-command.ts';

const OFFERED: ReadonlySet<SettingKey> = new Set<SettingKey>([
  'symbols',
  'interval',
  'strategy',
  'params',
  'balance',
  'seed',
  'leverage',
  'margin_mode',
  'on_end',
]);

const THREADS_MAX = 256;

export function addSweepCommand(program: AnyCommand, context: CommandContext): void {
  const command = program
    .command('sweep')
    .description('many backtests over a space of parameters')
    .requiredOption('--space <file>', 'what to look through: a YAML or JSON file (see docs/sweeps.md)')
    .option('--data <path>', 'data, as for la backtest (default: the data of the space)', collect)
    .option('--funding <file>', 'settlements, as for la backtest', collect)
    .option('--mark <file>', 'mark prices, as for la backtest', collect)
    .option('--threads <number>', 'threads of this machine (default: one a processor)')
    .option('--workers <redis-url>', 'run the trials on the sweep-workers of this queue: redis://HOST:PORT')
    .option('--dry-run', 'print the trials and run none');
  addSettingOptions(command, OFFERED);
  command
    .addHelpText(
      'after',
      `
The space names data, strategy and what varies:

  data: btcusdt-5m.csv.gz
  strategy: sma_cross
  params: {fast: [5, 10, 20], slow: {from: 30, to: 120, step: 30}}
  score: sharpe                          # or pnl, profit_factor, pnl_over_drawdown
  search: grid                           # or {random: 200, seed: 1}
  walk_forward: {train: 30d, test: 10d}  # optional

The result lies in sweeps/ID of the workspace: sweep.json, trials.csv and report.html with a map of the parameters.

Examples:
  la sweep --space space.yaml --dry-run
  la sweep --space space.yaml --threads 4

Exit codes: 0 all trials ran, 1 a strategy does not come back, 2 usage or data that cannot be read.`,
    )
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const { readSweepSpace } = await import('../../app/sweep/sweep-space.ts');
      const text = (name: string): string | null => {
        const value = options[name];
        return typeof value === 'string' ? value : null;
      };
      const space = withFiles(readSweepSpace(text('space') ?? ''), options);
      const sources = settingSources(command, context, 'fresh');
      const { strategy } = space;
      const flags =
        strategy === null || sources.flags.strategy !== undefined
          ? sources.flags
          : { ...sources.flags, strategy };
      const settings = readSettings({ ...sources, flags }, context);
      const threads = readThreads(text('threads'));
      const { sweep, listTrials } = await import('../../app/sweep/sweep.ts');
      if (options['dryRun'] === true) return context.finish(listTrials(space, context.io()));
      const workers = text('workers');
      const openRunner = async (): Promise<TrialRunner> => {
        if (workers !== null) {
          const { QueueRunner } = await import('../../app/sweep/queue-runner.ts');
          return QueueRunner.open(workers);
        }
        const { ThreadRunner } = await import('../../app/sweep/thread-runner.ts');
        return new ThreadRunner(threads);
      };
      const { workspace } = context.globals();
      return context.finish(sweep({ settings, space, workspace, openRunner }, context.io()));
    });
}

/** The space with the files named as flags, which win. */
function withFiles(space: SweepSpace, options: Readonly<Record<string, unknown>>): SweepSpace {
  const files = (name: 'data' | 'funding' | 'mark'): readonly string[] => {
    const given = texts(options[name]);
    return given.length === 0 ? space[name] : given.map((file) => path.resolve(file));
  };
  return { ...space, data: files('data'), funding: files('funding'), mark: files('mark') };
}

/** Throws ConfigError. */
export function readThreads(given: string | null): number {
  if (given === null) return Math.min(THREADS_MAX, availableParallelism());
  const threads = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (threads < 1 || threads > THREADS_MAX)
    throw new ConfigError([
      `--threads: expected a whole number from 1 to ${THREADS_MAX}, found ${showValue(given)}`,
    ]);
  return threads;
}
