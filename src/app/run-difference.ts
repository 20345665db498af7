/**
 * What differs between two runs, order by order, and why: a gap in the data, latency, the queue, the model, the strategy.
 *
 * The cause is the first that the records show, in this order: market data that only one run lacked; another intent; another
 * time on the way; another queue; another price or fee for the same arrival. Where an order exists in one run only, or its
 * intent differs without the settings of the strategy being others, it follows from an earlier difference or from the one
 * setting that was changed.
 */

import type { SessionStart } from '../core/domain/session-start.ts';
import type { FillRow, OrderRow, QualityRow } from '../ports/journal-rows.ts';
import {
  type AlignmentOptions,
  type DecidedOrder,
  type DecisionPair,
  alignOrders,
} from './order-alignment.ts';

export type DifferenceCause = 'data_gap' | 'latency' | 'queue' | 'model' | 'strategy';

/** One run as it is compared. */
export interface ComparedRun {
  readonly start: SessionStart;
  readonly orders: readonly DecidedOrder[];
  readonly quality: readonly QualityRow[];
}

export interface FieldDifference {
  readonly field: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface OrderDifference {
  readonly decision_time_ms: number;
  readonly symbol: string;
  readonly side: string;
  readonly type: string;
  readonly client_order_id: string | null;
  readonly order_a: string | null;
  readonly order_b: string | null;
  /** What differs; empty where only one run has the order. */
  readonly fields: readonly FieldDifference[];
  readonly cause: DifferenceCause;
  readonly because: string;
}

export interface RunDifference {
  readonly settings: readonly FieldDifference[];
  readonly orders: {
    readonly identical: number;
    readonly different: number;
    readonly only_a: number;
    readonly only_b: number;
  };
  readonly differences: readonly OrderDifference[];
}

/** Identity, not terms. */
const IGNORED_SETTINGS: ReadonlySet<string> = new Set([
  'session_id',
  'seed',
  'source',
  'market_ends_after_ms',
]);
/** Settings that are named as a cause. */
const NAMES_SHOWN = 3;
const INTENT_FIELDS = ['side', 'type', 'quantity', 'price', 'time_in_force', 'reduce_only'] as const;
const END_FIELDS = ['status', 'reason', 'filled_quantity', 'average_price'] as const;
const FILL_FIELDS = ['price', 'quantity', 'liquidity', 'fee', 'model'] as const;

export function compareRuns(a: ComparedRun, b: ComparedRun, options: AlignmentOptions): RunDifference {
  const settings = settingDifferences(a.start, b.start);
  const judge = new CauseJudge(a.quality, b.quality, settings, options.shiftMs);
  const counts = { identical: 0, different: 0, only_a: 0, only_b: 0 };
  const differences: OrderDifference[] = [];
  for (const pair of alignOrders(a.orders, b.orders, options)) {
    const some = pair.a ?? pair.b;
    if (some === null) continue;
    const fields =
      pair.a === null || pair.b === null ? [] : fieldDifferences(pair.a, pair.b, options.shiftMs);
    if (pair.a === null) counts.only_b++;
    else if (pair.b === null) counts.only_a++;
    else if (fields.length === 0) counts.identical++;
    else counts.different++;
    if (pair.a !== null && pair.b !== null && fields.length === 0) continue;
    const { order } = some;
    differences.push({
      decision_time_ms: order.decision_time_ms,
      symbol: order.symbol,
      side: order.side,
      type: order.type,
      client_order_id: order.client_order_id,
      order_a: pair.a?.order.order_id ?? null,
      order_b: pair.b?.order.order_id ?? null,
      fields,
      ...judge.causeOf(pair, fields, differences[0] ?? null),
    });
  }
  return { settings, orders: counts, differences };
}

/** Settings of the two starts that differ, by their dotted names; null = absent. */
function settingDifferences(a: SessionStart, b: SessionStart): FieldDifference[] {
  const left = flatten(a);
  const right = flatten(b);
  const names = [...new Set([...left.keys(), ...right.keys()])].toSorted();
  return names
    .filter((name) => !IGNORED_SETTINGS.has(name) && left.get(name) !== right.get(name))
    .map((field) => ({ field, a: left.get(field) ?? null, b: right.get(field) ?? null }));
}

function flatten(value: unknown, prefix = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      flatten(inner, prefix === '' ? key : `${prefix}.${key}`, into);
  } else {
    into.set(prefix, JSON.stringify(value));
  }
  return into;
}

function fieldDifferences(a: DecidedOrder, b: DecidedOrder, shiftMs: number): FieldDifference[] {
  const found: FieldDifference[] = [];
  const compare = (field: string, left: unknown, right: unknown): void => {
    if (left !== right) found.push({ field, a: textOf(left), b: textOf(right) });
  };
  for (const field of INTENT_FIELDS) compare(field, a.order[field], b.order[field]);
  compare('decision_time_ms', a.order.decision_time_ms, b.order.decision_time_ms + shiftMs);
  compare('travel_ms', travelMs(a.order), travelMs(b.order));
  for (const field of END_FIELDS) compare(field, a.order[field], b.order[field]);
  const fills = Math.max(a.fills.length, b.fills.length);
  for (let at = 0; at < fills; at++) {
    const [left, right] = [a.fills[at], b.fills[at]];
    for (const field of FILL_FIELDS)
      compare(`fill ${at + 1} ${field}`, left?.[field] ?? null, right?.[field] ?? null);
    compare(`fill ${at + 1} queue_ahead`, queueOf(left), queueOf(right));
    compare(
      `fill ${at + 1} time_ms`,
      left?.time_ms ?? null,
      right === undefined ? null : right.time_ms + shiftMs,
    );
  }
  return found;
}

