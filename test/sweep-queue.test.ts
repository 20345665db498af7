/**
 * Sweeps over Redis with real worker processes, one of which is killed in the middle of its trials.
 *
 * Needs a Redis server on the machine: skipped where there is none.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSettings } from '../src/app/config/load-settings.ts';
import { QueueRunner } from '../src/app/sweep/queue-runner.ts';
import { parseSweepSpace } from '../src/app/sweep/sweep-space.ts';
import { sweep } from '../src/app/sweep/sweep.ts';
import { ThreadRunner } from '../src/app/sweep/thread-runner.ts';
import { connectRedis, openQueue } from '../src/app/sweep/trial-queue.ts';
import type { TrialRunner } from '../src/app/sweep/trial-runner.ts';
import { SeededRandom } from '../src/core/base/random.ts';
import type { SweepDocument } from '../src/report/sweep-html.ts';
import { captureIo } from './builders/captured-io.ts';

const PROGRAM = fileURLToPath(new URL('../bin/la.js', import.meta.url));
const BARS = 4_000;
const SPACE = `
data: btcusdt.csv
params: {fast: {from: 2, to: 14, step: 2}, slow: {from: 20, to: 60, step: 10}}
score: pnl
`;
const TRIALS = 35;
/** The best trial again with the chance in its fills drawn anew. */
const DRAWS = 20;

