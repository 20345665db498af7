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
