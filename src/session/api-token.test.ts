import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { loadApiToken } from './api-token.ts';

function tokenPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'la-token-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return join(directory, 'state', 'token');
}

test('makes 256 random bits that only the owner can read, and keeps them', () => {
  const path = tokenPath();
  const token = loadApiToken(path);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(path, 'utf8').trim()).toBe(token);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadApiToken(path)).toBe(token);
});

test('closes a token file that others can read', () => {
  const path = tokenPath();
  loadApiToken(path);
  chmodSync(path, 0o644);
  loadApiToken(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('replaces a damaged token', () => {
  const path = tokenPath();
  loadApiToken(path);
  writeFileSync(path, 'short');
  expect(loadApiToken(path)).toMatch(/^[0-9a-f]{64}$/);
});
