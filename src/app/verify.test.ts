import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { captureIo } from '../../test/builders/captured-io.ts';
import { recordSession } from '../../test/builders/recorded-session.ts';
import { SessionFolder } from '../storage/session-folder.ts';
import { rebuildJournal } from './rebuild-journal.ts';
import type { Verification } from './verify-session.ts';
import { verify } from './verify.ts';

let workspace = '';
let whole: SessionFolder;
let killed: SessionFolder;
/** A copy that a test may damage. */
let folder: SessionFolder;

beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-verify-'));
  whole = await recordSession(workspace);
  killed = await recordSession(workspace, { sessionId: 'killed-1', killedAfterBlocks: 220 });
});
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});
beforeEach(() => {
  folder = copyOf(whole);
});
afterEach(() => {
  rmSync(folder.path, { recursive: true, force: true });
});

function copyOf(original: SessionFolder): SessionFolder {
  const copy = path.join(workspace, 'copy');
  rmSync(copy, { recursive: true, force: true });
  cpSync(original.path, copy, { recursive: true });
  return new SessionFolder(copy);
}

async function verified(): Promise<{ code: number; result: Verification }> {
  const io = captureIo(true);
  const code = await verify(workspace, folder.path, io);
  return { code, result: JSON.parse(io.out()) as Verification };
}

function alter(statement: string): void {
  const database = new DatabaseSync(folder.journalFile);
  expect(database.prepare(statement).run().changes).toBeGreaterThan(0);
  database.close();
}

/** Every table that a journal has. */
function tablesOfJournal(): string[] {
  const database = new DatabaseSync(folder.journalFile);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  database.close();
  return tables.map(({ name }) => String(name));
}

function fillOfJournal(): { fill_id: string; evidence_sequence: number; time_ms: number; price: string } {
  const database = new DatabaseSync(folder.journalFile);
  const row = database.prepare('SELECT * FROM fills ORDER BY rowid LIMIT 1 OFFSET 2').get();
  database.close();
  return row as ReturnType<typeof fillOfJournal>;
}

function segment(): string {
  const [name = ''] = readdirSync(folder.eventsFolder).toSorted();
  return path.join(folder.eventsFolder, name);
}

/** Every file of the folder with its content: verification must not change any. */
function contents(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => statSync(path.join(root, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(path.join(root, name)).toString('base64')]));
}

describe('a session as it was recorded', () => {
  test('is identical in every output, exits 0, and is not touched', async () => {
    const before = contents(folder.path);
    const { code, result } = await verified();
    expect(result.difference).toBeNull();
    expect(code).toBe(0);
    expect(result.warnings).toEqual([]);
    const manifest = folder.readManifest();
    expect(result).toMatchObject({ identical: true, events: manifest.events });
    expect(result.state_hash).toEqual({ recorded: manifest.state_hash, replayed: manifest.state_hash });
    expect(result.checkpoints).toBeGreaterThan(40);
    expect(result.journal_rows['fills']).toBeGreaterThan(5);
    // The marks of snapshots are of one run, and alerts are said by the program: no replay says either again.
    const compared = tablesOfJournal().filter((name) => name !== 'snapshots' && name !== 'alerts');
    expect(Object.keys(result.journal_rows).toSorted()).toEqual(compared);
    expect(contents(folder.path)).toEqual(before);
  });

  test('that another engine ran says so first', async () => {
    folder.writeManifest({ ...folder.readManifest(), engine_hash: 'f'.repeat(64) });
    const io = captureIo();
    expect(await verify(workspace, folder.path, io)).toBe(0);
    const [first = '', second = ''] = io.out().split('\n');
    expect(first).toMatch(/^warning: another engine: the session ran 0\.1\.0 \(ffffffffffff\), this is/);
    expect(second).toMatch(/^session synthetic-1 is identical: [\d,]+ events, \d+ checkpoints/);
  });

  test('that was killed is verified as far as it came, with whatever the kill left out', async () => {
    folder = copyOf(killed);
    expect((await verified()).code).toBe(0);
    // Killed between the journal and its checkpoint.
    const lines = readFileSync(folder.checkpointFile, 'utf8').trimEnd().split('\n');
    writeFileSync(folder.checkpointFile, `${lines.slice(0, -1).join('\n')}\n{"sequence":`);
    expect((await verified()).code).toBe(0);
    // Killed while a frame was written: the tail of one that is torn.
    const size = statSync(segment()).size;
    appendFileSync(segment(), readFileSync(segment()).subarray(0, 40));
    const { code, result } = await verified();
    expect(code).toBe(0);
    expect(result.torn_tail).toEqual({ segment: '000001.jsonl.zst', offset: size, bytes: 40 });
  });
});

