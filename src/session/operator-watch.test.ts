import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { readKillSwitch } from './kill-switch.ts';
import { watchOperator } from './operator-watch.ts';
import { writeStopRequest } from './stop-request.ts';
import { workspacePaths, type WorkspacePaths } from './workspace-paths.ts';

let workspace: string;
let paths: WorkspacePaths;
let heard: string[];

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'la-operator-'));
  paths = workspacePaths(workspace);
  mkdirSync(paths.agentDirectory);
  heard = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(workspace, { recursive: true });
});

function watch(environment: Record<string, string> = {}): { close(): void } {
  return watchOperator({
    paths,
    environment,
    onKill: (cause) => heard.push(`kill by ${cause}`),
    onStop: () => heard.push('stop'),
    onError: (error) => heard.push(String(error)),
  });
}

test('hears a stop request within a quarter of a second, once, and removes it', () => {
  watch();
  writeStopRequest(paths.stopRequest, process.pid);
  vi.advanceTimersByTime(250);
  expect(heard).toEqual(['stop']);
  expect(existsSync(paths.stopRequest)).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual(['stop']);
});

test('drops a stop request that was meant for another process', () => {
  writeStopRequest(paths.stopRequest, process.pid + 1);
  watch();
  expect(heard).toEqual([]);
  expect(existsSync(paths.stopRequest)).toBe(false);
});

test('hears the kill file once and leaves it in place', () => {
  watch();
  writeFileSync(paths.killFile, '');
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual(['kill by kill.txt']);
  expect(existsSync(paths.killFile)).toBe(true);
});

test('hears nothing after it was closed', () => {
  watch().close();
  writeFileSync(paths.killFile, '');
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([]);
});

test.each([
  ['TRUE', true],
  ['true', true],
  [' True ', true],
  ['FALSE', false],
  ['', false],
  ['1', false],
])('takes LA_KILL_SWITCH=%j as thrown: %s', (value, thrown) => {
  expect(readKillSwitch(paths.killFile, { LA_KILL_SWITCH: value }) !== null).toBe(thrown);
});

test('takes a dangling link named kill.txt for a wish to stop', () => {
  symlinkSync('nowhere', paths.killFile);
  expect(readKillSwitch(paths.killFile, {})).toBe('kill.txt');
});
