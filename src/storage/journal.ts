/**
 * Projects the engine's outputs into `journal.db`, the readable account of a session.
 *
 * Invariants: one transaction a delivery, so a reader sees whole blocks only; an id said twice (a fill, a ledger entry, a
 * trade) is an error, never a silent replacement. Assumption: one writing connection a file. The event log is the
 * authority; a journal that lost its last transactions in a power loss is rebuilt from it.
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { assert, assertNever } from '../core/base/assert.ts';
import { type Instrument, createInstrument, parseMoney, parseQuantity } from '../core/domain/instrument.ts';
import type { FillRecord } from '../core/domain/order.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import { lots, money } from '../core/domain/units.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import {
  type StoredRows,
  bandRow,
  denialRow,
  equityRow,
  fillRow,
  ledgerRow,
  orderRow,
  positionRow,
  qualityRow,
  receiptRow,
  tradeRow,
  verdictRow,
} from './journal-projection.ts';
import { type JournalMark, countRows, markSnapshot, rewindJournal } from './journal-mark.ts';
import { migrateJournal } from './journal-schema.ts';
import { type HeldPosition, applyFill } from './position-projection.ts';
import { toStorageError } from './storage-error.ts';

type Table = keyof StoredRows;

/** Another connection holds the file. */
const SQLITE_BUSY = 5;

/** Whether a row is the latest state of a thing, or something that is said once. */
const IS_REPLACED: Readonly<Record<Table, boolean>> = {
  instruments: true,
  orders: true,
  positions: true,
  fills: false,
  receipts: false,
  ledger: false,
  trades: false,
  equity: false,
  band: false,
  denials: false,
  quality: false,
  lifecycle: false,
  verdicts: false,
};

export class Journal implements OutputSink {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<Table, StatementSync>>;
  readonly #instruments: readonly Instrument[];
  readonly #strategy: string;
  #positions: readonly HeldPosition[];

  private constructor(database: DatabaseSync, start: SessionStart) {
    this.#database = database;
    this.#statements = prepareWrites(database);
    this.#instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
    this.#strategy = start.strategy.name;
    this.#positions = this.#instruments.map((instrument) => openingPosition(instrument, start));
  }

