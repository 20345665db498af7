import { expect, test } from 'vitest';
import { uniteStretches } from './stretch-shading.ts';

test('stretches that overlap or touch are shaded once', () => {
  const stretches = [
    { fromMs: 50, toMs: 60 },
    { fromMs: 0, toMs: 10 },
    { fromMs: 5, toMs: 20 },
    { fromMs: 20, toMs: 25 },
    { fromMs: 6, toMs: 7 },
  ];
  expect(uniteStretches(stretches)).toEqual([
    { fromMs: 0, toMs: 25 },
    { fromMs: 50, toMs: 60 },
  ]);
});
