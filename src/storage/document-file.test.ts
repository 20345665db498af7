import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeDocument, writeText } from './document-file.ts';
import { StorageError } from './storage-error.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'atomic-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a replaced file', () => {
  test('replaces the content and leaves nothing else behind', () => {
    const file = path.join(folder, 'a.json');
    writeText(file, 'old');
    writeDocument(file, { x: 1 }, { durable: false });
    expect(readFileSync(file, 'utf8')).toBe('{\n  "x": 1\n}\n');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test.skipIf(process.platform === 'win32')('gives the new file the mode asked for', () => {
    const file = path.join(folder, 'token');
    writeText(file, 'secret', { mode: 0o600 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('leaves the old content and no temporary file when it fails', () => {
    writeText(path.join(folder, 'old'), 'old');
    writeFileSync(path.join(folder, 'blocker'), '');
    expect(() => {
      writeText(path.join(folder, 'blocker', 'x'), 'new');
    }).toThrow(StorageError);
    // A folder cannot be replaced by a file: here the rename fails, after the temporary file was written.
    expect(() => {
      writeText(folder, 'new');
    }).toThrow(/could not write/);
    expect(readdirSync(folder).toSorted()).toEqual(['blocker', 'old']);
    expect(
      readdirSync(path.dirname(folder)).filter((name) => name.endsWith('.tmp') && name.startsWith('atomic-')),
    ).toEqual([]);
  });
});
