import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordSession } from '../../test/builders/recorded-session.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { SessionReplay } from './replay-session.ts';

let workspace = '';
let folder: SessionFolder;
beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-replay-'));
  folder = await recordSession(workspace);
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

describe('a session replayed from its folder', () => {
  test('comes to the state and the outputs of the live run', async () => {
    const { state_hash: expected, events } = folder.readManifest();
    const replay = await SessionReplay.open(folder);
    const outputs: Output[] = [];
    await replay.run({ sinks: [{ deliver: (said) => void outputs.push(...said) }] });
    expect(replay.engine.stateHash()).toBe(expected);
    expect(replay.engine.lifecycle).toBe('ended');
    expect(replay.end?.events).toBe(events);
    const count = (type: Output['type']): number => outputs.filter((output) => output.type === type).length;
    expect(count('fill')).toBeGreaterThan(5);
    expect(count('denial')).toBeGreaterThan(0);
  });

  test('gives the same step by step, with a block ended where it is asked for', async () => {
    const replay = await SessionReplay.open(folder, { endsBlock: (sequence) => sequence % 7 === 0 });
    let ends = 0;
    for (const { block } of replay.steps()) {
      if ((block.firstSequence + block.events - 1) % 7 === 0) ends++;
    }
    expect(ends).toBe(Math.ceil((replay.end?.events ?? 0) / 7));
    expect(replay.engine.stateHash()).toBe(folder.readManifest().state_hash);
  });

  test('runs the copy of a strategy file that the session kept', async () => {
    const text = `export default { name: 'own', params: { parse: (v) => v }, historyBars: () => 0, create: () => ({}) };`;
    writeFileSync(path.join(folder.path, 'strategy.mjs'), text);
    // The copy does not have the shape that defineStrategy gives: it is found, and refused by name.
    await expect(SessionReplay.open(folder)).rejects.toThrow(/strategy\.mjs must export as default/);
    rmSync(path.join(folder.path, 'strategy.mjs'));
  });
});
