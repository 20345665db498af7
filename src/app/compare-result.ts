/**
 * Holds the documents that a session left of its end (final_report.json, trades.csv, equity.csv, the manifest) against those
 * that its replay comes to.
 *
 * Assumes that the journals were found identical: the rows of the replay's stand for both. What no replay can know is not
 * compared: connections, errors of the program, what a twin found. Another program composes reports in its own way, so the
 * figures of its reports are left out, except for those of {@link END_FIELDS}.
 */

import { readFileSync } from 'node:fs';
import { type StoppedReason, EXIT_CODES } from '../core/domain/reasons.ts';
import { formatEquityCsv } from '../report/equity-csv.ts';
import type { FinalReport } from '../report/final-report.ts';
import { formatTradesCsv } from '../report/trades-csv.ts';
import type { SessionFolder, SessionManifest } from '../storage/session-folder.ts';
import { endAmounts } from './end-amounts.ts';
import type { SessionReplay } from './replay-session.ts';
import { engineHash } from './session-hashes.ts';
import { readJournalRows } from './session-page.ts';
import { composeReport } from './compose-report.ts';

/** Fields of a report that every version means alike. */
const END_FIELDS: ReadonlySet<string> = new Set(['state_hash', 'events', 'ending_equity', 'starting_equity']);

/** Fields that only the program that ran the session could know. */
const UNREPEATABLE_FIELDS: ReadonlySet<string> = new Set(['reconnects', 'error_count', 'checks']);

/** Fields that manifest and report both tell. */
const SHARED_FIELDS = ['seed', 'symbols', 'exit_code'] as const;

export interface ResultDifference {
  readonly what: string;
  /** What the session left. */
  readonly expected: string;
  /** What its replay comes to. */
  readonly found: string;
}

/** `journalFile`: the replay's. Null where nothing differs. */
export function compareResult(
  folder: SessionFolder,
  manifest: SessionManifest,
  replay: SessionReplay,
  journalFile: string,
): ResultDifference | null {
  const rows = readJournalRows(journalFile);
  const found = replayedReport(manifest, replay, rows);
  const isSameProgram = manifest.engine_hash === engineHash();
  const inReport = compareReport(folder, found, isSameProgram);
  if (inReport !== null || !isSameProgram) return inReport;
  return (
    compareManifest(manifest, found) ??
    compareLines('trades.csv', folder.tradesFile, formatTradesCsv(rows.trades)) ??
    compareLines('equity.csv', folder.equityFile, formatEquityCsv(rows.equity))
  );
}

function replayedReport(
  manifest: SessionManifest,
  { engine, start }: SessionReplay,
  rows: ReturnType<typeof readJournalRows>,
): FinalReport {
  const status = engine.status();
  return composeReport(
    {
      sessionId: start.session_id,
      symbols: start.instruments.map(({ symbol }) => symbol),
      strategy: start.strategy.name,
      source: manifest.source,
      seed: start.seed,
      // When and why it ended was not the engine's to say alone: a program may fail, and a backtest's data goes on behind.
      stoppedReason: stoppedReasonOf(manifest) ?? engine.endReason ?? 'crashed',
      startedMs: Date.parse(manifest.started_at),
      endedMs: manifest.ended_at === null ? status.timeMs : Date.parse(manifest.ended_at),
      ...endAmounts(engine, start),
      events: status.events,
      stateHash: engine.stateHash(),
      reconnects: null,
      errorCount: null,
    },
    rows,
  );
}

function compareReport(
  folder: SessionFolder,
  replayed: FinalReport,
  isSameProgram: boolean,
): ResultDifference | null {
  let report: Readonly<Record<string, unknown>>;
  try {
    report = JSON.parse(readFileSync(folder.finalReportFile, 'utf8')) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return { what: 'final_report.json', expected: 'a report', found: reasonOf(error) };
  }
  // First what explains most: an end that differs makes every figure differ.
  const fields = Object.entries(replayed).toSorted(
    ([a], [b]) => Number(END_FIELDS.has(b)) - Number(END_FIELDS.has(a)),
  );
  for (const [field, value] of fields) {
    if (UNREPEATABLE_FIELDS.has(field) || !(isSameProgram || END_FIELDS.has(field))) continue;
    const expected = textOf(report[field]);
    const found = textOf(value);
    if (expected !== found) return { what: `final_report.json, ${field}`, expected, found };
  }
  return null;
}

function stoppedReasonOf({ stopped_reason: text }: SessionManifest): StoppedReason | null {
  const known = Object.keys(EXIT_CODES) as StoppedReason[];
  return known.find((reason) => reason === text) ?? null;
}

function compareManifest(manifest: SessionManifest, replayed: FinalReport): ResultDifference | null {
  for (const field of SHARED_FIELDS) {
    const expected = textOf(manifest[field]);
    const found = textOf(replayed[field]);
    if (expected !== found) return { what: `session.json, ${field}`, expected, found };
  }
  return null;
}

function compareLines(name: string, file: string, replayed: string): ResultDifference | null {
  let recorded: string;
  try {
    recorded = readFileSync(file, 'utf8');
  } catch (error) {
    return { what: name, expected: 'a table', found: reasonOf(error) };
  }
  if (recorded === replayed) return null;
  const expected = recorded.split('\n');
  const found = replayed.split('\n');
  const index = expected.findIndex((line, at) => line !== found[at]);
  const at = index === -1 ? expected.length : index;
  return {
    what: `${name}, line ${at + 1}`,
    expected: expected[at] ?? 'no line',
    found: found[at] ?? 'no line',
  };
}

function textOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
