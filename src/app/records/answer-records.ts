/**
 * Answers questions about the sessions of a workspace from their files. Synchronous and without memory of its own: it runs
 * on the records thread.
 *
 * A session that runs is read like any other: its journal is read as of its last whole block.
 */

import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { answerReceipt } from './answer-receipt.ts';
import { answerSweep, answerSweeps, answerTrials } from './answer-sweeps.ts';
import type { Recording, SessionSummary } from '../../protocol/rest.ts';
import { formatMoney, parseMoney } from '../../core/domain/instrument.ts';
import { money } from '../../core/domain/units.ts';
import { describeInstruments, describeSession } from '../../server/session-info.ts';
import {
  type RecordPage,
  type RecordQuery,
  RecordsError,
  type RecordTable,
  type RecordsProtocol,
  type RecordsTopic,
} from '../../server/session-records.ts';
import { BACKTEST_SOURCE } from '../session-manifest.ts';
import { PAGE_ROWS_MAX } from '../../storage/journal-page.ts';
import { JournalReader } from '../../storage/journal-reader.ts';
import { readRecordedBars, readRecordedBooks, readRecordedStart } from '../../storage/recorded-view.ts';
import { SessionFolder } from '../../storage/session-folder.ts';
import { findFolder, listFolderNames } from '../../storage/named-folders.ts';
import { StorageError } from '../../storage/storage-error.ts';

/** Rows of each kind that a whole recording may hold; the newest stay. */
const RECORDING_ROWS_MAX = 20_000;

const reportSchema = z.record(z.string(), z.unknown());

export interface RecordsPlace {
  readonly sessionsDirectory: string;
  readonly sweepsDirectory: string;
  /** The session that runs in this process; null for none. */
  readonly runningId: string | null;
}

type Answers = {
  readonly [Topic in RecordsTopic]: (
    place: RecordsPlace,
    question: RecordsProtocol[Topic]['question'],
  ) => RecordsProtocol[Topic]['answer'];
};

const ANSWERS: Answers = {
  sessions(place, { limit, before }) {
    const ids = listFolderNames(place.sessionsDirectory).filter((id) => before === null || id < before);
    const shown = ids.slice(0, limit);
    return {
      sessions: shown.flatMap((id) => listedSummary(place, id) ?? []),
      nextCursor: ids.length > limit ? (shown.at(-1) ?? null) : null,
    };
  },
  session(place, { sessionId }) {
    const folder = folderOf(place, sessionId);
    const summary = summaryOf(place, sessionId);
    if (summary === null) throw unknown(sessionId);
    return { summary, session: infoOf(place, folder) };
  },
  page: (place, { sessionId, query }) => readPage(folderOf(place, sessionId), query),
  report: (place, { sessionId }) => readReport(folderOf(place, sessionId)),
  candles: (place, { sessionId }) => readRecordedBars(folderOf(place, sessionId).eventsFolder),
  book(place, { sessionId, query }) {
    const { eventsFolder } = folderOf(place, sessionId);
    return readRecordedBooks(eventsFolder, query.symbol, [query.atMs], query.levels)[0] ?? null;
  },
  receipt: (place, { sessionId, fillId }) => answerReceipt(folderOf(place, sessionId), fillId),
  sweeps: ({ sweepsDirectory }, { limit, before }) => answerSweeps(sweepsDirectory, limit, before),
  sweep: ({ sweepsDirectory }, { sweepId }) => answerSweep(sweepsDirectory, sweepId),
  trials: ({ sweepsDirectory }, { sweepId, limit, after }) =>
    answerTrials(sweepsDirectory, sweepId, limit, after),
  recording: (place, { sessionId }) => readRecording(place, folderOf(place, sessionId)),
};

/** Throws RecordsError `unknown_session`, StorageError where its files cannot be read. */
export function answerRecords<Topic extends RecordsTopic>(
  place: RecordsPlace,
  topic: Topic,
  question: RecordsProtocol[Topic]['question'],
): RecordsProtocol[Topic]['answer'] {
  return ANSWERS[topic](place, question);
}

function folderOf(place: RecordsPlace, id: string): SessionFolder {
  const folder = findFolder(place.sessionsDirectory, id);
  if (folder === null) throw unknown(id);
  return new SessionFolder(folder);
}

function unknown(id: string): RecordsError {
  return new RecordsError('unknown_session', `there is no session ${JSON.stringify(id)}`);
}

function readPage(folder: SessionFolder, query: RecordQuery): RecordPage {
  // A session that ended before it had a market has no journal.
  if (!existsSync(folder.journalFile)) return { rows: [], nextCursor: null };
  const journal = JournalReader.open(folder.journalFile);
  try {
    const page = journal.page(query);
    if (query.table === 'orders')
      return { ...page, rows: page.rows.map((row) => ({ ...row, queue_ahead: null })) };
    return query.table === 'equity' ? { ...page, rows: withBand(journal, page.rows) } : page;
  } finally {
    journal.close();
  }
}

