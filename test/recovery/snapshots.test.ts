/**
 * A session that died is brought back from its newest good snapshot to exactly where a replay of its whole log brings it;
 * and by that replay where its snapshots are of no use.
 */

import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RecoveredSession, recoverSession } from '../../src/app/recover-session.ts';
import { loadRecordedStrategy, readSessionStart } from '../../src/app/replay-session.ts';
import { logRecovery } from '../../src/app/recovery-lines.ts';
import { spellRows } from '../../src/app/row-spelling.ts';
import { SessionSnapshots } from '../../src/app/session-snapshots.ts';
import { snapshotOrigin } from '../../src/app/usable-snapshots.ts';
import { verifySession } from '../../src/app/verify-session.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import { EventBlock } from '../../src/core/domain/event-block.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';
import type { StrategyInstance } from '../../src/core/strategy/strategy.ts';
import { SessionReadModel } from '../../src/server/session-read-model.ts';
import { CheckpointWriter } from '../../src/storage/checkpoint-file.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { compareJournals, copyJournal } from '../../src/storage/journal-comparison.ts';
import { Journal } from '../../src/storage/journal.ts';
import { SessionFolder, createSessionFolder } from '../../src/storage/session-folder.ts';
import { SNAPSHOTS_KEPT, listSnapshots } from '../../src/storage/snapshot-file.ts';
import { sampleManifest } from '../builders/sample-manifest.ts';
import { syntheticEvents, syntheticStart } from '../builders/synthetic-events.ts';

const SESSION_ID = 'snap';
const BLOCKS = 260;
const INTERVAL_MS = 4_000;

