import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders } from './make-folders.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'make-folders-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

test('a folder is made with all above it, and may be there already', () => {
  const folder = path.join(root, 'a/b/c');
  makeFolders(folder);
  makeFolders(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('a file in the way is an error', () => {
  writeFileSync(path.join(root, 'file'), '');
  expect(() => makeFolders(path.join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolders(path.join(root, 'file/below'))).toThrow('ENOTDIR');
});

test.skipIf(process.platform !== 'linux')('where the system makes no folders, that is an error too', () => {
  expect(() => makeFolders('/proc/laptop-agents/logs')).toThrow('ENOENT');
});
