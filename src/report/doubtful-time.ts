/**
 * Time in which the market data was doubtful, and what the account's equity did in it.
 *
 * Doubtful is every stretch of the quality ledger but gaps that were filled. A stretch is measured between the equity
 * samples that enclose it, so it takes in too much rather than too little; overlapping stretches count once.
 */

import { formatMoney, parseMoney } from '../core/domain/instrument.ts';
import { money } from '../core/domain/units.ts';
import type { QualityRow } from '../ports/journal-rows.ts';
import type { EquitySample } from './session-facts.ts';

export interface DoubtfulTime {
  readonly seconds: number;
  /** Change of equity, signed decimal text in USDT; part of the session's profit, not in addition to it. */
  readonly pnl: string;
}

/** From and to in ms UTC, or places in a list. */
export interface Span {
  from: number;
  to: number;
}

/** `samples` in the order of their times, the session's opening first and its ending last. */
export function measureDoubt(quality: readonly QualityRow[], samples: readonly EquitySample[]): DoubtfulTime {
  const startMs = samples[0]?.time_ms ?? 0;
  const endMs = samples.at(-1)?.time_ms ?? 0;
  const stretches = doubtfulStretches(quality, startMs, endMs);
  const places = union(stretches.map((stretch) => enclose(stretch, samples)));
  const changes = places.map(({ from, to }) => equityAt(samples, to) - equityAt(samples, from));
  return {
    seconds: lengthMs(stretches) / 1_000,
    pnl: formatMoney(money(changes.reduce((sum, change) => sum + change, 0n))),
  };
}

/** Stretches of bad data within a session, joined, in the order of time; a gap that was filled in later is none. */
export function doubtfulStretches(quality: readonly QualityRow[], startMs: number, endMs: number): Span[] {
  return union(
    quality
      .filter(({ kind, backfilled }) => kind !== 'gap' || !backfilled)
      .map(({ from_ms: from, to_ms: to }) => ({ from: Math.max(from, startMs), to: Math.min(to, endMs) }))
      .filter(({ from, to }) => to > from),
  );
}

/** Seconds that these stretches cover; what several cover at once counts once. */
export function secondsOf(stretches: readonly Pick<QualityRow, 'from_ms' | 'to_ms'>[]): number {
  return lengthMs(union(stretches.map(({ from_ms: from, to_ms: to }) => ({ from, to })))) / 1_000;
}

function lengthMs(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + (to - from), 0);
}

/** Places of the last sample at or before a stretch and of the first at or after it. */
function enclose({ from, to }: Span, samples: readonly Pick<EquitySample, 'time_ms'>[]): Span {
  return {
    from: Math.max(
      0,
      samples.findLastIndex(({ time_ms: timeMs }) => timeMs <= from),
    ),
    to: samples.findIndex(({ time_ms: timeMs }) => timeMs >= to),
  };
}

function equityAt(samples: readonly Pick<EquitySample, 'equity'>[], place: number): bigint {
  return parseMoney(samples[place]?.equity ?? '0');
}

/** Joins spans that overlap or touch. */
function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
