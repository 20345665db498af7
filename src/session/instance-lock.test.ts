import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { acquireInstanceLock, AlreadyRunning, findRunningSession, readLockHolder } from './instance-lock.ts';
import { processIdentity } from './process-identity.ts';
import { workspacePaths, type WorkspacePaths } from './workspace-paths.ts';

const OWNER = { sessionId: 's1', startedAt: '2026-11-22T16:39:00.123Z' };

/** Tries to take the lock of argv[1], says so in one line, and holds it until its input ends. */
const CONTENDER = `
const { acquireInstanceLock } = await import(${JSON.stringify(new URL('./instance-lock.ts', import.meta.url).href)});
const { workspacePaths } = await import(${JSON.stringify(new URL('./workspace-paths.ts', import.meta.url).href)});
try {
  const lock = acquireInstanceLock(workspacePaths(process.argv[1]), ${JSON.stringify(OWNER)});
  console.log(JSON.stringify({ won: true, tookOver: lock.tookOver }));
  process.stdin.resume().on('end', () => { lock.release(); process.exit(0); });
} catch (error) {
  console.log(JSON.stringify({ won: false, name: error.name, message: error.message }));
}
`;

interface Outcome {
  readonly won: boolean;
  readonly tookOver?: string | null;
  readonly name?: string;
  readonly message?: string;
}

let workspace: string;
let paths: WorkspacePaths;
let children: ChildProcess[];

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'la-lock-'));
  paths = workspacePaths(workspace);
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map(endChild));
  rmSync(workspace, { recursive: true });
});

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function contend(): Promise<{ child: ChildProcess; outcome: Outcome }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CONTENDER, workspace], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, outcome: JSON.parse(line) as Outcome };
}

test('lets exactly one of eight simultaneous starts win, round after round', async () => {
  for (let round = 0; round < 3; round++) {
    const contenders = await Promise.all(Array.from({ length: 8 }, contend));
    const winners = contenders.filter(({ outcome }) => outcome.won);
    expect(winners).toHaveLength(1);
    const pid = winners[0]?.child.pid;
    for (const { outcome } of contenders.filter((contender) => !contender.outcome.won)) {
      expect(outcome).toMatchObject({
        name: 'AlreadyRunning',
        message: `Already running (pid ${pid} since ${OWNER.startedAt})`,
      });
    }
    await Promise.all(contenders.map(({ child }) => endChild(child)));
  }
}, 60_000);

test('is free after kill -9 of its holder, and says from whom it was taken over', async () => {
  const { child } = await contend();
  await endChild(child);
  expect(existsSync(paths.lockFile)).toBe(true);
  const { outcome } = await contend();
  expect(outcome.won).toBe(true);
  expect(outcome.tookOver).toContain(`pid ${child.pid}`);
});

test('is still held by a holder that was stopped', async () => {
  const { child } = await contend();
  child.kill('SIGSTOP');
  const { outcome } = await contend();
  expect(outcome).toMatchObject({ won: false, name: 'AlreadyRunning' });
  expect(findRunningSession(paths)?.pid).toBe(child.pid);
});

test('is released by a clean end, which leaves no lock file', async () => {
  const { child } = await contend();
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
  expect(existsSync(paths.lockFile)).toBe(false);
  expect((await contend()).outcome).toEqual({ won: true, tookOver: null });
});

test('refuses a second session in the same process without losing the first one', async () => {
  const lock = acquireInstanceLock(paths, OWNER);
  const second = (): unknown => acquireInstanceLock(paths, OWNER);
  expect(second).toThrow(AlreadyRunning);
  expect(second).toThrow(`Already running (pid ${process.pid} since ${OWNER.startedAt})`);
  expect((await contend()).outcome.won).toBe(false);
  lock.release();
  lock.release();
  expect((await contend()).outcome.won).toBe(true);
});

test('outlasts a contender that gives up at once, so that two cannot make each other lose', async () => {
  mkdirSync(paths.agentDirectory);
  const brief = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1]);
    database.exec('BEGIN EXCLUSIVE');
    console.log('held');
    setTimeout(() => database.close(), 20);`;
  const child = spawn(process.execPath, ['-e', brief, paths.lockDatabase], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  const lock = acquireInstanceLock(paths, OWNER);
  expect(lock.tookOver).toBeNull();
  lock.release();
});

test('names its process in the lock file: pid first, then start time and session', () => {
  const lock = acquireInstanceLock(paths, OWNER);
  expect(readFileSync(paths.lockFile, 'utf8').split('\n')[0]).toBe(String(process.pid));
  expect(readLockHolder(paths)).toEqual({
    pid: process.pid,
    identity: processIdentity(process.pid),
    since: OWNER.startedAt,
    sessionId: 's1',
  });
  lock.release();
});

test('refuses where the lock file names a living process, even though the kernel lock is free', () => {
  mkdirSync(paths.agentDirectory);
  writeFileSync(
    paths.lockFile,
    `${process.ppid}\nprocess_start=${processIdentity(process.ppid)}\nstarted_at=T\n`,
  );
  expect(() => acquireInstanceLock(paths, OWNER)).toThrow(`Already running (pid ${process.ppid} since T)`);
  writeFileSync(paths.lockFile, `${process.ppid}\n`);
  expect(() => acquireInstanceLock(paths, OWNER)).toThrow(
    `Already running (pid ${process.ppid} since unknown)`,
  );
});

test.runIf(process.platform === 'linux')(
  'is not blocked by a living process that only has the pid of a dead holder',
  () => {
    mkdirSync(paths.agentDirectory);
    writeFileSync(paths.lockFile, `${process.ppid}\nprocess_start=earlier-boot:12345\n`);
    expect(findRunningSession(paths)).toBeNull();
    const lock = acquireInstanceLock(paths, OWNER);
    expect(lock.tookOver).toContain(`pid ${process.ppid}`);
    lock.release();
  },
);

test.runIf(process.platform === 'linux')(
  'does not take a dead process that nobody collected for a living one',
  async () => {
    // The shell becomes `sleep`, which never collects the child that the shell started before.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(parent);
    const [pid] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), { timeout: 20_000 }).toMatch(/\) Z /);
    mkdirSync(paths.agentDirectory);
    writeFileSync(paths.lockFile, `${pid}\n`);
    expect(findRunningSession(paths)).toBeNull();
  },
);

test.each(['', 'garbage', '-1\n', '0\n', '99999999999999\n'])(
  'takes over from a lock file that holds %j',
  (text) => {
    mkdirSync(paths.agentDirectory);
    writeFileSync(paths.lockFile, text);
    const lock = acquireInstanceLock(paths, OWNER);
    expect(lock.tookOver).not.toBeNull();
    lock.release();
  },
);

test('leaves a lock file alone that is not its own any more', () => {
  const lock = acquireInstanceLock(paths, OWNER);
  writeFileSync(paths.lockFile, '12345\n');
  lock.release();
  expect(readFileSync(paths.lockFile, 'utf8')).toBe('12345\n');
});

test('is freed also where its file cannot be read or removed any more', async () => {
  const lock = acquireInstanceLock(paths, OWNER);
  rmSync(paths.lockFile);
  mkdirSync(paths.lockFile);
  lock.release();
  rmSync(paths.lockFile, { recursive: true });
  expect((await contend()).outcome.won).toBe(true);
});
