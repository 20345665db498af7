/** `la backtest` */

import type { BacktestRequest } from '../../app/backtest.ts';
import { ConfigError, showValue } from '../../app/config/config-error.ts';
import type { SettingKey } from '../../app/config/setting-schemas.ts';
import { pairFiles } from '../../app/market-files.ts';
import { parseUtcTime } from '../../app/config/utc-time.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, readSettings, settingSources } from '../setting-options.ts';

const OFFERED: ReadonlySet<SettingKey> = new Set<SettingKey>([
  'symbols',
  'interval',
  'strategy',
  'params',
  'balance',
  'seed',
  'leverage',
  'margin_mode',
  'fill_model',
  'on_end',
]);

export function addBacktestCommand(program: AnyCommand, context: CommandContext): void {
  const command = program.command('backtest').description('run a strategy over recorded data');
  addBacktestOptions(command);
  addSettingOptions(command, OFFERED);
  command
    .addHelpText(
      'after',
      `
The result lies in sessions/ID of the workspace and is read like a session's: la report latest, la explain FILL_ID, la verify
latest. The account of the workspace is not touched. Settings also come from laptop-agents.yaml and the environment.

Examples:
  la backtest --data btcusdt-5m.csv.gz --strategy sma_cross --params '{"fast": 50, "slow": 200}'
  la backtest --data btcusdt-1h.csv --funding funding.csv --mark mark-1h.csv --from 2025-01-01 --to 2025-04-01
  la backtest --data btcusdt-1h.csv --data ethusdt-1h.csv --strategy ./pairs.ts --margin-mode cross
  la backtest --data latest --strategy ./mine.ts        what another strategy would have made of the last session
  la backtest --data l2/binance-um-btcusdt-20230404T2358 --interval 5s
  la --json backtest --data btcusdt-1m.csv.gz --strategy ./mine.ts --balance 1000

Exit codes: those of a session ("la run --help"): 0 played to the end, 1 the strategy does not come back, 2 usage or data that
cannot be read, 6 a risk limit or a liquidation ended it.`,
    )
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const settings = readSettings(settingSources(command, context, 'fresh'), context);
      const { backtest } = await import('../../app/backtest.ts');
      const { workspace } = context.globals();
      const request = { settings, workspace, ...readBacktestOptions(options) };
      return context.finish(backtest(request, context.io()));
    });
}

/** The options that say what is played. */
export function addBacktestOptions(command: AnyCommand): void {
  command
    .requiredOption(
      '--data <path>',
      'candles or trades as CSV(.gz), the prefix of an order-book session, or a session; candles of several contracts one after the other',
      collect,
    )
    .option('--funding <file>', 'settlements: a CSV of funding_time_ms,funding_rate', collect)
    .option('--mark <file>', 'mark prices: a CSV of open_time_ms,open,high,low,close', collect)
    .option('--from <time>', 'begin here: 2025-03-01, an ISO time, or ms UTC; bars before it are history')
    .option('--to <time>', 'end here');
}

/** Throws ConfigError. */
export function readBacktestOptions(
  options: Readonly<Record<string, unknown>>,
): Omit<BacktestRequest, 'settings' | 'workspace'> {
  const text = (name: string): string | null => {
    const value = options[name];
    return typeof value === 'string' ? value : null;
  };
  const others = { funding: texts(options['funding']), mark: texts(options['mark']) };
  const [first, ...further] = pairFiles(texts(options['data']), others);
  return {
    ...(first ?? { data: '', funding: null, mark: null }),
    further,
    fromMs: readTime('--from', text('from')),
    toMs: readTime('--to', text('to')),
  };
}

/** An option that may be given again. */
export function collect(value: string, before: unknown): readonly string[] {
  return [...texts(before), value];
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Throws ConfigError. */
function readTime(flag: string, text: string | null): number | null {
  if (text === null) return null;
  const timeMs = parseUtcTime(text);
  if (timeMs === null)
    throw new ConfigError([
      `${flag}: expected a time such as 2025-03-01 or 2025-03-01T08:00Z, found ${showValue(text)}`,
    ]);
  return timeMs;
}