  /** Opens or makes the journal of the session that `start` describes. Throws StorageError. */
  static open(file: string, start: SessionStart): Journal {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(file, { timeout: 5_000 });
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      migrateJournal(database);
      const journal = new Journal(database, start);
      journal.#storeOpening();
      return journal;
    } catch (error) {
      database?.close();
      throw toStorageError(error, `open the journal ${file}`);
    }
  }

  /**
   * Opens the journal of an interrupted session as it was at `mark`; what was written since is taken out, and must be said
   * again. Throws StorageError `journal` where it did not come that far, or is damaged.
   */
  static resume(file: string, start: SessionStart, mark: JournalMark): Journal {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(file, { timeout: 5_000 });
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      rewindJournal(database, mark);
      const journal = new Journal(database, start);
      journal.#positions = mark.positions;
      return journal;
    } catch (error) {
      database?.close();
      throw toStorageError(error, `go on with the journal ${file}`);
    }
  }

  /** Notes that everything said up to event `sequence` is in; returns what {@link resume} needs to come back to here. */
  mark(sequence: number): JournalMark {
    this.#inTransaction(() => markSnapshot(this.#database, sequence));
    return { sequence, rows: countRows(this.#database), positions: this.#positions };
  }

  /** Stores the outputs of one block in one transaction. Throws StorageError; nothing of the delivery is stored then. */
  deliver(outputs: readonly Output[]): void {
    if (outputs.length === 0) return;
    this.#inTransaction(() => {
      for (const output of outputs) this.#store(output);
    });
  }

  /**
   * Folds the write-ahead log into the file, so that a finished journal is one file that can be copied. Where someone
   * reads it just now it stays beside its log, which loses nothing.
   */
  close(): void {
    if (!this.#database.isOpen) return;
    try {
      this.#database.exec('PRAGMA journal_mode = DELETE');
    } catch (error) {
      if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
    } finally {
      this.#database.close();
    }
  }

  #storeOpening(): void {
    this.#inTransaction(() => {
      for (const instrument of this.#instruments) {
        const { symbol, index } = instrument;
        this.#write('instruments', { symbol, instrument_index: index, strategy: this.#strategy });
        this.#write('positions', positionRow(this.#position(index), instrument, null));
      }
    });
  }

  #inTransaction(work: () => void): void {
    const positionsBefore = this.#positions;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#positions = positionsBefore;
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
      if (error instanceof Error && 'errcode' in error) throw toStorageError(error, 'write the journal');
      throw error;
    }
  }

  #store(output: Output): void {
    switch (output.type) {
      case 'order':
        return this.#write('orders', orderRow(output.order, this.#instrument(output.order.instrument)));
      case 'fill':
        return this.#storeFill(output.fill);
      case 'ledger': {
        const { instrument } = output.entry;
        const symbol = instrument === null ? null : this.#instrument(instrument).symbol;
        return this.#write('ledger', ledgerRow(output.entry, symbol));
      }
      case 'trade': {
        const instrument = this.#instrument(output.trade.instrument);
        return this.#write('trades', tradeRow(output.trade, instrument, this.#strategy));
      }
      case 'equity':
        return this.#write('equity', equityRow(output.point, this.#instrument(0)));
      case 'band':
        return this.#write('band', bandRow(output.point));
      case 'denial': {
        const { intent } = output;
        const instrument = intent === null ? null : this.#instrument(intent.instrument);
        return this.#write('denials', denialRow(output, instrument));
      }
      case 'quality':
        return this.#write('quality', qualityRow(output.record, this.#instrument(output.record.instrument)));
      case 'lifecycle': {
        const { timeMs, state, reason } = output;
        return this.#write('lifecycle', { time_ms: timeMs, state, reason });
      }
      case 'verdict': {
        const { timeMs, verdict } = output;
        return this.#write('verdicts', verdictRow(timeMs, verdict, this.#instrument(verdict.instrument)));
      }
      case 'log':
      case 'ended':
        // The system log and the manifest tell these.
        return undefined;
      default:
        return assertNever(output, 'output');
    }
  }

  #storeFill(fill: FillRecord): void {
    const instrument = this.#instrument(fill.instrument);
    this.#write('fills', fillRow(fill, instrument));
    this.#write('receipts', receiptRow(fill, instrument));
    const held = applyFill(this.#position(fill.instrument), fill, instrument);
    this.#positions = this.#positions.with(fill.instrument, held);
    this.#write('positions', positionRow(held, instrument, fill.timeMs));
  }

  #instrument(index: number): Instrument {
    const instrument = this.#instruments[index];
    assert(instrument !== undefined, `the session has no instrument ${index}`);
    return instrument;
  }

  #position(index: number): HeldPosition {
    const held = this.#positions[index];
    assert(held !== undefined, `the session has no instrument ${index}`);
    return held;
  }

  #write<Name extends Table>(table: Name, row: StoredRows[Name]): void {
    this.#statements[table].run(row as unknown as Record<string, SQLInputValue>);
  }
}

/** One statement a table, with a parameter for every column of the schema; a missing row number is given by SQLite. */
function prepareWrites(database: DatabaseSync): Readonly<Record<Table, StatementSync>> {
  const statements = (Object.keys(IS_REPLACED) as Table[]).map((table) => {
    const columns = database
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map(({ name }) => String(name));
    const places = columns.map((column) => `$${column}`).join(', ');
    const insert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`;
    return [table, database.prepare(IS_REPLACED[table] ? insert + replacing(columns) : insert)] as const;
  });
  return Object.fromEntries(statements) as Record<Table, StatementSync>;
}

/** Updates in place, so that a row keeps its position; the first column is the key. */
function replacing([key, ...others]: readonly string[]): string {
  return ` ON CONFLICT (${key}) DO UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}

function openingPosition(instrument: Instrument, start: SessionStart): HeldPosition {
  // In hedge mode a contract has two; the journal keeps their sum.
  let quantity = 0;
  let entryNotional = 0n;
  for (const carried of start.account.positions) {
    if (carried.symbol !== instrument.symbol) continue;
    quantity += parseQuantity(instrument, carried.quantity);
    entryNotional += parseMoney(carried.cost);
  }
  return { quantity: lots(quantity), entryNotional: money(entryNotional) };
}
