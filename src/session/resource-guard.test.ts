import { closeSync, openSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import type { OpenFiles } from './open-files.ts';
import { countOpenFiles } from './open-files.ts';
import { ResourceGuard } from './resource-guard.ts';

let lines: string[];
let limits: string[];
let freeMb: number | null;
let files: OpenFiles | null;
let guard: ResourceGuard;

beforeEach(() => {
  lines = [];
  limits = [];
  freeMb = 50_000;
  files = { open: 40, limit: 1_024 };
  guard = new ResourceGuard({
    logger: { log: (level, event, msg) => void lines.push(`${level} ${event}: ${msg}`) },
    maxMemoryMb: 200,
    freeDiskMb: () => freeMb,
    openFiles: () => files,
    onLimit: (reason, detail) => void limits.push(`${reason}: ${detail}`),
  });
});

test('says nothing while everything is within its limits, or not known', () => {
  guard.check(200);
  freeMb = null;
  files = null;
  for (let check = 0; check < 20; check++) guard.check(null);
  expect([...lines, ...limits]).toEqual([]);
});

test('asks for the end once when memory passes its limit', () => {
  guard.check(200.1);
  guard.check(300);
  expect(lines).toEqual(['critical high_memory: High Memory']);
  expect(limits).toEqual(['memory_limit: 200.1 MiB resident, the limit is 200']);
});

test('warns of a short disk, again when it was free in between, and stops at the reserve', () => {
  freeMb = 1_023;
  guard.check(1);
  guard.check(1);
  freeMb = 2_000;
  guard.check(1);
  freeMb = 64;
  guard.check(1);
  expect(limits).toEqual([]);
  freeMb = 63.6;
  guard.check(1);
  guard.check(1);
  expect(lines).toEqual([
    'warning disk_low: Disk space is short',
    'warning disk_low: Disk space is short',
    'critical disk_full: Disk Full',
  ]);
  expect(limits).toEqual(['disk_full: 64 MiB free, the reserve is 64']);
});

test('warns of open files near their limit, once for each time', () => {
  const checkOften = (): void => {
    for (let check = 0; check < 10; check++) guard.check(1);
  };
  files = { open: 900, limit: 1_024 };
  checkOften();
  files = { open: 100, limit: 1_024 };
  checkOften();
  expect(lines).toEqual(['warning open_files: Open files are near their limit']);
  files = { open: 900, limit: 1_024 };
  checkOften();
  expect(lines).toHaveLength(2);
  expect(limits).toEqual([]);
});

test.runIf(process.platform === 'linux')('counts the files that this process holds open', () => {
  const before = countOpenFiles();
  const opened = [1, 2, 3].map(() => openSync('/dev/null', 'r'));
  const after = countOpenFiles();
  for (const file of opened) closeSync(file);
  expect((after?.open ?? 0) - (before?.open ?? 0)).toBe(3);
  expect(after?.limit).toBeGreaterThan(after?.open ?? 0);
});
