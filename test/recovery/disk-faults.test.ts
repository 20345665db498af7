/**
 * What a disk can do to a session, done to the program's own files by the kernel's refusals (strace): the process ends, it
 * never tries the same again, and the next one goes on to the same end. Nothing that was acknowledged is lost.
 *
 * And damage that is found afterwards: in the middle of the log, which is refused and left alone; in the journal, which is
 * written anew. Needs strace where it says so.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recoverSession } from '../../src/app/recover-session.ts';
import { segmentName } from '../../src/storage/event-log-reader.ts';
import { JournalReader } from '../../src/storage/journal-reader.ts';
import { type SessionFolder, listSessions } from '../../src/storage/session-folder.ts';
import { StorageError } from '../../src/storage/storage-error.ts';
import { sweepStrategy } from './sweep-stream.ts';

const DRIVER = fileURLToPath(new URL('crash-driver.ts', import.meta.url));
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;
const LIMIT_MS = 120_000;

const root = mkdtempSync(path.join(tmpdir(), 'la-disk-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Drive {
  readonly status: number | null;
  /** Events that were acted on, as whoever reads its output has seen. */
  readonly acknowledged: number;
  readonly last: string;
  readonly stderr: string;
}

/** Runs the session in `workspace`, or goes on with it; under strace with these options. */
function drive(workspace: string, strace: readonly string[] | null = null): Drive {
  mkdirSync(workspace, { recursive: true });
  const words = [process.execPath, DRIVER, workspace];
  const [command = '', ...args] = strace === null ? words : ['strace', '-f', ...strace, ...words];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const lines = stdout.trimEnd().split('\n');
  const acks = lines.flatMap((line) => /^ack (\d+)$/.exec(line)?.[1] ?? []);
  return { status, acknowledged: Number(acks.at(-1) ?? 0), last: lines.at(-1) ?? '', stderr };
}

function sessionIn(workspace: string): SessionFolder {
  const folder = listSessions(workspace)[0] ?? null;
  if (folder === null) throw new Error('there is no session');
  return folder;
}

function eventsOf(last: string): number {
  return (JSON.parse(last) as { readonly events: number }).events;
}

let reference: Drive;
beforeAll(() => {
  reference = drive(path.join(root, 'calm'));
  if (reference.status !== 0) throw new Error(reference.stderr);
});

/** Where in a workspace the session writes its events first. */
const LOG = `sessions/sweep/events/${segmentName(1)}`;

const JOURNAL = 'sessions/sweep/journal.db-wal';

/** The `at`-th call on that file fails; `lasts`: and all later ones. */
const FAULTS = [
  { what: 'a failed sync of the log', call: 'fdatasync', file: LOG, error: 'EIO', at: 20, lasts: false },
  { what: 'a failed sync of the account', call: 'fsync', file: 'state', error: 'EIO', at: 2, lasts: false },
  { what: 'a full journal', call: 'pwrite64', file: JOURNAL, error: 'ENOSPC', at: 120, lasts: false },
  { what: 'a disk turned read-only', call: 'write', file: LOG, error: 'EROFS', at: 20, lasts: true },
  { what: 'too many open files', call: 'openat', file: 'state', error: 'EMFILE', at: 3, lasts: true },
] as const;

