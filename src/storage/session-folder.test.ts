import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleManifest } from '../../test/builders/sample-manifest.ts';
import { createSessionFolder, resolveSession } from './session-folder.ts';
import { StorageError } from './storage-error.ts';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'workspace-'));
});
afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

describe('session folder', () => {
  test('is made with its manifest, and latest follows the newest', () => {
    const first = createSessionFolder(workspace, sampleManifest('s-1'));
    const second = createSessionFolder(workspace, sampleManifest('s-2'));
    expect(first.readManifest()).toEqual(sampleManifest('s-1'));
    expect(readlinkSync(path.join(workspace, 'runs', 'latest'))).toBe('../sessions/s-2');
    second.writeManifest({ ...sampleManifest('s-2'), exit_code: 0, state_hash: 'ab', events: 7 });
    expect(resolveSession(workspace, 'latest', '/').readManifest()).toMatchObject({
      exit_code: 0,
      events: 7,
    });
  });

  test('is found by latest, id, absolute path and path from the current folder', () => {
    const session = createSessionFolder(workspace, sampleManifest('s-1'));
    for (const [operand, currentFolder] of [
      ['latest', '/'],
      ['s-1', '/'],
      [session.path, '/'],
      ['sessions/s-1', workspace],
      ['.', session.path],
      ['../s-1/', session.path],
      ['runs/latest', workspace],
    ] as const) {
      const found = resolveSession(workspace, operand, currentFolder);
      expect(found.readManifest().session_id).toBe('s-1');
    }
  });

  test.each(['latest', 's-9', '', '../..', 'no/such/place', 'sessions'])('refuses %j by name', (operand) => {
    mkdirSync(path.join(workspace, 'sessions'));
    const refusal = new RegExp(`^StorageError: .*${operand.replaceAll('.', String.raw`\.`)}`);
    expect(() => resolveSession(workspace, operand, workspace)).toThrow(
      expect.toSatisfy((error) => error instanceof StorageError && refusal.test(String(error))),
    );
  });

  test('does not take the place of another session', () => {
    createSessionFolder(workspace, sampleManifest('s-1'));
    expect(() => createSessionFolder(workspace, sampleManifest('s-1'))).toThrow(
      /could not make the session folder/,
    );
    expect(() => createSessionFolder(workspace, sampleManifest('../x'))).toThrow(/cannot be a session id/);
  });

  test('refuses a manifest without its shape, naming the field', () => {
    const session = createSessionFolder(workspace, sampleManifest('s-1'));
    writeFileSync(session.manifestFile, JSON.stringify({ ...sampleManifest('s-1'), seed: 'x' }));
    expect(() => session.readManifest()).toThrow(/session\.json: seed: /);
  });

  test('says that the latest session was removed', () => {
    const session = createSessionFolder(workspace, sampleManifest('s-1'));
    rmSync(session.path, { recursive: true });
    expect(() => resolveSession(workspace, 'latest', workspace)).toThrow(/latest session s-1 is no longer/);
  });
});
