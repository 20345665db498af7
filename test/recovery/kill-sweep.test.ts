/**
 * A real SIGKILL at the write sites of a session: whatever is left, going on from it comes to the same end, to the unit.
 *
 * A few sites in CI; `LA_LONG=1` kills at every one of them, at most {@link POINTS_MAX}. Needs strace; says so where it is not there.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const DRIVER = fileURLToPath(new URL('crash-driver.ts', import.meta.url));
const SYSCALLS = [
  'write',
  'pwrite64',
  'fsync',
  'fdatasync',
  'ftruncate',
  'rename',
  'unlink',
  'mkdir',
] as const;
const POINTS_MAX = 600;
const POINTS = process.env['LA_LONG'] === '1' ? POINTS_MAX : 5;
const LIMIT_MS = process.env['LA_LONG'] === '1' ? 14_400_000 : 180_000;
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

const root = mkdtempSync(path.join(tmpdir(), 'la-sweep-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Site {
  readonly call: (typeof SYSCALLS)[number];
  /** The n-th one of the main thread. */
  readonly at: number;
}

/** Runs the driver under strace with these options; returns its exit code or signal, and what it said last. */
function drive(
  workspace: string,
  options: readonly string[],
): { readonly end: string; readonly last: string } {
  const { status, signal, stdout } = spawnSync(
    'strace',
    ['-f', ...options, process.execPath, DRIVER, workspace],
    { encoding: 'utf8' },
  );
  return { end: String(signal ?? status), last: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

/** Every call of the main thread after the workspace was first touched: before that nothing can be lost. */
function findSites(trace: string, workspace: string): Site[] {
  const lines = trace.split('\n');
  const main = lines[0]?.split(' ')[0] ?? '';
  const counts = new Map<string, number>();
  const sites: Site[] = [];
  let isTouched = false;
  for (const line of lines) {
    const found = /^(\d+) +([a-z0-9]+)\(/.exec(line);
    const call = SYSCALLS.find((name) => name === found?.[2]);
    if (found?.[1] !== main || call === undefined) continue;
    const at = (counts.get(call) ?? 0) + 1;
    counts.set(call, at);
    isTouched ||= line.includes(workspace);
    if (isTouched) sites.push({ call, at });
  }
  return sites;
}

/** What a thread of the pool does for a snapshot, in this order. */
const SNAPSHOT_CALLS = ['fsync', 'rename'] as const;

test.skipIf(!HAS_STRACE)(
  'a session killed within the writing of a snapshot goes on to the same end from the one before',
  () => {
    const folderOf = (workspace: string): string => path.join(workspace, 'sessions/sweep/snapshots');
    const calm = path.join(root, 'calm-snapshots');
    execFileSync('mkdir', [calm]);
    const last = execFileSync(process.execPath, [DRIVER, calm], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
      .at(-1);
    const names = readdirSync(folderOf(calm)).toSorted();
    expect(names.length).toBeGreaterThan(1);
    const newest = names.at(-1) ?? '';
    for (const call of SNAPSHOT_CALLS) {
      const workspace = path.join(root, `snapshot-${call}`);
      execFileSync('mkdir', [workspace]);
      const file = path.join(folderOf(workspace), `${newest}.tmp`);
      const inject = ['-P', file, '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL`];
      expect(drive(workspace, ['-o', '/dev/null', ...inject]).end).toMatch(/^(?:SIGKILL|137)$/);
      expect(readdirSync(folderOf(workspace))).toContain(`${newest}.tmp`);
      expect(readdirSync(folderOf(workspace))).not.toContain(newest);
      const after = spawnSync(process.execPath, [DRIVER, workspace], { encoding: 'utf8' });
      expect({ stderr: after.stderr, last: after.stdout.trimEnd().split('\n').at(-1) }).toEqual({
        stderr: '',
        last,
      });
    }
  },
  LIMIT_MS,
);

test.skipIf(!HAS_STRACE)(
  'a session killed at any write goes on to the same end',
  () => {
    const traceFile = path.join(root, 'trace');
    const calm = path.join(root, 'calm');
    execFileSync('mkdir', [calm]);
    const reference = drive(calm, ['-y', '-o', traceFile, '-e', `trace=${SYSCALLS.join(',')}`]);
    expect(reference.end).toBe('0');
    const sites = findSites(readFileSync(traceFile, 'utf8'), calm);
    expect(sites.length).toBeGreaterThan(500);
    const stride = Math.max(1, Math.ceil(sites.length / POINTS));
    let killed = 0;
    for (let point = Math.floor(stride / 2); point < sites.length; point += stride) {
      const site = sites[point];
      if (site === undefined) break;
      const workspace = path.join(root, `at-${point}`);
      execFileSync('mkdir', [workspace]);
      const inject = ['-e', `trace=${site.call}`, '-e', `inject=${site.call}:signal=SIGKILL:when=${site.at}`];
      const { end } = drive(workspace, ['-o', '/dev/null', ...inject]);
      if (end === 'SIGKILL' || end === '137') killed++;
      const after = spawnSync(process.execPath, [DRIVER, workspace], { encoding: 'utf8' });
      const last = after.stdout.trimEnd().split('\n').at(-1);
      expect({ site, stderr: after.stderr, last }).toEqual({ site, stderr: '', last: reference.last });
      rmSync(workspace, { recursive: true });
    }
    process.stdout.write(
      `${killed} kills at ${sites.length} write sites, every ${stride}th: 0 differences\n`,
    );
    expect(killed).toBeGreaterThanOrEqual(POINTS * 0.8);
  },
  LIMIT_MS,
);
