/**
 * Four groups of tests: unit tests beside the sources and the repository's own checks, and those over real sockets, child
 * processes and timers, in parallel; then the end-to-end tests that mostly wait, side by side; then those that measure a
 * program's behaviour in time, one file at a time.
 */

import { defineConfig } from 'vitest/config';

/** The smallest machine that the project is developed on. */
const WORKERS_MAX = 2;
/** Real processes and sockets share the machine with whatever else runs on it: a failure counts when it repeats. */
const LIVE_RETRIES = 1;

/** Parts whose tests talk over real sockets, to child processes, or in real time. All others are repeatable: no retries. */
const LIVE_TESTS = [
  'src/alerts/**/*.test.ts',
  'src/app/alert-delivery.test.ts',
  'src/server/**/*.test.ts',
  'src/session/**/*.test.ts',
  'src/venues/**/*.test.ts',
  'test/sweep-queue.test.ts',
];

/** End-to-end tests that start programs, wait, and look at what they left: another program beside them changes nothing. */
const WAITING_TESTS = [
  'backtest',
  'damaged-session',
  'external-venue',
  'funding',
  'impact',
  'liquidation',
  'machine-faults',
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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/e2e/**', ...LIVE_TESTS],
          maxWorkers: WORKERS_MAX,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: LIVE_TESTS,
          maxWorkers: WORKERS_MAX,
          retry: LIVE_RETRIES,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-waiting',
          include: WAITING_TESTS,
          maxWorkers: WORKERS_MAX,
          retry: LIVE_RETRIES,
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
          retry: LIVE_RETRIES,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
