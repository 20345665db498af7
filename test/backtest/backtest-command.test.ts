/** `la backtest` from the command line to the files that it leaves. */

import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { madeUpCandles } from './made-up-candles.ts';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-backtest-'));
});
afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

async function la(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runProgram(['-w', workspace, ...words], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    isTty: false,
    environment: {},
  });
  return { code, out: out.join(''), err: err.join('') };
}

function candles(count = 400): string {
  const file = path.join(workspace, 'ethusdt-1m.csv');
  writeFileSync(file, madeUpCandles(count));
  return file;
}

describe('la backtest', () => {
  test('leaves what a session leaves, which the other commands read and verify', async () => {
    const { code, out, err } = await la('backtest', '--data', candles());
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/recording_ended, exit 0/);
    expect(out).toMatch(/Market +ETHUSDT from backtest:/);
    const id = path.basename(readlinkSync(path.join(workspace, 'runs/latest')));
    const folder = path.join(workspace, 'sessions', id);
    expect(readdirSync(folder).toSorted()).toEqual([
      ...['checkpoints.jsonl', 'equity.csv', 'events', 'final_report.json', 'journal.db'],
      ...['report.html', 'session.json', 'trades.csv'],
    ]);
    expect(readFileSync(path.join(folder, 'trades.csv'), 'utf8').split('\n').length).toBeGreaterThan(5);
    const verified = await la('verify', 'latest');
    expect(verified).toMatchObject({ code: 0, err: '' });
    const explained = await la('explain', `${id}-f1`);
    expect(explained.out).toMatch(/on the candles closed by then/);
    const rows = JSON.parse((await la('report', 'latest', '--format', 'json')).out) as { fills: unknown[] };
    expect(rows.fills.length).toBeGreaterThan(5);
  });

  test('gives the same for the same command, and takes seed and settings from where a session does', async () => {
    const data = candles();
    const run = async (...words: string[]): Promise<Record<string, unknown>> => {
      const { out } = await la('--json', 'backtest', '--data', data, ...words);
      return JSON.parse(out) as Record<string, unknown>;
    };
    const [one, same, other] = [await run(), await run(), await run('--seed', '2')];
    expect(same['ending_equity']).toBe(one['ending_equity']);
    expect(one['seed']).toBe(1);
    expect(other['ending_equity']).not.toBe(one['ending_equity']);
    writeFileSync(
      path.join(workspace, 'laptop-agents.yaml'),
      'balance: "500"\nengine: { min_history_bars: 400 }\n',
    );
    expect(await run()).toMatchObject({ starting_equity: '500', trades: 0 });
  });

  test('that a risk limit ends exits 6 and raises no alert in the workspace, which is a session’s', async () => {
    const limits = 'risk: { max_account_loss_percent: 0.001 }\n';
    writeFileSync(path.join(workspace, 'laptop-agents.yaml'), limits);
    const ended = await la('--json', 'backtest', '--data', candles());
    expect(ended).toMatchObject({ code: 6, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({ stopped_reason: 'max_loss', status: 'error' });
    expect(existsSync(path.join(workspace, 'logs'))).toBe(false);
  });

  test('comes to the same on candles that were imported', async () => {
    const data = candles();
    const imported = await la('data', 'import', data, '--symbol', 'ETHUSDT', '--name', 'ethusdt-1m');
    expect(imported).toMatchObject({ code: 0, err: '' });
    expect(imported.out).toMatch(/bars +400 rows/);
    const [fromFile, fromFolder] = await Promise.all(
      [data, path.join(workspace, 'data/ethusdt-1m')].map(async (from) => {
        const { out } = await la('--json', 'backtest', '--data', from);
        return JSON.parse(out) as Record<string, unknown>;
      }),
    );
    expect(fromFolder?.['fills']).toBeGreaterThan(5);
    expect(fromFolder?.['ending_equity']).toBe(fromFile?.['ending_equity']);
    expect((await la('data', 'ls')).out).toMatch(/dataset +ethusdt-1m +ETHUSDT/);
  });

  test('touches nothing of the workspace’s account, lock and logs, and is no session to resume', async () => {
    await la('backtest', '--data', candles());
    expect(['state', 'logs', '.agent'].filter((name) => existsSync(path.join(workspace, name)))).toEqual([]);
    const id = path.basename(readlinkSync(path.join(workspace, 'runs/latest')));
    const manifest = path.join(workspace, 'sessions', id, 'session.json');
    // As if it had been killed half way.
    const document = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
    writeFileSync(manifest, JSON.stringify({ ...document, stopped_reason: null, is_resumable: true }));
    const resumed = await la('run', '--resume');
    expect(resumed).toMatchObject({ code: 2 });
    expect(resumed.err).toMatch(/no session to continue/);
  });

  test.each([
    [[], 'a line that is none', /^.*:3: expected 6 fields, found 1\n$/],
    [['--interval', '5m'], null, /expected at least two whole bars of 5 minutes, found 0/],
    [
      ['--interval', '30s'],
      null,
      /--interval: the data has bars of 1 minutes, of which only whole multiples/,
    ],
    [['--from', 'yesterday'], null, /--from: expected a time such as 2025-03-01/],
    [['--from', '2027-01-01'], null, /no bars between --from and --to/],
    [['--funding', 'absent.csv'], null, /could not read absent.csv/],
  ])('exits 2 for %j with %j in the data', async (words, line, message) => {
    const data = candles(3);
    if (line !== null) writeFileSync(data, madeUpCandles(3).replace(/\n[^\n]*\n[^\n]*\n$/, `\n${line}\n`));
    const { code, err } = await la('backtest', '--data', data, ...words);
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(path.join(workspace, 'sessions'))).toBe(false);
  });
});
