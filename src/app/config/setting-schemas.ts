/**
 * Every setting of a session: its key, what it accepts, its default, and its spelling on the command line.
 *
 * The schemas take a value in the file's types and give it in the file's spelling, checked; `expected` says the same in words.
 * The environment variable of a key is `LA_` and the key in capitals with dots as underscores.
 */

import { z } from 'zod';

import {
  isInterval,
  MINUTE_MS,
  parseSpanMs,
  SECOND_MS,
  TRADE_INTERVALS,
  VENUE_INTERVALS,
} from '../../core/base/time.ts';
import { LIQUIDATION_DEFAULTS } from '../../core/exchange/exchange-settings.ts';
import { FEE_TIERS } from '../../core/exchange/fee-schedule.ts';
import { ALERT_SETTINGS } from './alert-settings.ts';
import { FILL_SETTINGS } from './fill-settings.ts';
import { RISK_SETTINGS } from './risk-settings.ts';
import { positiveAmount, setting, span, type TextForm, words } from './setting-spec.ts';

const SYMBOL_PATTERN = /^[A-Z0-9]{2,20}$/;
const SYMBOLS_MAXIMUM = 20;
const LEVERAGE_MAXIMUM = 200;
const DURATION_MAXIMUM_MS = 3_650 * 86_400_000;
const STALE_TIMEOUT_MAXIMUM_MS = 86_400_000;
const CALL_BUDGET_MINIMUM_MS = 10;
const CALL_BUDGET_MAXIMUM_MS = 60_000;
const FREEZE_TIMEOUT_MINIMUM_MS = 6_000;
const FREEZE_TIMEOUT_MAXIMUM_MS = 3_600_000;

const symbols = z
  .union([z.string().transform((text) => [text]), z.array(z.string())])
  .refine((list) => parseSymbols(list) !== null)
  .transform((list) => parseSymbols(list) ?? []);

/** Reads a delay such as `50ms`, a bare number in ms; null where the text is no span. */
export function parseDelayMs(text: string): number | null {
  return parseSpanMs(text, 1);
}

/** Folds symbols to upper case and drops repeats; null where one is no symbol, or there are none or too many. */
export function parseSymbols(list: readonly string[]): string[] | null {
  const unique = [...new Set(list.map((symbol) => symbol.trim().toUpperCase()))];
  const valid =
    unique.length > 0 &&
    unique.length <= SYMBOLS_MAXIMUM &&
    unique.every((symbol) => SYMBOL_PATTERN.test(symbol));
  return valid ? unique : null;
}

