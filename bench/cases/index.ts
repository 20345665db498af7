/** Every case, in the order in which they are run and printed. */

import type { BenchCase } from '../harness/bench-case.ts';
import { engineCase } from './engine.ts';
import { scanCase } from './scan.ts';

export const CASES: readonly BenchCase[] = [scanCase, engineCase];