describe.skipIf(!HAS_STRACE)('the process ends, never tries again, and the next one goes on after', () => {
  test.each(FAULTS)(
    '$what',
    ({ what, call, file, error, at, lasts }) => {
      const workspace = path.join(root, what.replaceAll(' ', '-'));
      const trace = path.join(root, 'trace');
      const files = new Set([LOG, file].map((name) => path.join(workspace, name)));
      const broken = drive(workspace, [
        ...['--seccomp-bpf', '-y', '-o', trace, ...[...files].flatMap((name) => ['-P', name])],
        ...['-e', `trace=write,fdatasync,${call}`],
        ...['-e', `inject=${call}:error=${error}:when=${at}${lasts ? '+' : ''}`],
      ]);
      expect(broken.status).toBe(1);
      expect(broken.stderr).toContain('StorageError');
      expect(broken.acknowledged).toBeGreaterThan(0);
      expect(broken.acknowledged).toBeLessThan(eventsOf(reference.last));
      // Also where the next call would succeed: nothing is written to the log after it.
      const calls = readFileSync(trace, 'utf8').split('\n');
      const failed = calls.findIndex((line) => line.includes('(INJECTED)'));
      expect(calls[failed]).toContain(error);
      const later = calls
        .slice(failed + 1)
        .filter((line) => /(?:write|sync)\(\d+<[^>]*\/events\//.test(line));
      expect(later).toEqual([]);
      const next = drive(workspace);
      expect({ status: next.status, last: next.last, stderr: next.stderr }).toEqual({
        status: 0,
        last: reference.last,
        stderr: '',
      });
    },
    LIMIT_MS,
  );
});

/** Every file of a folder with its content's hash. */
function contents(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map(
      (file) =>
        `${path.relative(folder, file)} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`,
    )
    .toSorted();
}

function copyOfCalm(name: string): string {
  const workspace = path.join(root, name);
  cpSync(path.join(root, 'calm'), workspace, { recursive: true, verbatimSymlinks: true });
  return workspace;
}

describe('damage that is found afterwards', () => {
  test('in the middle of the log is refused, and every file is left as it was', async () => {
    const workspace = copyOfCalm('bit');
    const folder = sessionIn(workspace);
    const segments = readdirSync(folder.eventsFolder).toSorted();
    expect(segments.length).toBeGreaterThan(2);
    const middle = path.join(folder.eventsFolder, segments[Math.floor(segments.length / 2)] ?? '');
    const bytes = readFileSync(middle);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(middle, bytes);
    const before = contents(folder.eventsFolder);
    const recovery = recoverSession(folder, { createStrategy: sweepStrategy, acceptsChange: false });
    await expect(recovery).rejects.toThrow(expect.objectContaining({ code: 'log_corrupt' }) as StorageError);
    expect(contents(folder.eventsFolder)).toEqual(before);
  });

  test('in the middle of the log by a segment that is gone is refused too', async () => {
    const folder = sessionIn(copyOfCalm('hole'));
    const segments = readdirSync(folder.eventsFolder).toSorted();
    rmSync(path.join(folder.eventsFolder, segments[1] ?? ''));
    const recovery = recoverSession(folder, { createStrategy: sweepStrategy, acceptsChange: false });
    await expect(recovery).rejects.toThrow(expect.objectContaining({ code: 'log_corrupt' }) as StorageError);
  });

  test.each([
    ['nothing but rubbish', (file: string) => writeFileSync(file, Buffer.alloc(20_000, 0xa5))],
    [
      'rubbish in its middle',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
        writeFileSync(file, bytes);
      },
    ],
    ['not there', (file: string) => rmSync(file)],
  ])('of the journal, %s: it is written anew from the log', async (name, damage) => {
    const folder = sessionIn(copyOfCalm(name.replaceAll(' ', '-')));
    const calm = rowsOf(sessionIn(path.join(root, 'calm')));
    damage(folder.journalFile);
    const recovered = await recoverSession(folder, { createStrategy: sweepStrategy, acceptsChange: false });
    recovered.log.close();
    recovered.journal.close();
    expect(rowsOf(folder)).toEqual(calm);
  });
});

test('a replay that is broken off says why and changes no event; the next one comes to the same end', async () => {
  const folder = sessionIn(copyOfCalm('broken-off'));
  const before = contents(folder.eventsFolder);
  const options = { createStrategy: sweepStrategy, acceptsChange: false };
  const broken = recoverSession(folder, { ...options, signal: AbortSignal.abort(new Error('asked to end')) });
  await expect(broken).rejects.toThrow('asked to end');
  expect(contents(folder.eventsFolder)).toEqual(before);
  const recovered = await recoverSession(folder, options);
  recovered.log.close();
  recovered.journal.close();
  expect(rowsOf(folder)).toEqual(rowsOf(sessionIn(path.join(root, 'calm'))));
});

function rowsOf(folder: SessionFolder): unknown {
  const reader = JournalReader.open(folder.journalFile);
  try {
    return {
      orders: reader.orders(),
      fills: reader.fills(),
      ledger: reader.ledger(),
      equity: reader.equity(),
    };
  } finally {
    reader.close();
  }
}