describe('a difference', () => {
  test('in a fill names the event that made it, and both sides', async () => {
    const fill = fillOfJournal();
    alter(`UPDATE fills SET price = '1.5' WHERE fill_id = '${fill.fill_id}'`);
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.difference).toMatchObject({
      kind: 'journal',
      what: 'journal, table fills',
      expected: `fills ${fill.fill_id}: price = 1.5`,
      found: `fills ${fill.fill_id}: price = ${fill.price}`,
    });
    // The order arrived after the book that it walked, by the time the next event came.
    expect(result.difference?.sequence).toBeGreaterThanOrEqual(fill.evidence_sequence);
    expect(result.difference?.sequence).toBeLessThan(fill.evidence_sequence + 10);
    const io = captureIo();
    expect(await verify(workspace, folder.path, io)).toBe(7);
    expect(io.out()).toMatch(
      /differs at event \d+ at 2026-01-01T00:00:\d\d\.\d{3}Z: journal, table fills\n {2}expected/,
    );
  });

  test.each([
    [
      'an order',
      `UPDATE orders SET status = 'rejected' WHERE order_id = (SELECT max(order_id) FROM orders)`,
      'orders',
    ],
    ['a ledger entry that is gone', 'DELETE FROM ledger WHERE entry_id = 3', 'ledger'],
    [
      'a point of equity too many',
      `INSERT INTO equity SELECT NULL, time_ms, equity, wallet, unrealized_pnl, position FROM equity LIMIT 1`,
      'equity',
    ],
    ['the position', `UPDATE positions SET quantity = '9'`, 'positions'],
    [
      'a verdict too many',
      `INSERT INTO verdicts VALUES (NULL, 1, 'BTCUSDT', 0, 'supervisor', 'wait', NULL, 'no setup', '{}')`,
      'verdicts',
    ],
    ['a denial', `UPDATE denials SET numbers = '{}'`, 'denials'],
  ])('in %s exits 7', async (_name, statement, table) => {
    alter(statement);
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.difference).toMatchObject({ kind: 'journal', what: `journal, table ${table}` });
  });

  test('between the strategies names the first event at which it shows', async () => {
    // The second order is bought smaller: the session and its replay part there.
    const actions = [
      { at: '1s', action: 'submit', id: 'in-0', side: 'buy', type: 'market', quantity: '0.2' },
    ];
    const manifest = folder.readManifest();
    writeFileSync(
      path.join(folder.path, 'strategy.ts'),
      `import { createBuiltInStrategy } from ${JSON.stringify(path.resolve('src/core/strategy/built-in-strategies.ts'))};
       import { z } from 'zod';
       const other = createBuiltInStrategy('scripted', ${JSON.stringify({ actions })});
       export default { name: 'scripted', params: z.any(), historyBars: () => 0, create: () => other.handlers };`,
    );
    folder.writeManifest(manifest);
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.warnings).toEqual(['the strategy file is not the one that the session ran']);
    expect(result.difference?.kind).toBe('checkpoint');
    const { difference } = result;
    const first = readFileSync(folder.checkpointFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { sequence: number; time_ms: number })
      .find(({ time_ms: timeMs }) => timeMs >= Date.UTC(2026, 0, 1, 0, 0, 1));
    expect(difference?.sequence).toBeGreaterThanOrEqual(first?.sequence ?? Number.NaN);
    expect(difference?.sequence).toBeLessThan((first?.sequence ?? Number.NaN) + 10);
    expect(difference?.what).toContain('identical up to event');
    expect(difference?.expected).not.toBe(difference?.found);
  });

  test('in a checkpoint, in the end or in the report exits 7', async () => {
    const text = readFileSync(folder.checkpointFile, 'utf8');
    writeFileSync(folder.checkpointFile, text.replace(/"state_hash":"./, '"state_hash":"x'));
    expect((await verified()).result.difference?.kind).toBe('checkpoint');
    const lines = text.trimEnd().split('\n');
    const middle = Math.floor(lines.length / 2);
    lines[middle] = (lines[middle] ?? '').replace(/"state_hash":".{4}/, '"state_hash":"0000');
    writeFileSync(folder.checkpointFile, `${lines.join('\n')}\n`);
    expect((await verified()).result.difference).toMatchObject({ kind: 'checkpoint' });
    rmSync(folder.checkpointFile);
    expect((await verified()).result.difference).toMatchObject({ found: 'no such file' });
    writeFileSync(folder.checkpointFile, text);
    const report = readFileSync(folder.finalReportFile, 'utf8');
    writeFileSync(folder.finalReportFile, report.replace(/"ending_equity": "\d/, '"ending_equity": "7'));
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.difference).toMatchObject({ kind: 'report', what: 'final_report.json, ending_equity' });
    writeFileSync(folder.finalReportFile, report);
    folder.writeManifest({ ...folder.readManifest(), state_hash: '0'.repeat(16) });
    expect((await verified()).result.difference).toMatchObject({ kind: 'end', what: 'state at the end' });
  });
});

describe('a figure that was altered afterwards exits 7', () => {
  test.each([
    ['final_report.json', 'fees_paid', /("fees_paid": ")[^"]*/, '$10.5', 'final_report.json, fees_paid'],
    ['final_report.json', 'wins', /("wins": )\d+/, '$1777', 'final_report.json, wins'],
    ['final_report.json', 'ended_at', /("ended_at": "2)\d/, '$19', 'final_report.json, ended_at'],
    ['session.json', 'seed', /("seed": )\d+/, '$14711', 'session.json, seed'],
    ['trades.csv', 'a price', /^(1,[A-Z]+,[a-z]+,)[^,]+/m, '$199', 'trades.csv, line 2'],
    ['trades.csv', 'a row too many', /\n$/, '\nmore\n', 'trades.csv, line'],
    ['equity.csv', 'a sample', /(\n\d+,[^,]+,)[^,]+/, '$199', 'equity.csv, line 2'],
  ])('%s: %s', async (name, _, pattern, replacement, what) => {
    const file = path.join(folder.path, name);
    const text = readFileSync(file, 'utf8');
    const altered = text.replace(pattern, replacement);
    expect(altered).not.toBe(text);
    writeFileSync(file, altered);
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.difference?.kind).toBe('report');
    expect(result.difference?.what).toContain(what);
  });

  test('but not where another program, which may count otherwise, wrote the report', async () => {
    folder.writeManifest({ ...folder.readManifest(), engine_hash: 'f'.repeat(64) });
    const report = readFileSync(folder.finalReportFile, 'utf8');
    writeFileSync(folder.finalReportFile, report.replace(/"sharpe": [^,]*/, '"sharpe": 1.5'));
    expect((await verified()).code).toBe(0);
  });
});

describe('a damaged event log', () => {
  test('is told with its place: a byte turned over, a tail cut off', async () => {
    const bytes = readFileSync(segment());
    const altered = Buffer.from(bytes);
    const at = Math.floor(bytes.length / 2);
    altered[at] = (altered[at] ?? 0) ^ 4;
    writeFileSync(segment(), altered);
    const flipped = await verified();
    expect(flipped.code).toBe(7);
    expect(flipped.result.difference).toMatchObject({ kind: 'log' });
    expect(flipped.result.difference?.found).toMatch(/segment 000001\.jsonl\.zst, byte \d+/);
    expect(flipped.result.difference?.sequence).toBeGreaterThan(0);
    writeFileSync(segment(), bytes);
    truncateSync(segment(), bytes.length - 30);
    const cut = await verified();
    expect(cut.code).toBe(7);
    expect(cut.result.torn_tail?.bytes).toBeGreaterThan(0);
    expect(cut.result.difference).toMatchObject({ kind: 'log', what: 'length of the event log' });
    rmSync(segment());
    const io = captureIo();
    expect(await verify(workspace, folder.path, io)).toBe(7);
    expect(io.err()).toContain('has no events');
  });
});

describe('a journal', () => {
  test('that is gone or damaged is told, and rebuilt to the same rows', async () => {
    const before = dump(whole.journalFile);
    rmSync(folder.journalFile);
    expect((await verified()).result.difference).toMatchObject({ kind: 'journal' });
    expect(await rebuildJournal(workspace, folder.path, captureIo())).toBe(0);
    expect(dump(folder.journalFile)).toEqual(before);
    expect((await verified()).code).toBe(0);
    const bytes = readFileSync(folder.journalFile);
    writeFileSync(
      folder.journalFile,
      Buffer.concat([bytes.subarray(0, 5_000), Buffer.alloc(4_096, 255), bytes.subarray(9_096)]),
    );
    writeFileSync(`${folder.journalFile}-wal`, 'rubbish');
    const { code, result } = await verified();
    expect(code).toBe(7);
    expect(result.difference?.kind).toBe('journal');
    expect(await rebuildJournal(workspace, folder.path, captureIo(true))).toBe(0);
    expect(dump(folder.journalFile)).toEqual(before);
  });

  test('that is rebuilt has the alerts of its session again, and verifies with them', async () => {
    const { local_started_at: startedAt } = folder.readManifest();
    const logs = path.join(workspace, 'logs');
    mkdirSync(logs);
    const lines = [
      `[${startedAt}] warning degraded: in its time`,
      '[2001-01-01T00:00:00.000Z] error old: before',
    ];
    writeFileSync(path.join(logs, 'alert.txt'), `${lines.join('\n')}\n`);
    expect(await rebuildJournal(workspace, folder.path, captureIo())).toBe(0);
    rmSync(logs, { recursive: true });
    const database = new DatabaseSync(folder.journalFile, { readOnly: true });
    expect(database.prepare('SELECT level, reason, text FROM alerts').all()).toMatchObject([
      { level: 'warning', reason: 'degraded', text: 'in its time' },
    ]);
    database.close();
    expect((await verified()).code).toBe(0);
  });

  test('of a killed session is rebuilt as it was', async () => {
    folder = copyOf(killed);
    const before = dump(folder.journalFile);
    writeFileSync(folder.journalFile, 'nonsense');
    expect(await rebuildJournal(workspace, folder.path, captureIo())).toBe(0);
    expect(dump(folder.journalFile)).toEqual(before);
  });
});

/** Everything that a database holds, schema and row numbers included. */
function dump(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare('SELECT * FROM sqlite_schema ORDER BY name').all();
  const rows = tables
    .filter(({ type }) => type === 'table')
    .map(({ name }) => [
      name,
      database.prepare(`SELECT rowid AS _rowid, * FROM ${String(name)} ORDER BY rowid`).all(),
    ]);
  const version = database.prepare('PRAGMA user_version').get();
  database.close();
  return { schema: tables.map(({ name, sql }) => [name, sql]), rows, version };
}
