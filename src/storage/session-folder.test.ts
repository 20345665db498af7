import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SessionManifest, createSessionFolder, resolveSession } from './session-folder.ts';
import { StorageError } from './storage-error.ts';

function manifest(id: string): SessionManifest {
  return {
    version: 1,
    session_id: id,
    program_version: '0.1.0',
    node_version: 'v26.10.0',
    seed: 42,
    source: 'simulated',
    symbols: ['BTCUSDT'],
    strategy: { name: 'none', params: {} },
    engine_hash: 'e1',
    strategy_hash: 's1',
    config_hash: null,
    config: { risk: { max_leverage: 5 } },
    started_at: '2026-11-22T16:39:00.000Z',
    ended_at: null,
    local_started_at: '2026-11-22T16:39:00.000Z',
    local_ended_at: null,
    stopped_reason: null,
    exit_code: null,
    state_hash: null,
    events: null,
    log_chain: null,
    compaction: null,
  };
}

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'workspace-'));
});
afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

describe('session folder', () => {
  test('is made with its manifest, and latest follows the newest', () => {
    const first = createSessionFolder(workspace, manifest('s-1'));
    const second = createSessionFolder(workspace, manifest('s-2'));
    expect(first.readManifest()).toEqual(manifest('s-1'));
    expect(readlinkSync(path.join(workspace, 'runs', 'latest'))).toBe('../sessions/s-2');
    second.writeManifest({ ...manifest('s-2'), exit_code: 0, state_hash: 'ab', events: 7 });
    expect(resolveSession(workspace, 'latest', '/').readManifest()).toMatchObject({
      exit_code: 0,
      events: 7,
    });
  });

  test('is found by latest, id, absolute path and path from the current folder', () => {
    const session = createSessionFolder(workspace, manifest('s-1'));
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
    createSessionFolder(workspace, manifest('s-1'));
    expect(() => createSessionFolder(workspace, manifest('s-1'))).toThrow(
      /could not make the session folder/,
    );
    expect(() => createSessionFolder(workspace, manifest('../x'))).toThrow(/cannot be a session id/);
  });

  test('refuses a manifest without its shape, naming the field', () => {
    const session = createSessionFolder(workspace, manifest('s-1'));
    writeFileSync(session.manifestFile, JSON.stringify({ ...manifest('s-1'), seed: 'x' }));
    expect(() => session.readManifest()).toThrow(/session\.json: seed: /);
  });

  test('says that the latest session was removed', () => {
    const session = createSessionFolder(workspace, manifest('s-1'));
    rmSync(session.path, { recursive: true });
    expect(() => resolveSession(workspace, 'latest', workspace)).toThrow(/latest session s-1 is no longer/);
  });
});
