/** The settings of the risk gate and its breakers, and the limits that they make. Meaning: docs/risk.md. */

import { z } from 'zod';

import { assert } from '../../core/base/assert.ts';
import { DAY_MS, MINUTE_MS, parseSpanMs } from '../../core/base/time.ts';
import { positiveAmount, setting, type SettingSpec, span } from './setting-spec.ts';

const LEVERAGE_MAXIMUM = 200;
const SPAN_MAXIMUM_MS = 366 * DAY_MS;
const AMOUNT_EXPECTED = 'a positive amount in USDT with at most 8 decimals';

const percent = z.number().gt(0).max(100);

/** From `BTCUSDT=0.5,ETHUSDT=4`, or a map of the file. */
const quantities = z
  .union([
    z.string().transform((text) => Object.fromEntries(text.split(',').map((part) => readPair(part)))),
    z.record(z.string(), z.unknown()),
  ])
  .pipe(z.record(z.string().regex(/^[A-Z0-9]{2,20}$/), positiveAmount));

function percentLimit(initial: number): SettingSpec<z.ZodNumber> {
  const expected = 'a number above 0 and up to 100';
  return setting({ schema: percent, expected, initial, textForm: 'number', flag: null });
}

const optionalPercent = setting({
  schema: percent.nullable(),
  expected: 'a number above 0 and up to 100',
  initial: null,
  textForm: 'number',
  flag: null,
});

const optionalAmount = setting({
  schema: positiveAmount.nullable(),
  expected: AMOUNT_EXPECTED,
  initial: null,
  textForm: 'text',
  flag: null,
});

const optionalLeverage = setting({
  schema: z.number().gt(0).max(LEVERAGE_MAXIMUM).nullable(),
  expected: `a number above 0 and up to ${LEVERAGE_MAXIMUM}`,
  initial: null,
  textForm: 'number',
  flag: null,
});

export const RISK_SETTINGS = {
  'risk.max_orders_per_second': setting({
    schema: z.int().min(1).max(1_000),
    expected: 'a whole number from 1 to 1000',
    initial: 10,
    textForm: 'number',
    flag: null,
  }),
  'risk.max_day_loss_percent': percentLimit(5),
  'risk.max_account_loss_percent': percentLimit(20),
  'risk.max_notional': optionalAmount,
  'risk.max_leverage': optionalLeverage,
  'risk.max_position': setting({
    schema: quantities.nullable(),
    expected: 'the largest position by symbol: a map, or text such as BTCUSDT=0.5,ETHUSDT=4',
    initial: null,
    textForm: 'text',
    flag: null,
  }),
  'risk.max_total_notional': optionalAmount,
  'risk.max_total_leverage': optionalLeverage,
  'risk.max_trade_loss_percent': optionalPercent,
  'risk.max_drawdown_percent': optionalPercent,
  'risk.max_consecutive_losses': setting({
    schema: z.int().min(1).max(1_000).nullable(),
    expected: 'a whole number from 1 to 1000',
    initial: null,
    textForm: 'number',
    flag: null,
  }),
  'risk.max_position_time': setting({
    schema: span(MINUTE_MS, 1_000, SPAN_MAXIMUM_MS).nullable(),
    expected: 'a span from 1s to 366d (a bare number is minutes)',
    initial: null,
    textForm: 'text',
    flag: null,
  }),
  'risk.cooldown': setting({
    schema: span(MINUTE_MS, 1_000, SPAN_MAXIMUM_MS),
    expected: 'a span from 1s to 366d (a bare number is minutes)',
    initial: '1h',
    textForm: 'text',
    flag: null,
  }),
} as const;

type RiskKey = keyof typeof RISK_SETTINGS;
export type RiskValues = { readonly [Key in RiskKey]: z.output<(typeof RISK_SETTINGS)[Key]['schema']> };

/** Amounts and quantities are decimal text; null = no such limit. */
export interface RiskSettings {
  readonly maxOrdersPerSecond: number;
  readonly maxDayLossPercent: number;
  readonly maxAccountLossPercent: number;
  /** USDT, of one position, beside leverage and tiers. */
  readonly maxNotional: string | null;
  /** Largest notional / equity of one position; the session's leverage unless configured. */
  readonly maxLeverage: number;
  /** Quantity by symbol. */
  readonly maxPosition: Readonly<Record<string, string>> | null;
  /** The same as the limits of one position, for all together. */
  readonly maxTotalNotional: string | null;
  readonly maxTotalLeverage: number | null;
  /** Of the equity: at an entry's own stop, and of what a trade in hand has lost. */
  readonly maxTradeLossPercent: number | null;
  /** Of the highest equity. */
  readonly maxDrawdownPercent: number | null;
  readonly maxConsecutiveLosses: number | null;
  readonly maxPositionTimeMs: number | null;
  /** How long a breaker (drawdown, losses in a row) keeps new risk away. */
  readonly cooldownMs: number;
}

/** Builds from checked values. */
export function buildRiskSettings(values: RiskValues, leverage: number): RiskSettings {
  const positionTime = values['risk.max_position_time'];
  return {
    maxOrdersPerSecond: values['risk.max_orders_per_second'],
    maxDayLossPercent: values['risk.max_day_loss_percent'],
    maxAccountLossPercent: values['risk.max_account_loss_percent'],
    maxNotional: values['risk.max_notional'],
    maxLeverage: values['risk.max_leverage'] ?? leverage,
    maxPosition: values['risk.max_position'],
    maxTotalNotional: values['risk.max_total_notional'],
    maxTotalLeverage: values['risk.max_total_leverage'],
    maxTradeLossPercent: values['risk.max_trade_loss_percent'],
    maxDrawdownPercent: values['risk.max_drawdown_percent'],
    maxConsecutiveLosses: values['risk.max_consecutive_losses'],
    maxPositionTimeMs: positionTime === null ? null : spanMs(positionTime),
    cooldownMs: spanMs(values['risk.cooldown']),
  };
}

function readPair(text: string): [string, string] {
  const [symbol = '', quantity = ''] = text.split('=');
  return [symbol.trim().toUpperCase(), quantity.trim()];
}

function spanMs(value: string | number): number {
  const ms = parseSpanMs(String(value), MINUTE_MS);
  assert(ms !== null, `a checked span, found ${value}`);
  return ms;
}
