/**
 * Three groups of tests: unit tests beside the sources and the repository's own checks, in parallel; then the end-to-end
 * tests that mostly wait, side by side; then those that measure a program's behaviour in time, one file at a time.
 */

import { defineConfig } from 'vitest/config';

/** The smallest machine that the project is developed on. */
const WORKERS_MAX = 2;
/** Real processes and sockets share the machine with whatever else runs on it: a failure counts when it repeats. */
const E2E_RETRIES = 1;

/** End-to-end tests that start programs, wait, and look at what they left: another program beside them changes nothing. */
const WAITING_TESTS = [
  'backtest',
  'external-venue',
  'funding',
  'impact',
  'liquidation',
  'recording-oracle',
  'refusals',
  'replay',
  'report-page',
  'resume',
  'session',
  'strategy-budget',
  'warm-up',
].map((name) => `test/e2e/${name}.test.ts`);

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
          name: 'e2e-waiting',
          include: WAITING_TESTS,
          maxWorkers: WORKERS_MAX,
          retry: E2E_RETRIES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: WAITING_TESTS,
          fileParallelism: false,
          retry: E2E_RETRIES,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
