import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let workspace = '';
let space = '';
beforeAll(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-options-'));
  space = path.join(workspace, 'space.yaml');
  writeFileSync(space, 'params: {fast: [2]}\n');
  // Keeps a session from trading, not from reading its settings.
  writeFileSync(path.join(workspace, 'kill.txt'), '');
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

async function la(...words: readonly string[]): Promise<{ code: number; err: string }> {
  const err: string[] = [];
  const code = await runProgram(['-w', workspace, ...words], {
    stdout: { write: () => undefined },
    stderr: { write: (text) => err.push(text) },
    isTty: false,
    environment: { LA_MIN_HISTORY_BARS: '5s', LA_DATA_DIR: '/x' },
  });
  return { code, err: err.join('') };
}

test.each([
  ['run --source simulated --dashboard off', 99],
  ['config show', 0],
  ['alerts status', 0],
  ['backtest --data absent.csv', 2],
  ['check --data absent.csv', 2],
  ['sweep --dry-run --space SPACE', 0],
])('%s tells once of a variable that nothing reads', async (line, exitCode) => {
  const { code, err } = await la(...line.replace('SPACE', space).split(' '));
  expect(code).toBe(exitCode);
  expect(err.split('\n').filter((text) => text.startsWith('warning: '))).toEqual([
    'warning: LA_MIN_HISTORY_BARS: no setting has this variable, it is ignored (did you mean LA_ENGINE_MIN_HISTORY_BARS?)',
  ]);
});

test('commands that read no settings say nothing of it', async () => {
  expect((await la('explain', 'none-f1')).err).not.toContain('LA_MIN_HISTORY_BARS');
});
