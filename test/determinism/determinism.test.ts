/**
 * The same events in other processes and under other settings of V8 (interpreted only, compiled at once but never optimized,
 * another seed of hashes): the same outputs to the last digit. Floating point, hash orders and compilers must not show.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { type Outcome, outcomeOf } from '../builders/outcome-hash.ts';
import { syntheticEvents, syntheticStart } from '../builders/synthetic-events.ts';

const SEED = 2_026;
const DURATION_MS = 60_000;
const GOLDEN_LOG = fileURLToPath(new URL('../golden/event-log-v2', import.meta.url));
const ENTRY = fileURLToPath(new URL('print-outcome.ts', import.meta.url));

let folder = '';
/** One file of plain JavaScript: without a compiler, Node cannot strip types either. */
let script = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-determinism-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: ENTRY,
      outDir: folder,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'print.mjs' } },
    },
  });
  script = path.join(folder, 'print.mjs');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('outputs and state are the same in every process and under every setting of V8', async () => {
  const here = {
    synthetic: outcomeOf(syntheticEvents(syntheticStart(SEED, DURATION_MS))),
    recorded: outcomeOf(new EventLogReader(GOLDEN_LOG)),
  };
  expect(here.synthetic.end).toBe('duration_reached');
  expect(here.synthetic.outputs['fill']).toBeGreaterThan(10);
  const settings = [[], [], ['--jitless'], ['--no-opt', '--always-sparkplug', '--random-seed=7']];
  for (const flags of settings) {
    const there = await printOutcome(flags, SEED);
    expect(there, `node ${flags.join(' ')}`).toEqual(here);
  }
  const other = await printOutcome([], SEED + 1);
  expect(other.synthetic.state_hash).not.toBe(here.synthetic.state_hash);
});

async function printOutcome(
  flags: readonly string[],
  seed: number,
): Promise<{ synthetic: Outcome; recorded: Outcome }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    script,
    String(seed),
    String(DURATION_MS),
    GOLDEN_LOG,
  ]);
  return JSON.parse(stdout) as { synthetic: Outcome; recorded: Outcome };
}
