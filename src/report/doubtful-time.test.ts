import { describe, expect, test } from 'vitest';
import { T0, gap } from '../../test/builders/sample-facts.ts';
import { measureDoubt } from './doubtful-time.ts';
import type { QualityRow } from '../ports/journal-rows.ts';

function stretch(fromS: number, toS: number, kind: QualityRow['kind'] = 'stale'): QualityRow {
  return { ...gap(0, false), kind, from_ms: T0 + fromS * 1_000, to_ms: T0 + toS * 1_000 };
}

/** Equity of 10,000 plus the given amounts, a sample a second. */
function samples(...amounts: number[]): { time_ms: number; equity: string }[] {
  return amounts.map((amount, second) => ({ time_ms: T0 + second * 1_000, equity: String(10_000 + amount) }));
}

const CURVE = samples(0, 1, 5, 4, 9, 9, 20);

describe('doubtful time', () => {
  test.each([
    ['nothing doubtful', [], 0, '0'],
    ['one stretch', [stretch(1, 3)], 2, '3'],
    ['a stretch between samples takes in the samples round it', [stretch(1.4, 1.6)], 0.2, '4'],
    ['two that overlap count once', [stretch(1, 3), stretch(2, 4, 'crossed')], 3, '8'],
    ['two apart are summed', [stretch(0, 1), stretch(3, 4, 'late')], 2, '6'],
    ['what lies outside of the session is cut off', [stretch(-60, 1), stretch(5, 900)], 2, '12'],
    ['a moment has no length', [stretch(2, 2, 'clock')], 0, '0'],
    ['a gap that was filled is no doubt', [gap(2_000, true)], 0, '0'],
    ['a gap that was not is', [gap(2_000, false)], 2, '5'],
  ] as const)('%s', (_what, quality, seconds, pnl) => {
    expect(measureDoubt(quality, CURVE)).toEqual({ seconds, pnl });
  });
});
