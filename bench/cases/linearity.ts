/** Whether a row costs the same however many there are: replays with the quoting strategy of 1, 4 and 16 tiles. */

import type { BenchCase, Conclusion } from '../harness/bench-case.ts';
import { measureReplay } from './engine.ts';

const SIZES = [1, 4, 16] as const;
const GROWTH_MAX = 1.1;

function nameOf(tiles: number): string {
  return `${tiles} x`;
}

function growth(tiles: number): Conclusion {
  return {
    kind: 'ratio',
    label: `time a row at ${nameOf(tiles)} / at ${nameOf(1)}`,
    // Rates stand in inverse ratio to times.
    numerator: nameOf(1),
    denominator: nameOf(tiles),
    goal: { atMost: GROWTH_MAX },
  };
}

export const linearityCase: BenchCase = {
  name: 'linearity',
  title: 'time a row of the quoting replay at 1, 4 and 16 times the data',
  needsData: true,
  variants: SIZES.map((tiles) => ({
    name: nameOf(tiles),
    unit: 'rows',
    measure: () => measureReplay(true, tiles, false),
  })),
  sameWork: [],
  conclusions: [growth(4), growth(16)],
};
