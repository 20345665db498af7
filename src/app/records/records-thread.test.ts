import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { serveSession, type ServedSession } from '../../../test/builders/served-session.ts';
import { START_MS } from '../../../test/builders/session.ts';
import type { RecordQuery, RecordTable } from '../../server/session-records.ts';
import { JournalReader } from '../../storage/journal-reader.ts';
import { RecordsThread } from './records-thread.ts';

let session: ServedSession;
let records: RecordsThread;

beforeAll(() => {
  session = serveSession();
  records = new RecordsThread({
    sessionsDirectory: path.join(session.root, 'sessions'),
    sweepsDirectory: path.join(session.root, 'sweeps'),
    runningId: null,
  });
});

afterAll(async () => {
  await records.close();
  await session.close();
});

function query(table: RecordTable, changes: Partial<RecordQuery> = {}): RecordQuery {
  const nothing = { cursor: null, fromMs: null, toMs: null, filters: {}, stepMs: null };
  return { table, limit: 100, order: 'asc', ...nothing, ...changes };
}

async function readRows(table: RecordTable, changes: Partial<RecordQuery> = {}): Promise<unknown[]> {
  const { rows } = await records.ask('page', { sessionId: 's1', query: query(table, changes) });
  return [...rows];
}

describe('pages', () => {
  test('hold the rows of the journal as the report has them', async () => {
    const journal = JournalReader.open(session.folder.journalFile);
    expect(await readRows('fills')).toEqual(journal.fills());
    expect(await readRows('ledger')).toEqual(journal.ledger());
    expect(await readRows('denials')).toEqual(journal.denials());
    expect(await readRows('orders')).toEqual(
      journal.orders().map(({ order_id: id }) => ({ ...journal.order(id), queue_ahead: null })),
    );
    expect(await readRows('orders')).toMatchObject([{ tag: 'entry' }, { tag: 'target' }, { tag: 'signal' }]);
    expect(await readRows('equity')).toMatchObject(journal.equity());
    journal.close();
  });

  test.each(['asc', 'desc'] as const)(
    'follow one another without a gap or a repetition (%s)',
    async (order) => {
      const all = await readRows('equity', { order });
      expect(all.length).toBeGreaterThan(50);
      const walked: unknown[] = [];
      let cursor: number | null = null;
      let pages = 0;
      do {
        const question = { sessionId: 's1', query: query('equity', { order, limit: 7, cursor }) };
        const page: Awaited<ReturnType<typeof records.ask<'page'>>> = await records.ask('page', question);
        walked.push(...page.rows);
        cursor = page.nextCursor;
        pages++;
      } while (cursor !== null);
      expect(walked).toEqual(all);
      expect(pages).toBe(Math.ceil(all.length / 7));
    },
  );

  test('are chosen by column and by time, the first bound counted in, the second not', async () => {
    expect(await readRows('orders', { filters: { side: 'sell', status: 'new' } })).toHaveLength(1);
    expect(await readRows('orders', { filters: { symbol: "' OR 1=1 --" } })).toEqual([]);
    const all = (await readRows('equity')) as { time_ms: number }[];
    const [, second, third] = all;
    const changes = { fromMs: second?.time_ms ?? 0, toMs: third?.time_ms ?? 0 };
    expect(await readRows('equity', changes)).toEqual([second]);
  });

  test('can be thinned to the last row of every span', async () => {
    const all = (await readRows('equity')) as { time_ms: number }[];
    const lasts = new Map(all.map((point) => [Math.floor(point.time_ms / 10_000), point]));
    expect(await readRows('equity', { stepMs: 10_000 })).toEqual([...lasts.values()]);
    const fromMs = START_MS + 20_000;
    expect(await readRows('equity', { stepMs: 10_000, fromMs })).toEqual(
      [...lasts.values()].filter((point) => point.time_ms >= fromMs),
    );
  });
});