const root = mkdtempSync(path.join(tmpdir(), 'la-snapshots-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const start: SessionStart = { ...syntheticStart(11, 120_000, SESSION_ID), band: 'on' };
const scripted = (): StrategyInstance => {
  const strategy = createBuiltInStrategy('scripted', start.strategy.params);
  if (strategy === null) throw new Error('scripted is built in');
  return strategy;
};

interface Died {
  readonly folder: SessionFolder;
  readonly said: readonly string[];
  readonly band: EngineBand;
}

/** A session that dies after so many blocks. */
async function runAndDie(
  workspace: string,
  createStrategy: () => StrategyInstance,
  blocks = BLOCKS,
): Promise<Died> {
  const folder = createSessionFolder(workspace, sampleManifest(SESSION_ID));
  const log = FileEventLog.create(folder.eventsFolder, { segmentBytesMax: 12_000 });
  const journal = Journal.open(folder.journalFile, start);
  const band = new EngineBand(start, createStrategy);
  const instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
  const model = new SessionReadModel(band.primary, spellRows(instruments, start.strategy.name));
  const checkpoints = CheckpointWriter.open(folder.checkpointFile, band.primary);
  const said: string[] = [];
  const snapshots = new SessionSnapshots({
    folder: folder.snapshotFolder,
    origin: snapshotOrigin(start, null),
    ...{ band, log, journal, model, intervalMs: INTERVAL_MS },
    logger: { log: (_level, event, text) => said.push(`${event}: ${text}`) },
  });
  let count = 0;
  for (const block of syntheticEvents(start)) {
    if (count++ === blocks) break;
    log.append(block);
    band.process(block);
    const outputs = band.takeOutputs();
    for (const sink of [journal, checkpoints, model]) sink.deliver(outputs);
    model.observe(block);
    snapshots.observe(block);
    await new Promise(setImmediate);
  }
  await snapshots.close();
  log.close();
  checkpoints.close();
  journal.close();
  return { folder, said, band };
}

let died: Died;
beforeAll(async () => {
  died = await runAndDie(path.join(root, 'died'), scripted);
});

/** A copy of the dead session, to be damaged. */
function copyOf(name: string): SessionFolder {
  const target = path.join(root, name, SESSION_ID);
  cpSync(died.folder.path, target, { recursive: true });
  return new SessionFolder(target);
}

/** What a recovery comes to, and how. */
async function recover(
  folder: SessionFolder,
  createStrategy = scripted,
): Promise<{
  readonly outcome: object;
  readonly course: RecoveredSession['course'];
  readonly lines: string[];
}> {
  const recovered = await recoverSession(folder, {
    createStrategy,
    strategySource: null,
    acceptsChange: false,
  });
  const lines: string[] = [];
  logRecovery(recovered.course, { log: (level, event, text) => lines.push(`${level} ${event} ${text}`) });
  // What is said next depends on everything.
  const block = new EventBlock(1);
  block.reset(recovered.tail.nextSequence);
  block.appendTimeAdvanced(recovered.tail.timeMs + 7_000);
  const state = recovered.band.isSavable ? recovered.band.save() : null;
  recovered.band.process(block);
  const outcome = {
    state,
    hash: recovered.engine.stateHash(),
    next: recovered.band.takeOutputs(),
    account: recovered.engine.accountEnd(),
    lists: recovered.model.outputLists(),
    shown: [recovered.model.account(), recovered.model.candles(0, 1_000), recovered.model.denialCount],
    events: recovered.log.events,
    chain: recovered.log.chain,
    tail: recovered.tail,
    reconnects: recovered.reconnects.total,
  };
  recovered.log.close();
  recovered.journal.close();
  return { outcome, course: recovered.course, lines };
}

let whole: Awaited<ReturnType<typeof recover>>;
let wholeJournal = '';
beforeAll(async () => {
  const folder = copyOf('whole');
  rmSync(folder.snapshotFolder, { recursive: true });
  whole = await recover(folder);
  wholeJournal = folder.journalFile;
}, 60_000);

/** It must have come to the same, journal included. */
function expectSame(folder: SessionFolder, { outcome }: Awaited<ReturnType<typeof recover>>): void {
  expect(outcome).toEqual(whole.outcome);
  const [one, other] = [`${folder.path}-one.db`, `${folder.path}-other.db`];
  copyJournal(wholeJournal, one);
  copyJournal(folder.journalFile, other);
  expect(compareJournals(one, other).difference).toBeNull();
}

function newestSnapshot(folder: SessionFolder): string {
  const name = readdirSync(folder.snapshotFolder).toSorted().at(-1) ?? '';
  return path.join(folder.snapshotFolder, name);
}

describe('a session that died', () => {
  test('is brought back from its newest snapshot as by a replay of everything', async () => {
    const folder = copyOf('good');
    expect(listSnapshots(folder.snapshotFolder)).toHaveLength(SNAPSHOTS_KEPT);
    const recovered = await recover(folder);
    expectSame(folder, recovered);
    const { skipped, events, ignored } = recovered.course;
    expect(ignored).toEqual([]);
    expect(skipped).toBe((listSnapshots(folder.snapshotFolder)[0] ?? 0) + 1);
    expect(events - skipped).toBeLessThan(events / 5);
    expect(whole.course.skipped).toBe(0);
    // What the band that died would have saved last.
    expect(died.band.save()).toBe((whole.outcome as { state: string }).state);
    expect(recovered.lines).toEqual([
      expect.stringMatching(
        /^info session_recovered Brought back from the snapshot of event \d+: \d+ of \d+ events/,
      ),
    ]);
  });

  test('is brought back twice to the same', async () => {
    const folder = copyOf('twice');
    await recover(folder);
    expectSame(folder, await recover(folder));
  });

  test.each<[string, (folder: SessionFolder) => void, RegExp]>([
    ['cut short', (folder) => truncateSync(newestSnapshot(folder), 500), /does not decompress/],
    ['empty', (folder) => truncateSync(newestSnapshot(folder), 0), /does not decompress|is no snapshot/],
    [
      'altered in one digit',
      (folder) =>
        rewrite(newestSnapshot(folder), (text) => text.replace(/"wallet":"~(\d)/, '"wallet":"~9$1')),
      /checksum does not fit/,
    ],
    [
      'of another version of snapshots',
      (folder) => rewrite(newestSnapshot(folder), (text) => text.replace('"version":1', '"version":9')),
      /version 9, this program knows 1/,
    ],
    [
      'of another engine',
      (folder) =>
        reseal(newestSnapshot(folder), (text) =>
          text.replace(/"engine_hash":"[0-9a-f]{8}/, '"engine_hash":"00000000'),
        ),
      /of another engine/,
    ],
    [
      'of another log',
      (folder) =>
        reseal(newestSnapshot(folder), (text) =>
          text.replace(/"log_chain":"[0-9a-f]{8}/, '"log_chain":"00000000'),
        ),
      /the event log before it is another one/,
    ],
    [
      'of a state that is not the one it was hashed from',
      (folder) =>
        reseal(newestSnapshot(folder), (text) => text.replace(/"lastPrice":(\d+)/, '"lastPrice":1$1')),
      /the engine comes to state/,
    ],
    [
      'of something that is no state at all',
      (folder) => reseal(newestSnapshot(folder), (text) => text.replace('"primary":', '"primal":')),
      /undefined|Cannot read/,
    ],
  ])('goes back to the snapshot before one that is %s', async (_what, damage, reason) => {
    const folder = copyOf(`damaged-${_what.replaceAll(' ', '-')}`);
    const [newest = 0, second = 0] = listSnapshots(folder.snapshotFolder);
    damage(folder);
    const recovered = await recover(folder);
    expectSame(folder, recovered);
    expect(recovered.course.ignored.map(({ sequence }) => sequence)).toEqual([newest]);
    expect(recovered.course.ignored[0]?.reason).toMatch(reason);
    expect(recovered.course.skipped).toBe(second + 1);
    expect(recovered.lines[0]).toMatch(/^warning snapshot_ignored The snapshot of event \d+ is not used: /);
  });

  test.each<[string, (folder: SessionFolder) => void]>([
    ['all of its snapshots are gone', (folder) => rmSync(folder.snapshotFolder, { recursive: true })],
    [
      'all of its snapshots are torn',
      (folder) => {
        for (const name of readdirSync(folder.snapshotFolder))
          writeFileSync(path.join(folder.snapshotFolder, name), 'torn');
      },
    ],
    [
      'its journal is gone',
      (folder) => {
        for (const suffix of ['', '-wal', '-shm']) rmSync(folder.journalFile + suffix, { force: true });
      },
    ],
    ['its journal is damaged', (folder) => damageJournal(folder.journalFile)],
    ['its journal ends before its snapshots', (folder) => alter(folder.journalFile, 'DELETE FROM snapshots')],
    [
      'rows of its journal are missing',
      (folder) => alter(folder.journalFile, 'DELETE FROM equity WHERE equity_id > 3'),
    ],
  ])('is replayed whole where %s', async (what, damage) => {
    const folder = copyOf(`unusable-${what.replaceAll(' ', '-')}`);
    damage(folder);
    const recovered = await recover(folder);
    expectSame(folder, recovered);
    expect(recovered.course.skipped).toBe(0);
    expect(recovered.lines.at(-1)).toContain('from its first event');
  });

  test('goes on from an older snapshot where its log ends before the newest', async () => {
    const folder = copyOf('short');
    const [newest = 0] = listSnapshots(folder.snapshotFolder);
    const reference = copyOf('short-whole');
    // A few seconds each: together they hold the newest snapshot's place.
    const last = readdirSync(folder.eventsFolder).toSorted().slice(-4);
    for (const segment of last)
      for (const copy of [folder, reference]) rmSync(path.join(copy.eventsFolder, segment));
    rmSync(reference.snapshotFolder, { recursive: true });
    const recovered = await recover(folder);
    expect(recovered.course.ignored[0]).toEqual({
      sequence: newest,
      reason: 'the event log does not come that far',
    });
    expect(recovered.outcome).toEqual((await recover(reference)).outcome);
  });

  test('takes what stands in the journal behind the snapshot out and says it again', async () => {
    const folder = copyOf('ahead');
    alter(
      folder.journalFile,
      `INSERT INTO lifecycle (time_ms, state, reason) VALUES (1, 'running', 'made up')`,
    );
    expectSame(folder, await recover(folder));
  });
});

describe('the verification of a session', () => {
  async function verified(folder: SessionFolder): ReturnType<typeof verifySession> {
    const scratch = mkdtempSync(path.join(root, 'scratch-'));
    const createStrategy = await loadRecordedStrategy(folder, readSessionStart(folder));
    return verifySession(folder, { createStrategy, scratch });
  }

  test('finds each snapshot right on its way', async () => {
    const result = await verified(copyOf('verified'));
    expect(result.difference).toBeNull();
    expect(result.snapshots).toBe(SNAPSHOTS_KEPT);
  });

  test.each<[string, (file: string) => void, object]>([
    [
      'a state that differs in what its hash does not cover',
      (file) => reseal(file, (text) => text.replace(/"approvals":(\d+)/, '"approvals":1$1')),
      { expected: 'the whole state as the snapshot holds it', found: 'another, of the same hash' },
    ],
    [
      'another hash',
      (file) => reseal(file, (text) => text.replace(/"state_hash":"[0-9a-f]{4}/, '"state_hash":"0000')),
      { found: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
    ],
    ['damage', (file) => truncateSync(file, 400), { expected: 'the snapshot as it was written' }],
  ])('finds %s in a snapshot', async (what, damage, difference) => {
    const folder = copyOf(`verified-${what.replaceAll(' ', '-')}`);
    const [newest = 0] = listSnapshots(folder.snapshotFolder);
    damage(newestSnapshot(folder));
    const result = await verified(folder);
    const named = { kind: 'snapshot', sequence: newest, what: `snapshot of event ${newest}` };
    expect(result.difference).toMatchObject({ ...named, ...difference });
  });
});

test('a strategy that declares no state is said so once, gets no snapshots, and is replayed', async () => {
  const bare = (): StrategyInstance => {
    const { memory: _memory, ...rest } = scripted();
    return rest;
  };
  const { folder, said } = await runAndDie(path.join(root, 'bare'), bare);
  expect(said).toEqual([expect.stringMatching(/^no_snapshots: The strategy declares no state/)]);
  expect(listSnapshots(folder.snapshotFolder)).toEqual([]);
  const { outcome, course } = await recover(folder, bare);
  expect(course.skipped).toBe(0);
  expect({ ...outcome, state: null }).toEqual({ ...whole.outcome, state: null });
});

test('a state that stops being plain data stops the snapshots, not the session', async () => {
  const odd = (): StrategyInstance => {
    const strategy = scripted();
    const state: Record<string, unknown> = {};
    const handlers = { ...strategy.handlers, onBook: () => void (state['seen'] = new Map()) };
    return { ...strategy, handlers, memory: { state: state as never, recall: () => odd() } };
  };
  const { folder, said } = await runAndDie(path.join(root, 'odd'), odd, 200);
  expect(said).toEqual([expect.stringMatching(/^no_snapshots: No more snapshots: state.*seen is a Map/)]);
  expect(listSnapshots(folder.snapshotFolder)).toEqual([]);
});

/** Changes the text of a snapshot, its checksum not. */
function rewrite(file: string, change: (text: string) => string): void {
  const before = zstdDecompressSync(readFileSync(file)).toString('utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, zstdCompressSync(after));
}

/** The same, with a checksum that fits. */
function reseal(file: string, change: (text: string) => string): void {
  rewrite(file, (text) => {
    const end = text.indexOf('\n');
    const body = change(text.slice(end + 1));
    expect(body).not.toBe(text.slice(end + 1));
    const first = JSON.parse(text.slice(0, end)) as object;
    return `${JSON.stringify({ ...first, sha256: createHash('sha256').update(body).digest('hex') })}\n${body}`;
  });
}

function damageJournal(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4_096, 12_288);
  writeFileSync(file, bytes);
}

function alter(file: string, statement: string): void {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
}