const hasRedis = ((): boolean => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A port that nobody listens on, nor is given by the system. */
const DEAD_PORT = 2;
/** Ports are free only until somebody else takes them. */
const PORT_TRIES = 5;

let folder = '';
let market = '';
let url = '';
const started: ChildProcess[] = [];
const workers: ChildProcess[] = [];

beforeAll(async () => {
  if (!hasRedis) return;
  folder = mkdtempSync(path.join(tmpdir(), 'la-queue-'));
  const random = new SeededRandom(31);
  const rows = ['open_time_ms,open,high,low,close,volume'];
  let price = 60_000;
  for (let bar = 0; bar < BARS; bar++) {
    const close = Math.round((price + random.nextNormal() * 40) * 10) / 10;
    const [low, high] = [Math.min(price, close) - 5, Math.max(price, close) + 5];
    rows.push(
      `${Date.UTC(2026, 0, 1) + bar * 60_000},${price},${high.toFixed(1)},${low.toFixed(1)},${close},25.5`,
    );
    price = close;
  }
  market = `${rows.join('\n')}\n`;
  writeFileSync(path.join(folder, 'btcusdt.csv'), market);
  for (let tries = 1; url === ''; tries++) {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    try {
      await untilSaid(start('redis-server', options), /Ready to accept connections/);
      url = `redis://127.0.0.1:${port}`;
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
});

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(command: string, words: readonly string[]): ChildProcess {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

function startWorker(): ChildProcess {
  const worker = start(process.execPath, [PROGRAM, 'sweep-worker', url, '--threads', '1']);
  workers.push(worker);
  return worker;
}

/** Ends a process as the kernel would, and gives the signal that it died of. */
function killed(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.once('exit', (_, signal) => resolve(signal));
    child.kill('SIGKILL');
  });
}

/** Resolves when the process has written something like `pattern`, on either stream. */
function untilSaid(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer): void => {
      said += text.toString();
      if (pattern.test(said)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function runSweep(openRunner: () => Promise<TrialRunner>): Promise<SweepDocument> {
  const io = captureIo(true);
  const settings = loadSettings({
    workspace: folder,
    configFile: null,
    flags: { strategy: 'sma_cross' },
    account: 'fresh',
    environment: {},
    recorded: null,
  });
  const space = parseSweepSpace(SPACE, path.join(folder, 'space.yaml'));
  expect(await sweep({ settings, space, workspace: folder, openRunner }, io), io.err()).toBe(0);
  return JSON.parse(io.out()) as SweepDocument;
}

describe.skipIf(!hasRedis)('a sweep over Redis', { timeout: 120_000 }, () => {
  test('comes to what one thread comes to, though a worker is killed among its trials', async () => {
    // An attempt before this one may have left its results.
    const connection = await connectRedis(url, 'test');
    await connection.flushall();
    connection.disconnect();
    const [doomed, other] = [startWorker(), startWorker()];
    let isOver = false;
    const death = untilSaid(doomed, /done \{/).then(() => {
      expect(isOver).toBe(false);
      return killed(doomed);
    });
    // Both, or one alone may have done everything before the other begins.
    await Promise.all([doomed, other].map((worker) => untilSaid(worker, /Ready for trials/)));
    const spread = await runSweep(() => QueueRunner.open(url));
    isOver = true;
    expect(await death).toBe('SIGKILL');
    expect(spread.trials).toHaveLength(TRIALS);
    const alone = await runSweep(() => Promise.resolve(new ThreadRunner(1)));
    expect(spread.trials).toEqual(alone.trials);
    expect(spread.warnings).toEqual(alone.warnings);
  });

  test('runs no trial twice: asked again with no worker alive, it has every result', async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    const again = await runSweep(() => QueueRunner.open(url));
    expect(again.trials).toHaveLength(TRIALS);
  });

  test('tells what is waiting and what is done', () => {
    const words = [PROGRAM, '--json', 'sweep-worker', url, '--status'];
    const counts = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as unknown;
    expect(counts).toMatchObject({ completed: TRIALS + DRAWS, waiting: 0, active: 0, failed: 0 });
  });

  test('is refused by a worker with another engine, or another strategy', async () => {
    const worker = startWorker();
    await untilSaid(worker, /Ready for trials/);
    const connection = await connectRedis(url, 'test');
    const queue = openQueue(connection);
    const [known] = await queue.getCompleted(0, 0);
    if (known === undefined) throw new Error('the queue holds no trial');
    const changes = [
      ['engineHash', /another engine: install the same version/],
      ['strategyHash', /another sma_cross/],
    ] as const;
    for (const [name, words] of changes) {
      const refused = untilSaid(worker, words);
      const job = await queue.add('trial', { ...known.data, [name]: 'other' }, { jobId: `strange-${name}` });
      await refused;
      expect(await job.getState()).not.toBe('completed');
    }
    worker.kill('SIGKILL');
    await queue.close();
    connection.disconnect();
  });

  test('is refused by a worker whose data differs, in its own words', async () => {
    const file = path.join(folder, 'btcusdt.csv');
    writeFileSync(file, market);
    const settings = { fast: 3, slow: 9 };
    const worker = startWorker();
    await untilSaid(worker, /Ready for trials/);
    const io = captureIo();
    const base = loadSettings({
      workspace: folder,
      configFile: null,
      flags: { strategy: 'sma_cross' },
      account: 'fresh',
      environment: {},
      recorded: null,
    });
    const space = parseSweepSpace(`data: ${file}\nparams: ${JSON.stringify(settings)}`, file);
    const openRunner = async (): Promise<TrialRunner> => {
      const runner = await QueueRunner.open(url);
      writeFileSync(
        file,
        'open_time_ms,open,high,low,close,volume\n1767225600000,1,1,1,1,1\n1767225660000,1,1,1,1,1\n',
      );
      // The market was opened and hashed before; the worker reads the file as it is now.
      return runner;
    };
    expect(await sweep({ settings: base, space, workspace: folder, openRunner }, io)).toBe(2);
    expect(io.err()).toMatch(/a worker refused trial 1: this worker has other data in .*btcusdt.csv/);
  });
});

test('a queue that is not there is a sentence, without the password', async () => {
  await expect(QueueRunner.open(`redis://user:hidden@127.0.0.1:${DEAD_PORT}`)).rejects.toThrow(
    `--workers: expected a Redis server at redis://127.0.0.1:${DEAD_PORT}, found: `,
  );
});