function travelMs(order: OrderRow): number | null {
  return order.arrival_time_ms === null ? null : order.arrival_time_ms - order.decision_time_ms;
}

function queueOf(fill: FillRow | undefined): string | null {
  return fill?.queue_ahead_at_acceptance ?? null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? null
      : JSON.stringify(value);
}

interface Verdict {
  readonly cause: DifferenceCause;
  readonly because: string;
}

class CauseJudge {
  readonly #qualityA: readonly QualityRow[];
  readonly #qualityB: readonly QualityRow[];
  readonly #shiftMs: number;
  readonly #settings: readonly FieldDifference[];

  constructor(
    qualityA: readonly QualityRow[],
    qualityB: readonly QualityRow[],
    settings: readonly FieldDifference[],
    shiftMs: number,
  ) {
    this.#qualityA = qualityA;
    this.#qualityB = qualityB;
    this.#settings = settings;
    this.#shiftMs = shiftMs;
  }

  causeOf(pair: DecisionPair, fields: readonly FieldDifference[], first: OrderDifference | null): Verdict {
    const gap = this.#oneSidedGap(pair);
    if (gap !== null) return gap;
    const differs = (field: string): boolean => fields.some((found) => found.field === field);
    if (fields.length === 0 || INTENT_FIELDS.some(differs)) return this.#intent(first);
    if (differs('decision_time_ms')) return this.#intent(first);
    if (differs('travel_ms')) {
      const [a, b] = [pair.a, pair.b].map((decided) => (decided === null ? null : travelMs(decided.order)));
      return {
        cause: 'latency',
        because: `the order travelled ${a ?? 'unknown'} ms and ${b ?? 'unknown'} ms`,
      };
    }
    if (fields.some(({ field }) => field.endsWith('queue_ahead'))) {
      return { cause: 'queue', because: 'another quantity was ahead of it' };
    }
    const isMaker = [pair.a, pair.b].some((decided) =>
      decided?.fills.some(({ liquidity }) => liquidity === 'maker'),
    );
    const isModel = fields.some(({ field }) => field.endsWith(' model') || field.endsWith(' fee'));
    if (isMaker && !isModel)
      return { cause: 'queue', because: 'it arrived alike and was reached by other trades' };
    const changed = this.#changed('model');
    return { cause: 'model', because: changed ?? 'the same order at the same time was filled otherwise' };
  }

  /** Why a decision is another one, or there is none. */
  #intent(first: OrderDifference | null): Verdict {
    const own = this.#changed('strategy');
    if (own !== null) return { cause: 'strategy', because: own };
    if (first !== null) {
      const when = new Date(first.decision_time_ms).toISOString();
      return { cause: 'strategy', because: `follows from the difference at ${when} (${first.cause})` };
    }
    for (const cause of ['latency', 'queue', 'model'] as const) {
      const changed = this.#changed(cause);
      if (changed !== null) return { cause, because: changed };
    }
    return { cause: 'strategy', because: 'the strategy decided otherwise on what it saw' };
  }

  /** The settings of this kind that differ, as text. */
  #changed(cause: DifferenceCause): string | null {
    const names = this.#settings.map(({ field }) => field).filter((field) => causeOfSetting(field) === cause);
    if (names.length === 0) return null;
    const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
    return `${names.slice(0, NAMES_SHOWN).join(', ')}${more} differ${names.length === 1 ? 's' : ''}`;
  }

  #oneSidedGap(pair: DecisionPair): Verdict | null {
    const a = gapsWithin(this.#qualityA, spanOf(pair, 0));
    const b = gapsWithin(this.#qualityB, spanOf(pair, -this.#shiftMs));
    if (a.length === b.length) return null;
    const [gap] = a.length > b.length ? a : b;
    const side = a.length > b.length ? 'the first' : 'the second';
    return {
      cause: 'data_gap',
      because: `${side} run had ${gap?.kind ?? 'a gap'} on ${gap?.feed ?? 'its feed'}`,
    };
  }
}

function causeOfSetting(name: string): DifferenceCause {
  if (name.startsWith('strategy.') || name === 'interval' || name === 'min_history_bars') return 'strategy';
  if (name.includes('latency')) return 'latency';
  return name.includes('queue') ? 'queue' : 'model';
}

/** From the first decision to the last end of either order, in the time of one run. */
function spanOf({ a, b }: DecisionPair, shiftMs: number): readonly [number, number] {
  const orders = [a?.order, b?.order].filter((order) => order !== undefined);
  const from = Math.min(...orders.map((order) => order.decision_time_ms));
  const to = Math.max(...orders.map((order) => order.closed_time_ms ?? order.decision_time_ms));
  return [from + shiftMs, to + shiftMs];
}

/** What was wrong with the data; what only the shadows of a band did is no part of it. */
function gapsWithin(quality: readonly QualityRow[], [fromMs, toMs]: readonly [number, number]): QualityRow[] {
  return quality.filter((row) => row.feed !== 'band' && row.from_ms <= toMs && row.to_ms >= fromMs);
}