/** Splits `HOST:PORT`, the host of an IPv6 address in brackets; null where it is neither that nor a valid port. */
export function parseListenAddress(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** By configuration key. The order is that of `la config show`. */
export const SETTINGS = {
  source: setting({
    schema: z
      .string()
      .refine((text) => text === 'bitunix' || text === 'simulated' || /^recording:./.test(text)),
    expected: 'bitunix, simulated or recording:PATH',
    initial: 'bitunix',
    textForm: 'text',
    flag: '--source',
  }),
  symbols: setting({
    schema: symbols,
    expected: `1 to ${SYMBOLS_MAXIMUM} symbols of 2 to 20 letters and digits, such as BTCUSDT`,
    initial: ['BTCUSDT'],
    textForm: 'list',
    flag: '--symbol',
  }),
  interval: setting({
    schema: z.string().refine(isInterval),
    expected: `one of ${[...TRADE_INTERVALS, ...VENUE_INTERVALS].join(', ')}`,
    initial: '1m',
    textForm: 'text',
    flag: '--interval',
  }),
  strategy: setting({
    schema: z.string().min(1).max(4_096),
    expected: 'the name of a strategy or the path of a TypeScript file',
    initial: 'sma_cross',
    textForm: 'text',
    flag: '--strategy',
  }),
  params: setting({
    schema: z.union([z.record(z.string(), z.unknown()), z.string().min(1)]),
    expected: 'an object of strategy parameters, or the path of a JSON file with one',
    initial: {},
    textForm: 'text',
    flag: '--params',
  }),
  duration: setting({
    schema: z.union([z.literal('forever'), span(MINUTE_MS, 1, DURATION_MAXIMUM_MS)]),
    expected: 'a span such as 90s, 10m, 3d (a bare number is minutes), at most 3650d, or forever',
    initial: '10m',
    textForm: 'text',
    flag: '--duration',
  }),
  balance: setting({
    schema: positiveAmount,
    expected: 'a positive amount in USDT with at most 8 decimals',
    initial: '10000',
    textForm: 'text',
    flag: '--balance',
  }),
  seed: setting({
    schema: z.int().min(0).nullable(),
    expected: 'a whole number from 0 to 9007199254740991',
    initial: null,
    textForm: 'number',
    flag: '--seed',
  }),
  leverage: setting({
    schema: z.int().min(1).max(LEVERAGE_MAXIMUM),
    expected: `a whole number from 1 to ${LEVERAGE_MAXIMUM}`,
    initial: 5,
    textForm: 'number',
    flag: '--leverage',
  }),
  margin_mode: words(['isolated', 'cross'], 'isolated', '--margin-mode'),
  position_mode: words(['one_way', 'hedge'], 'one_way', null),
  fill_model: words(['book', 'parametric'], 'book', '--fill-model'),
  band: words(['on', 'off'], 'on', null),
  on_end: words(['flatten', 'keep'], 'flatten', '--on-end'),
  dashboard: setting({
    schema: z
      .union([z.string(), z.literal(false)])
      .transform((value) => (value === false ? 'off' : value))
      .refine((text) => text === 'off' || parseListenAddress(text) !== null),
    expected: 'HOST:PORT or off',
    initial: '127.0.0.1:8787',
    textForm: 'text',
    flag: '--dashboard',
  }),
  log_level: words(['debug', 'info', 'warning', 'error', 'critical'], 'info', '--log-level'),
  'market_data.stale_timeout': setting({
    schema: span(SECOND_MS, 1, STALE_TIMEOUT_MAXIMUM_MS),
    expected: 'a span such as 30s (a bare number is seconds), at most 1d',
    initial: '30s',
    textForm: 'text',
    flag: '--stale-timeout',
  }),
  'engine.min_history_bars': setting({
    schema: z.int().min(0).max(1_000_000),
    expected: 'a whole number from 0 to 1000000',
    initial: 100,
    textForm: 'number',
    flag: null,
  }),
  'engine.strategy_call_budget': setting({
    schema: span(1, CALL_BUDGET_MINIMUM_MS, CALL_BUDGET_MAXIMUM_MS),
    expected: 'a span from 10ms to 1m (a bare number is milliseconds), below resources.freeze_timeout',
    initial: '1s',
    textForm: 'text',
    flag: null,
  }),
  'checks.twin': words(['on', 'off'], 'off', null),
  ...FILL_SETTINGS,
  'liquidation.on_event': words(['end', 'continue'], LIQUIDATION_DEFAULTS.on_event, null),
  'liquidation.fee_rate': setting({
    schema: z.string().regex(/^0(\.\d{1,12})?$/),
    expected: 'a fraction of notional below 1, as "0.0006"',
    initial: LIQUIDATION_DEFAULTS.fee_rate,
    textForm: 'text',
    flag: null,
  }),
  'liquidation.tier_rule': words(['position', 'leverage'], LIQUIDATION_DEFAULTS.tier_rule, null),
  'fees.tier': setting({
    schema: z
      .int()
      .min(0)
      .max(FEE_TIERS.length - 1),
    expected: `a VIP tier from 0 to ${FEE_TIERS.length - 1}`,
    initial: 0,
    textForm: 'number',
    flag: null,
  }),
  ...RISK_SETTINGS,
  'resources.max_memory_mb': setting({
    schema: z.int().min(1).max(1_048_576),
    expected: 'a whole number of MiB from 1 to 1048576',
    initial: 1_024,
    textForm: 'number',
    flag: null,
  }),
  'resources.freeze_timeout': setting({
    schema: span(SECOND_MS, FREEZE_TIMEOUT_MINIMUM_MS, FREEZE_TIMEOUT_MAXIMUM_MS),
    expected: 'a span from 6s to 1h (a bare number is seconds)',
    initial: '30s',
    textForm: 'text',
    flag: null,
  }),
  ...ALERT_SETTINGS,
} as const;

export type SettingKey = keyof typeof SETTINGS;

/** Checked values in the file's spelling, by key. */
export type SettingValues = { readonly [Key in SettingKey]: z.output<(typeof SETTINGS)[Key]['schema']> };

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(SETTINGS, text);
}

/** Name of the environment variable of a key. */
export function settingVariable(key: SettingKey): string {
  return `LA_${key.toUpperCase().replaceAll('.', '_')}`;
}

/**
 * Turns text of a flag or a variable into the file's types. What does not have the form stays text, for the schema to
 * refuse by its own words.
 */
export function readSettingText(form: TextForm, text: string): unknown {
  switch (form) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'list':
      return text.split(',').map((part) => part.trim());
  }
}
