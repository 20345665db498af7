/**
 * The tables of `journal.db`: what the engine said, in the names of the report's JSON. Times are integer ms UTC, amounts
 * decimal text, flags 0 or 1.
 *
 * The journal is a projection: it can be deleted and rebuilt from the event log. A change of a table is a new migration;
 * `user_version` counts the migrations a file has.
 */

import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from './storage-error.ts';

const MIGRATION_1 = `
CREATE TABLE instruments (
  symbol TEXT PRIMARY KEY, instrument_index INTEGER NOT NULL, strategy TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
  order_id TEXT PRIMARY KEY, client_order_id TEXT, symbol TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL,
  quantity TEXT NOT NULL, price TEXT, time_in_force TEXT NOT NULL, reduce_only INTEGER NOT NULL, status TEXT NOT NULL,
  reason TEXT, decision_time_ms INTEGER NOT NULL, arrival_time_ms INTEGER, closed_time_ms INTEGER,
  filled_quantity TEXT NOT NULL, average_price TEXT
) STRICT;
CREATE TABLE fills (
  fill_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL, quantity TEXT NOT NULL,
  price TEXT NOT NULL, liquidity TEXT NOT NULL, fee TEXT NOT NULL, fee_rate TEXT NOT NULL, time_ms INTEGER NOT NULL,
  decision_time_ms INTEGER NOT NULL, arrival_time_ms INTEGER NOT NULL, mark_price TEXT, spread_cost TEXT,
  latency_cost TEXT, impact_cost TEXT, slippage_cost TEXT, queue_ahead_at_acceptance TEXT,
  extrapolated_quantity TEXT NOT NULL, reconstructed INTEGER NOT NULL, model TEXT NOT NULL,
  evidence_sequence INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger (
  entry_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT NULL, symbol TEXT, amount TEXT NOT NULL,
  fill_id TEXT, settlement_time_ms INTEGER, rate TEXT, mark_price TEXT
) STRICT;
CREATE TABLE positions (
  symbol TEXT PRIMARY KEY, quantity TEXT NOT NULL, entry_notional TEXT NOT NULL, average_price TEXT,
  time_ms INTEGER
) STRICT;
CREATE TABLE trades (
  trade_id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, side TEXT NOT NULL, quantity TEXT NOT NULL,
  entry_time_ms INTEGER NOT NULL, entry_price TEXT, exit_time_ms INTEGER NOT NULL, exit_price TEXT,
  exit_reason TEXT NOT NULL, gross_pnl TEXT NOT NULL, fees TEXT NOT NULL, funding TEXT NOT NULL, net_pnl TEXT NOT NULL,
  r_multiple REAL, bars_held INTEGER NOT NULL, strategy TEXT NOT NULL
) STRICT;
CREATE TABLE equity (
  equity_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, equity TEXT NOT NULL, wallet TEXT NOT NULL,
  unrealized_pnl TEXT NOT NULL, position TEXT NOT NULL
) STRICT;
CREATE TABLE denials (
  denial_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, order_id TEXT, client_order_id TEXT, symbol TEXT, side TEXT,
  type TEXT, quantity TEXT, price TEXT, reason TEXT NOT NULL, numbers TEXT NOT NULL
) STRICT;
CREATE TABLE quality (
  quality_id INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, symbol TEXT NOT NULL,
  feed TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, backfilled INTEGER NOT NULL
) STRICT;
CREATE TABLE lifecycle (
  lifecycle_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT
) STRICT;
CREATE INDEX fills_by_order ON fills (order_id);
CREATE INDEX ledger_by_fill ON ledger (fill_id);
`;

/** Receipts of fills, as JSON documents: why each fill is there and what it cost. */
const MIGRATION_2 = `
CREATE TABLE receipts (fill_id TEXT PRIMARY KEY, receipt TEXT NOT NULL) STRICT;
`;

/** What the agents of a strategy said of each bar. */
const MIGRATION_3 = `
CREATE TABLE verdicts (
  verdict_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, symbol TEXT NOT NULL, bar_open_time_ms INTEGER NOT NULL,
  agent TEXT NOT NULL, verdict TEXT NOT NULL, confidence REAL, reason TEXT NOT NULL, numbers TEXT NOT NULL
) STRICT;
`;

/** Profit under the three exchanges of the band; the last row of a session has the digest of its shadows. */
const MIGRATION_4 = `
CREATE TABLE band (
  band_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, optimistic TEXT, realistic TEXT NOT NULL, pessimistic TEXT,
  hash TEXT
) STRICT;
`;

/**
 * The snapshots of the engine, by their last event: everything said until then is in the journal where the row is, because
 * transactions are lost from the end only.
 */
const MIGRATION_5 = `
CREATE TABLE snapshots (sequence INTEGER PRIMARY KEY) STRICT;
`;

/** What fires a conditional order, and why an order was placed; null in rows of before. */
const MIGRATION_6 = `
ALTER TABLE orders ADD COLUMN trigger_on TEXT;
ALTER TABLE orders ADD COLUMN trigger_price TEXT;
ALTER TABLE orders ADD COLUMN trigger_trail_bps REAL;
ALTER TABLE orders ADD COLUMN tag TEXT;
`;

/** What was raised in the time of the session; the program says it, not the engine, so no log brings it back. */
const MIGRATION_7 = `
CREATE TABLE alerts (
  alert_id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, level TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
`;

/** Migration n brings a file from version n - 1 to n. */
const MIGRATIONS: readonly string[] = [
  MIGRATION_1,
  MIGRATION_2,
  MIGRATION_3,
  MIGRATION_4,
  MIGRATION_5,
  MIGRATION_6,
  MIGRATION_7,
];

export const JOURNAL_VERSION: number = MIGRATIONS.length;

export function journalVersion(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

/** Applies what the file lacks. Throws StorageError `journal` where the file is newer than this program. */
export function migrateJournal(database: DatabaseSync): void {
  const version = journalVersion(database);
  if (version > JOURNAL_VERSION) {
    throw new StorageError(
      'journal',
      `the journal has version ${version}, this program knows ${JOURNAL_VERSION}`,
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    const target = index + 1;
    if (target <= version) continue;
    database.exec(`BEGIN IMMEDIATE; ${statements} PRAGMA user_version = ${target}; COMMIT`);
  }
}
