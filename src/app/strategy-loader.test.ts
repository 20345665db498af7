import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LA = fileURLToPath(new URL('../../bin/la.js', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-strategy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// In a process of its own: the test runner has a loader of its own.
test('a strategy file that does not parse is refused with its line, without a stack trace', () => {
  const file = path.join(folder, 'torn.ts');
  writeFileSync(file, 'export const a: number = 1;\n\nconst = 3;\n');
  const options = ['run', '--strategy', file, '--workspace', folder, '--dashboard', 'off'];
  const { status, stderr } = spawnSync(process.execPath, [LA, ...options], { encoding: 'utf8' });
  expect(stderr).toContain(`${file}:3 cannot be loaded: Unexpected token`);
  expect(stderr).not.toContain('    at ');
  expect(status).toBe(2);
});

const CANDLES = [
  'open_time_ms,open,high,low,close,volume',
  ...Array.from({ length: 10 }, (_, at) => `${1_735_689_600_000 + at * 60_000},100,101,99,100,5`),
].join('\n');

/** A backtest of a strategy with one handler. */
function backtest(handler: string, ...options: readonly string[]) {
  const data = path.join(folder, 'candles.csv');
  const file = path.join(folder, 'mine.ts');
  writeFileSync(data, CANDLES);
  writeFileSync(
    file,
    `import { defineStrategy } from 'laptop-agents';
     import { z } from 'zod';
     export default defineStrategy({
       name: 'mine', params: z.strictObject({}), historyBars: () => 1, create: () => ({ ${handler} }),
     });`,
  );
  const words = ['backtest', '--data', data, '--strategy', file, '--workspace', folder, ...options];
  return spawnSync(process.execPath, [LA, ...words], { encoding: 'utf8' });
}

test('a strategy that fails in a backtest is told with its reason, and what it prints stays out of the result', () => {
  const { status, stdout, stderr } = backtest(
    `onBar() { console.log('here'); throw new Error('boom'); }`,
    '--json',
  );
  const result = JSON.parse(stdout) as { readonly error_count: number; readonly notes: readonly string[] };
  expect(result.notes).toEqual([
    `strategy_error: Strategy mine failed in onBar; its signal is lost: boom (${result.error_count} times)`,
  ]);
  expect(result.error_count).toBeGreaterThan(5);
  expect(stderr).toContain('here\n');
  expect(status).toBe(0);
});

test('a strategy that ends the process has not succeeded', () => {
  const { status, stderr } = backtest('onBar() { process.exit(0); }');
  expect(stderr).toContain('the process was ended before the command was done');
  expect(status).toBe(1);
});
