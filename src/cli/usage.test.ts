/** What a command line, the environment and the workspace may be, and where a mistake in them is told to stand. */

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProgram } from './program.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const SIMULATED = ['run', '--source', 'simulated', '--dashboard', 'off', '--duration', '1s'];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-usage-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function la(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runProgram(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    isTty: false,
    environment,
  });
  return { code, out, err };
}

describe('options of every command', () => {
  test.each([
    ['a level that is none', ['--log-level', 'loud'], '--log-level: expected debug, info'],
    ['a workspace without a name', ['--workspace', ''], '--workspace: expected a directory, found ""'],
  ])('refuse %s, whatever the command reads of them', async (_, words, sentence) => {
    for (const command of ['status', 'stop', 'kill']) {
      const { code, err } = await la([command, ...words]);
      expect(code).toBe(2);
      expect(err).toContain(sentence);
    }
  });

  test('come from the environment where they are not given', async () => {
    const other = path.join(folder, 'other.yaml');
    writeFileSync(other, 'leverage: 3\n');
    const environment = { LA_WORKSPACE: folder, LA_CONFIG: other, LA_JSON: 'TRUE' };
    const status = await la(['status'], environment);
    expect(JSON.parse(status.out)).toMatchObject({
      running: false,
      message: `No session runs in ${folder}.`,
    });
    const shown = JSON.parse((await la(['config', 'show'], environment)).out) as Record<string, unknown>;
    expect(shown['leverage']).toEqual({ value: 3, origin: `${other}:1:11` });
    const given = path.join(folder, 'given');
    expect((await la(['status', '-w', given], { LA_WORKSPACE: folder })).out).toContain(given);
    expect(await la(['status'], { LA_JSON: 'maybe' })).toMatchObject({
      code: 2,
      err: 'LA_JSON: expected true, 1, false, 0, found "maybe"\n',
    });
  });

  test('a variable is also named like the flag of its setting', async () => {
    const { out } = await la(['config', 'show', '--json', '-w', folder], { LA_STALE_TIMEOUT: '7s' });
    const shown = JSON.parse(out) as Record<string, unknown>;
    expect(shown['market_data.stale_timeout']).toEqual({ value: '7s', origin: 'LA_STALE_TIMEOUT' });
  });
});

describe('a strategy that cannot be made is told where it was asked for', () => {
  test.each([
    ['params: {fast: -1}\n', 'laptop-agents.yaml:1:9: fast: ', ', found -1\n'],
    ['params: {fats: 3}\n', 'laptop-agents.yaml:1:9: expected a known parameter, found "fats"\n', ''],
    ['# none\nstrategy: nosuch\n', 'laptop-agents.yaml:2:11: expected one of sma_cross', 'found nosuch\n'],
  ])('in the file: %j', async (text, opening, ending) => {
    writeFileSync(path.join(folder, 'laptop-agents.yaml'), text);
    const { code, err } = await la([...SIMULATED, '-w', folder]);
    expect(code).toBe(2);
    expect(err.startsWith(opening)).toBe(true);
    expect(err.endsWith(ending)).toBe(true);
  });

  test('in a variable, and as a flag', async () => {
    const asVariable = await la([...SIMULATED, '-w', folder], { LA_PARAMS: '{"fast":"x"}' });
    expect(asVariable.err).toMatch(/^LA_PARAMS: fast: .*, found "x"\n$/);
    const asFlag = await la([...SIMULATED, '-w', folder, '--params', '{"fast":0}']);
    expect(asFlag.err).toMatch(/^--params: fast: .*, found 0\n$/);
  });
});

describe('with --json a refusal is an answer too, under the names of a report', () => {
  test.each([
    ['a setting', ['--leverage', '0'], 'config_invalid', 2, '--leverage: expected'],
    ['an option', ['--leverge', '3'], 'config_invalid', 2, "unknown option '--leverge'"],
    ['a kill switch', [], 'kill_switch', 99, 'nothing was traded'],
  ])('%s', async (_, words, reason, exitCode, sentence) => {
    writeFileSync(path.join(folder, 'kill.txt'), '');
    const { code, out, err } = await la(['--json', ...SIMULATED, '-w', folder, ...words]);
    expect(code).toBe(exitCode);
    expect(err).toContain(sentence);
    expect(JSON.parse(out)).toEqual({
      session_id: null,
      status: reason === 'kill_switch' ? 'killed' : 'error',
      stopped_reason: reason,
      exit_code: exitCode,
      findings: [expect.stringContaining(sentence)],
    });
  });
});

test('below a file there is no session, and nothing can be written: sentences, no stack', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  for (const command of ['status', 'stop', 'kill']) expect((await la([command, '-w', file])).code).toBe(3);
  const { code, err } = await la(['init', '-w', file]);
  expect(code).toBe(1);
  expect(err).toContain(`could not write into ${file}: `);
});

test.each(['logs', 'state', '.agent', 'sessions', 'runs'])(
  'a workspace with a file for its folder %s does not start: exit 1',
  async (name) => {
    writeFileSync(path.join(folder, name), '');
    const { code, err } = await la([...SIMULATED, '-w', folder]);
    expect(code).toBe(1);
    expect(err).toContain(`could not use the workspace ${folder}: `);
    if (name !== 'logs')
      expect(readFileSync(path.join(folder, 'logs/alert.txt'), 'utf8')).toContain(
        'critical workspace_unwritable: ',
      );
  },
);

test.skipIf(process.getuid?.() !== 0 || process.platform === 'win32')(
  'a workspace whose logs belong to somebody else does not start: exit 1',
  () => {
    mkdirSync(path.join(folder, 'logs'));
    // Root may write anywhere; the program is run as nobody.
    const nobody = 65_534;
    spawnSync('chmod', ['777', folder]);
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...SIMULATED, '-w', folder], {
      uid: nobody,
      gid: nobody,
      encoding: 'utf8',
    });
    expect(stderr).toContain(`could not use the workspace ${folder}: EACCES`);
    expect(status).toBe(1);
  },
);

describe.skipIf(!existsSync('/dev/full'))('output that cannot be written', () => {
  function runFull(...args: string[]): { status: number | null; stderr: string } {
    const full = openSync('/dev/full', 'w');
    try {
      return spawnSync(process.execPath, [MAIN, ...args], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
        cwd: folder,
      });
    } finally {
      closeSync(full);
    }
  }

  test('fails a command whose result it was', () => {
    const { status, stderr } = runFull('config', 'show');
    expect(stderr).toContain('stdout cannot be written: ENOSPC');
    expect(status).toBe(1);
  });

  test('ends no session: its result stands in its files', () => {
    const { status, stderr } = runFull(...SIMULATED);
    expect(stderr).toContain('stdout cannot be written: ENOSPC');
    expect(status).toBe(0);
    expect(readFileSync(path.join(folder, 'runs/latest/final_report.json'), 'utf8')).toContain(
      '"stopped_reason": "duration_reached"',
    );
    expect(existsSync(path.join(folder, 'logs/alert.txt'))).toBe(false);
  });
});
