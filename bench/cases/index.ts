/** Every case, in the order in which they are run and printed. */

import type { BenchCase } from '../harness/bench-case.ts';
import { barsCase } from './bars.ts';
import { bandCase } from './band.ts';
import { bookCase } from './book.ts';
import { decodeBookCcxtCase } from './decode-book-ccxt.ts';
import { decodeCase } from './decode.ts';
import { engineCase } from './engine.ts';
import { l2Case } from './l2.ts';
import { latencyCase } from './latency.ts';
import { linearityCase } from './linearity.ts';
import { memoryCase } from './memory.ts';
import { replayCase } from './replay.ts';
import { restingCase } from './resting.ts';
import { scanCase } from './scan.ts';
import { sweepCase } from './sweep.ts';

export const CASES: readonly BenchCase[] = [
  scanCase,
  decodeCase,
  bookCase,
  decodeBookCcxtCase,
  engineCase,
  bandCase,
  replayCase,
  barsCase,
  sweepCase,
  l2Case,
  restingCase,
  latencyCase,
  linearityCase,
  memoryCase,
];
