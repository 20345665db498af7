/**
 * Two groups of tests: unit tests beside the sources and the repository's own checks, in parallel; then the end-to-end
 * tests, one file at a time, because they start whole programs and measure their behaviour in time.
 */

import { defineConfig } from 'vitest/config';

/** The smallest machine that the project is developed on. */
const WORKERS_MAX = 2;

export default defineConfig({
  test: {
    globals: false,
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          maxWorkers: WORKERS_MAX,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          // Real processes and sockets share the machine with whatever else runs on it: a failure counts when it repeats.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
