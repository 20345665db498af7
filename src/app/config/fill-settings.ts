/** The settings of how the paper exchange fills, and the terms of a session that they make. Meaning: docs/fill-model.md. */

import { z } from 'zod';

import { assert } from '../../core/base/assert.ts';
import { parseSpanMs, SECOND_MS } from '../../core/base/time.ts';
import { DEFAULT_FILL_TERMS, type FillTerms } from '../../core/domain/fill-terms.ts';
import { setting, type SettingSpec, span, words } from './setting-spec.ts';

const LATENCY_MAXIMUM_MS = 60_000;
/** A full book weighs half a megabyte: no more often than this. */
const FULL_BOOK_MINIMUM_MS = 5_000;
const FULL_BOOK_MAXIMUM_MS = 3_600_000;
/** Full books in a row that may fail before the last one is no tail any more. */
const FULL_BOOKS_KEPT = 4;
const { latency, parametric } = DEFAULT_FILL_TERMS;

function latencySpan(initialMs: number): SettingSpec<z.ZodType<string | number, string | number>> {
  return setting({
    schema: span(1, 0, LATENCY_MAXIMUM_MS),
    expected: 'a span such as 100ms (a bare number is milliseconds), at most 60s',
    initial: `${initialMs}ms`,
    textForm: 'text',
    flag: null,
  });
}

function positive(initial: number, maximum: number): SettingSpec<z.ZodNumber> {
  return setting({
    schema: z.number().gt(0).max(maximum),
    expected: `a number above 0 and up to ${maximum}`,
    initial,
    textForm: 'number',
    flag: null,
  });
}

function basisPoints(initial: number): SettingSpec<z.ZodNumber> {
  return setting({
    schema: z.number().min(0).max(1_000),
    expected: 'a number of basis points from 0 to 1000',
    initial,
    textForm: 'number',
    flag: null,
  });
}

export const FILL_SETTINGS = {
  'exchange.request_latency': latencySpan(100),
  'exchange.response_latency': latencySpan(50),
  'latency.model': words(['constant', 'distribution', 'measured'], latency.model, null),
  'latency.minimum': latencySpan(latency.minimum_ms),
  'latency.request_p99': latencySpan(latency.request_p99_ms),
  'latency.response_p99': latencySpan(latency.response_p99_ms),
  'fills.queue_exponent': setting({
    schema: z.number().min(1).max(1_000),
    expected: 'a number from 1 to 1000',
    initial: DEFAULT_FILL_TERMS.queue_exponent,
    textForm: 'number',
    flag: null,
  }),
  'fills.full_book_interval': setting({
    schema: z.union([
      z.union([z.literal('off'), z.literal(false)]).transform(() => 'off' as const),
      span(SECOND_MS, FULL_BOOK_MINIMUM_MS, FULL_BOOK_MAXIMUM_MS),
    ]),
    expected: 'a span from 5s to 1h (a bare number is seconds), or off',
    initial: '30s',
    textForm: 'text',
    flag: null,
  }),
  'parametric.model': words(['linear', 'square_root'], parametric.model, null),
  'parametric.simulated_liquidity': positive(parametric.simulated_liquidity, 1e12),
  'parametric.coefficient': positive(parametric.coefficient, 100),
  'parametric.half_spread_bps': basisPoints(parametric.half_spread_bps),
  'parametric.max_slippage_bps': basisPoints(parametric.max_slippage_bps),
  'parametric.max_volume_share': positive(parametric.max_volume_share, 1),
} as const;

type FillKey = keyof typeof FILL_SETTINGS;
export type FillValues = { readonly [Key in FillKey]: z.output<(typeof FILL_SETTINGS)[Key]['schema']> };

export interface FillSettings {
  readonly requestLatencyMs: number;
  readonly responseLatencyMs: number;
  readonly fills: FillTerms;
  /** How often a full book is fetched; null = never. */
  readonly fullBookIntervalMs: number | null;
}

/** Builds from checked values. */
export function buildFillSettings(values: FillValues): FillSettings {
  const interval = values['fills.full_book_interval'];
  const fullBookIntervalMs = interval === 'off' ? null : spanMs(interval, SECOND_MS);
  return {
    requestLatencyMs: spanMs(values['exchange.request_latency'], 1),
    responseLatencyMs: spanMs(values['exchange.response_latency'], 1),
    fullBookIntervalMs,
    fills: {
      price_source: 'stream',
      latency: {
        model: values['latency.model'],
        minimum_ms: spanMs(values['latency.minimum'], 1),
        request_p99_ms: spanMs(values['latency.request_p99'], 1),
        response_p99_ms: spanMs(values['latency.response_p99'], 1),
      },
      queue_exponent: values['fills.queue_exponent'],
      tail_max_age_ms: (fullBookIntervalMs ?? 0) * FULL_BOOKS_KEPT,
      parametric: {
        model: values['parametric.model'],
        simulated_liquidity: values['parametric.simulated_liquidity'],
        coefficient: values['parametric.coefficient'],
        half_spread_bps: values['parametric.half_spread_bps'],
        max_slippage_bps: values['parametric.max_slippage_bps'],
        max_volume_share: values['parametric.max_volume_share'],
      },
    },
  };
}

/** Findings of settings that do not fit together: a distribution needs minimum < median < 99th percentile. */
export function checkFillSettings(settings: FillSettings): string[] {
  const { latency: terms } = settings.fills;
  if (terms.model !== 'distribution') return [];
  const legs = [
    ['request', settings.requestLatencyMs, terms.request_p99_ms],
    ['response', settings.responseLatencyMs, terms.response_p99_ms],
  ] as const;
  return legs
    .filter(([, medianMs, p99Ms]) => !(terms.minimum_ms < medianMs && medianMs < p99Ms))
    .map(
      ([leg, medianMs, p99Ms]) =>
        `latency.model: expected latency.minimum < exchange.${leg}_latency < latency.${leg}_p99 of a distribution, ` +
        `found ${terms.minimum_ms}, ${medianMs}, ${p99Ms} ms`,
    );
}

function spanMs(value: string | number, bareUnitMs: number): number {
  const ms = parseSpanMs(String(value), bareUnitMs);
  assert(ms !== null, `a checked span, found ${value}`);
  return ms;
}