/** Points of equity with those of the band's other two exchanges at the same moment; null where they did not run. */
function withBand(
  journal: JournalReader,
  rows: readonly Record<string, unknown>[],
): Record<string, unknown>[] {
  const points = journal.bandAt(rows.map((row) => Number(row['time_ms'])));
  const bandByTime = new Map(points.map((point) => [point.time_ms, point]));
  return rows.map((row) => {
    const point = bandByTime.get(Number(row['time_ms']));
    // The band holds profits: what the account began with is its equity without the profit of its own exchange.
    const under = (profit: string | null | undefined): string | null =>
      point === undefined || profit === null || profit === undefined
        ? null
        : formatMoney(
            money(parseMoney(String(row['equity'])) - parseMoney(point.realistic) + parseMoney(profit)),
          );
    return { ...row, optimistic: under(point?.optimistic), pessimistic: under(point?.pessimistic) };
  });
}

/** The newest rows of a table, oldest first. */
function readNewest(folder: SessionFolder, table: RecordTable): readonly Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  let cursor: number | null = null;
  do {
    const page = readPage(folder, {
      table,
      limit: PAGE_ROWS_MAX,
      order: 'desc',
      cursor,
      fromMs: null,
      toMs: null,
      filters: {},
      stepMs: null,
    });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < RECORDING_ROWS_MAX);
  return rows.toReversed();
}

function readReport(folder: SessionFolder): Record<string, unknown> | null {
  if (!existsSync(folder.finalReportFile)) return null;
  return reportSchema.parse(JSON.parse(readFileSync(folder.finalReportFile, 'utf8')));
}

/** As {@link summaryOf}; null also for damaged documents: asked for by itself the session says so, the list goes on. */
function listedSummary(place: RecordsPlace, id: string): SessionSummary | null {
  try {
    return summaryOf(place, id);
  } catch (error) {
    if (error instanceof StorageError || error instanceof SyntaxError || error instanceof z.ZodError)
      return null;
    throw error;
  }
}

/** Null for a folder that holds no manifest: it is no session (yet). */
function summaryOf(place: RecordsPlace, id: string): SessionSummary | null {
  const found = findFolder(place.sessionsDirectory, id);
  const folder = found === null ? null : new SessionFolder(found);
  if (folder === null || !existsSync(folder.manifestFile)) return null;
  const manifest = folder.readManifest();
  const report = readReport(folder);
  const text = (name: string): string | null => {
    const value = report?.[name];
    return typeof value === 'string' ? value : null;
  };
  const number = (name: string): number | null => {
    const value = report?.[name];
    return typeof value === 'number' ? value : null;
  };
  const status = z.enum(['success', 'degraded', 'error', 'killed']).safeParse(report?.['status']);
  return {
    session_id: id,
    kind: manifest.source.startsWith(BACKTEST_SOURCE) ? 'backtest' : 'paper',
    strategy: manifest.strategy.name,
    symbols: [...manifest.symbols],
    source: manifest.source,
    started_time_ms: Date.parse(text('started_at') ?? manifest.started_at),
    ended_time_ms: manifest.ended_at === null ? null : Date.parse(manifest.ended_at),
    status: status.success ? status.data : id === place.runningId ? 'running' : null,
    stopped_reason: manifest.stopped_reason,
    pnl_absolute: text('pnl_absolute'),
    pnl_percent: number('pnl_percent'),
    trades: number('trades'),
    max_drawdown_percent: number('max_drawdown_percent'),
  };
}

function infoOf(place: RecordsPlace, folder: SessionFolder): Recording['session'] | null {
  const start = readRecordedStart(folder.eventsFolder);
  if (start === null) return null;
  const manifest = folder.readManifest();
  const mode = folder.id === place.runningId ? 'paper' : 'recorded';
  return describeSession(start, manifest.program_version, mode, Date.parse(manifest.started_at));
}

function readRecording(place: RecordsPlace, folder: SessionFolder): Recording {
  const start = readRecordedStart(folder.eventsFolder);
  const session = infoOf(place, folder);
  if (start === null || session === null) {
    throw new RecordsError('unknown_session', `session ${folder.id} ended before it had a market`);
  }
  // Rows are checked against the protocol's schemas where they are sent.
  const rows = <Row>(table: RecordTable): Row[] => readNewest(folder, table) as unknown as Row[];
  return {
    session,
    report: readReport(folder),
    instruments: describeInstruments(start),
    candles: readRecordedBars(folder.eventsFolder),
    orders: rows('orders'),
    fills: rows('fills'),
    trades: rows('trades'),
    ledger: rows('ledger'),
    equity: rows('equity'),
    denials: rows('denials'),
    quality: rows('quality'),
    verdicts: rows('verdicts'),
    logs: [],
    lifecycle: rows('lifecycle'),
  };
}
