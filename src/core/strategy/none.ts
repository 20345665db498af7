/** The strategy that does nothing: its session ends with the equity it began with, to the last unit. */

import { z } from 'zod';
import { defineStrategy } from './strategy.ts';

export const none = defineStrategy({
  name: 'none',
  params: z.strictObject({}),
  historyBars: () => 0,
  state: () => ({}),
  create: () => ({}),
});
