import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleManifest } from '../../test/builders/sample-manifest.ts';
import { SAMPLE_START } from '../../test/builders/sample-session.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { FileEventLog } from '../storage/event-log.ts';
import { createSessionFolder } from '../storage/session-folder.ts';
import { canResume, sessionWords } from './watch.ts';

const WORDS = ['--workspace=w', 'run', '--fresh', '--duration', '10m', '--seed', '5'];

test('starts the first session as it was asked for', () => {
  expect(sessionWords(WORDS, { kind: 'first', remainingMs: 600_000 })).toEqual(WORDS);
});

test('continues a session that had begun, without a duration of its own', () => {
  expect(sessionWords(WORDS, { kind: 'resumed', remainingMs: 1_500 })).toEqual([
    ...['--workspace=w', 'run', '--seed', '5', '--resume'],
  ]);
  expect(sessionWords(['run', '--duration=3d', '--resume'], { kind: 'resumed', remainingMs: 1 })).toEqual([
    'run',
    '--resume',
  ]);
});

test('starts another one on the account of the one before, for the rest of the time', () => {
  expect(sessionWords(WORDS, { kind: 'another', remainingMs: 1_500 })).toEqual([
    ...['--workspace=w', 'run', '--duration', '10m', '--seed', '5'],
    ...['--duration', '1500ms'],
  ]);
  expect(sessionWords(['run', '--duration', 'forever'], { kind: 'another', remainingMs: null })).toEqual([
    'run',
    '--duration',
    'forever',
  ]);
});

test('continues a session that died, not one that froze beyond reach: that is begun anew', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'la-watch-'));
  try {
    const paths = workspacePaths(workspace);
    expect(canResume(paths)).toBe(false);
    const folder = createSessionFolder(workspace, sampleManifest('s1'));
    const log = FileEventLog.create(folder.eventsFolder);
    const block = new EventBlock(64);
    block.reset(0);
    block.appendSessionStarted(1_732_290_000_000, SAMPLE_START);
    log.append(block);
    log.close();
    expect(canResume(paths)).toBe(true);
    mkdirSync(paths.agentDirectory);
    for (const [frozen, isResumed] of [
      ['s0', true],
      ['s1', false],
    ] as const) {
      writeFileSync(paths.frozenMark, `${frozen}\n`);
      expect(canResume(paths)).toBe(isResumed);
    }
    // Its watchdog broke it out, and it reported its end itself: calls that hang are cut off in the replay too.
    folder.writeManifest({ ...sampleManifest('s1'), stopped_reason: 'crashed', is_resumable: true });
    expect(canResume(paths)).toBe(true);
  } finally {
    rmSync(workspace, { recursive: true });
  }
});