describe('sessions', () => {
  test('are listed newest first, page by page', async () => {
    for (const id of ['20260101-000000-aaaa', '20260102-000000-bbbb']) {
      const folder = path.join(session.root, 'sessions', id);
      mkdirSync(folder);
      const manifest = { ...session.folder.readManifest(), session_id: id, stopped_reason: null };
      writeFileSync(path.join(folder, 'session.json'), JSON.stringify(manifest));
    }
    const first = await records.ask('sessions', { limit: 2, before: null });
    expect(first.sessions.map(({ session_id: id, status }) => [id, status])).toEqual([
      ['s1', 'success'],
      ['20260102-000000-bbbb', null],
    ]);
    const second = await records.ask('sessions', { limit: 2, before: first.nextCursor });
    expect(second.sessions.map(({ session_id: id }) => id)).toEqual(['20260101-000000-aaaa']);
    expect(second.nextCursor).toBeNull();
  });

  test('are listed without those whose documents are damaged; asked for by itself each is an error', async () => {
    const { sessions } = await records.ask('sessions', { limit: 10, before: null });
    const damage = { '20260103-000000-cccc': 'session.json', '20260104-000000-dddd': 'final_report.json' };
    for (const [id, name] of Object.entries(damage)) {
      const folder = path.join(session.root, 'sessions', id);
      mkdirSync(folder);
      const manifest = { ...session.folder.readManifest(), session_id: id };
      writeFileSync(path.join(folder, 'session.json'), JSON.stringify(manifest));
      writeFileSync(path.join(folder, name), '{"torn');
      await expect(records.ask('session', { sessionId: id })).rejects.toThrow(/JSON|session\.json/);
    }
    expect((await records.ask('sessions', { limit: 10, before: null })).sessions).toEqual(sessions);
    expect(sessions).toHaveLength(3);
  });

  test('are found by a name that is there, never by a path', async () => {
    const sessions = path.join(session.root, 'sessions');
    mkdirSync(path.join(session.root, 'outside'));
    writeFileSync(path.join(session.root, 'outside', 'final_report.json'), '{"secret":1}');
    symlinkSync(path.join(session.root, 'outside'), path.join(sessions, 'linked'));
    const names = ['../outside', 's1/../s1', '.', '..', 'linked', 'S1', 's1\0', '', 'latest', session.root];
    for (const sessionId of names) {
      await expect(records.ask('report', { sessionId })).rejects.toMatchObject({ code: 'unknown_session' });
    }
    expect(await records.ask('report', { sessionId: 's1' })).toMatchObject({ status: 'success' });
  });

  test('are told whole', async () => {
    const recording = await records.ask('recording', { sessionId: 's1' });
    expect(recording.session).toMatchObject({ session_id: 's1', mode: 'recorded', interval_ms: 60_000 });
    expect(recording.fills).toHaveLength(1);
    expect(recording.candles).toMatchObject([{ open_time_ms: START_MS, close: '1000.2', is_closed: true }]);
    expect(recording.lifecycle.map(({ state }) => state)).toEqual([
      'warming',
      'running',
      'halted',
      'running',
    ]);
  });

  test('show their book at a moment', async () => {
    const bookAt = (atMs: number): Promise<unknown> =>
      records.ask('book', { sessionId: 's1', query: { symbol: 'BTCUSDT', atMs, levels: 5 } });
    expect(await bookAt(START_MS - 1)).toBeNull();
    expect(await bookAt(START_MS + 10_000)).toMatchObject({ bids: [['1000', '0.05']], is_valid: true });
    expect(await bookAt(START_MS + 61_600)).toMatchObject({ bids: [['1000', '0.04']] });
  });

  test('keep the receipts of their fills', async () => {
    const receipt = await records.ask('receipt', { sessionId: 's1', fillId: 's1-f1' });
    expect(receipt).toMatchObject({
      fill: { fill_id: 's1-f1', liquidity: 'taker' },
      book_at_arrival: { asks: [['1000.1', '0.05']] },
      levels_used: [{ price: '1000.1', quantity: '0.01' }],
      document: { fill_id: 's1-f1' },
    });
    expect(receipt.text.join('\n')).toContain('s1-f1');
    const missing = records.ask('receipt', { sessionId: 's1', fillId: 's1-f2' });
    await expect(missing).rejects.toMatchObject({ code: 'unknown_fill' });
  });
});

describe('the thread', () => {
  test('refuses what nobody can wait for, and goes on', async () => {
    const asked = Array.from({ length: 40 }, () =>
      records.ask('report', { sessionId: 's1' }).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    );
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(8);
    expect(await records.ask('report', { sessionId: 's1' })).not.toBeNull();
  });

  test('tells of a session that cannot be read, without its insides reaching further', async () => {
    writeFileSync(session.folder.journalFile, 'no database');
    const asked = records.ask('page', { sessionId: 's1', query: query('fills') });
    await expect(asked).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('answers nothing any more once it is closed', async () => {
    const asked = records.ask('report', { sessionId: 's1' });
    const outcome = asked.then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
    await records.close();
    expect(await outcome).toBe('busy');
    await expect(records.ask('report', { sessionId: 's1' })).rejects.toMatchObject({ code: 'busy' });
  });
});
