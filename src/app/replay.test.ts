import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIo } from '../../test/builders/captured-io.ts';
import { recordSession } from '../../test/builders/recorded-session.ts';
import { compareJournals } from '../storage/journal-comparison.ts';
import { type SessionFolder, SessionFolder as Folder } from '../storage/session-folder.ts';
import { replay } from './replay.ts';

let workspace = '';
let folder: SessionFolder;
beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-replayed-'));
  folder = await recordSession(workspace);
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

describe('la replay', () => {
  test('says what the session came to, and leaves nothing where no folder was named', async () => {
    const io = captureIo();
    expect(await replay({ workspace, operand: 'latest', out: null }, io)).toBe(0);
    expect(io.out()).toContain('synthetic-1');
    expect(io.out()).toMatch(
      /Replayed [\d,]+ events in [\d.]+ s; state [0-9a-f]{16}, as the session recorded it/,
    );
    expect(io.err()).toBe('');
  });

  test('leaves journal and reports in the folder named, the same as the session’s own', async () => {
    const out = path.join(workspace, 'again');
    const io = captureIo(true);
    expect(await replay({ workspace, operand: folder.path, out }, io)).toBe(0);
    const answer = JSON.parse(io.out()) as Record<string, unknown>;
    const recorded = JSON.parse(readFileSync(folder.finalReportFile, 'utf8')) as Record<string, unknown>;
    expect(answer).toMatchObject({
      ...recorded,
      reconnects: null,
      error_count: null,
      matches_recording: true,
      out,
    });
    const copy = new Folder(out);
    expect(compareJournals(folder.journalFile, copy.journalFile).difference).toBeNull();
    expect(readFileSync(copy.tradesFile)).toEqual(readFileSync(folder.tradesFile));
    expect(readFileSync(copy.equityFile)).toEqual(readFileSync(folder.equityFile));
    expect(existsSync(copy.htmlFile)).toBe(true);
    const again = captureIo();
    expect(await replay({ workspace, operand: folder.path, out }, again)).toBe(2);
    expect(again.err()).toContain('--out: expected an empty or new folder');
  });

  test('replays a session of which only the log and the manifest are left', async () => {
    const moved = new Folder(path.join(workspace, 'moved'));
    for (const name of ['session.json', 'events/000001.jsonl.zst']) {
      mkdirSync(path.dirname(path.join(moved.path, name)), { recursive: true });
      writeFileSync(path.join(moved.path, name), readFileSync(path.join(folder.path, name)));
    }
    const io = captureIo(true);
    expect(await replay({ workspace: '/nonexistent', operand: moved.path, out: null }, io)).toBe(0);
    expect(JSON.parse(io.out())).toMatchObject({ matches_recording: true });
  });

  test('makes up no end for a session that still runs', async () => {
    const agent = path.join(workspace, '.agent');
    mkdirSync(agent);
    writeFileSync(path.join(agent, 'lockfile.pid'), `${process.pid}\nsession_id=${folder.id}\n`);
    const text = captureIo();
    expect(await replay({ workspace, operand: 'latest', out: null }, text)).toBe(0);
    expect(text.out()).toMatch(/^The session still runs; /);
    expect(text.out()).toMatch(/^ {2}Status +running$/m);
    const io = captureIo(true);
    expect(await replay({ workspace, operand: 'latest', out: null }, io)).toBe(0);
    expect(JSON.parse(io.out())).toMatchObject({ status: 'running', stopped_reason: null, exit_code: null });
    rmSync(agent, { recursive: true });
  });

  test('names what is no session, and a log that cannot be read', async () => {
    const io = captureIo();
    expect(await replay({ workspace, operand: 'nope', out: null }, io)).toBe(2);
    expect(io.err()).toContain('"nope" is no session');
    const moved = new Folder(path.join(workspace, 'moved'));
    writeFileSync(
      path.join(moved.eventsFolder, '000001.jsonl.zst'),
      'no log at all, but long enough for the header of a frame: '.repeat(2),
    );
    const damaged = captureIo();
    expect(await replay({ workspace, operand: moved.path, out: null }, damaged)).toBe(1);
    expect(damaged.err()).toMatch(/event log segment 000001\.jsonl\.zst, byte 0/);
  });
});
