/**
 * Writes tables as Parquet (zstd) in Hive layout, by way of a DuckDB database on disk.
 *
 * Invariant: memory is bounded however many rows come: they go to the database in batches and from there to the files.
 * Decimals travel as text and become exact DECIMALs of the declared scale. DuckDB is loaded when the first writer is made.
 */

import path from 'node:path';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { DAY_MS } from '../core/base/time.ts';
import { EXPORT_TABLES, EXPORT_TABLE_NAMES, type ExportTableName } from './export-tables.ts';
import { toStorageError } from './storage-error.ts';
import { makeFolders } from '../ports/make-folders.ts';

/** Rows that an appender holds before they go to the database. */
const BATCH_ROWS = 20_000;
const MEMORY_LIMIT = '512MB';
/** Files that one statement writes at once: each needs memory of its own while it is open. */
const OPEN_FILES_MAX = 32;

export type ExportCell = string | number | boolean | null;

interface OpenTable {
  readonly name: ExportTableName;
  readonly appender: DuckDBAppender;
  readonly types: readonly ('BIGINT' | 'BOOLEAN' | 'VARCHAR')[];
  rows: number;
}

export class ParquetWriter {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #tables: ReadonlyMap<ExportTableName, OpenTable>;
  readonly #sessionId: string;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    tables: ReadonlyMap<ExportTableName, OpenTable>,
    sessionId: string,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#tables = tables;
    this.#sessionId = sessionId;
  }

  /** `scratch`: a folder for the database, which the caller removes. Throws StorageError. */
  static async open(
    scratch: string,
    sessionId: string,
    memoryLimit: string = MEMORY_LIMIT,
  ): Promise<ParquetWriter> {
    try {
      const { DuckDBInstance: Instance } = await import('@duckdb/node-api');
      const instance = await Instance.create(path.join(scratch, 'export.duckdb'), {
        memory_limit: memoryLimit,
        temp_directory: path.join(scratch, 'spill'),
        threads: '2',
      });
      const connection = await instance.connect();
      const tables = new Map<ExportTableName, OpenTable>();
      for (const name of EXPORT_TABLE_NAMES) {
        const columns = EXPORT_TABLES[name].columns.map(
          ({ name: column, type }) => [column, stagedType(type)] as const,
        );
        const definitions = [['symbol', 'VARCHAR'] as const, ...columns].map(
          ([column, type]) => `"${column}" ${type}`,
        );
        await connection.run(`CREATE TABLE ${name} (${definitions.join(', ')})`);
        const appender = await connection.createAppender(name);
        tables.set(name, { name, appender, types: ['VARCHAR', ...columns.map(([, type]) => type)], rows: 0 });
      }
      return new ParquetWriter(instance, connection, tables, sessionId);
    } catch (error) {
      throw toStorageError(error, 'begin the export');
    }
  }

  /** Adds a row: the cells of the table's columns in their order. */
  append(name: ExportTableName, symbol: string, cells: readonly ExportCell[]): void {
    const table = this.#tables.get(name);
    if (table === undefined) throw new RangeError(`no table ${name}`);
    const { appender, types } = table;
    for (const [place, type] of types.entries())
      appendCell(appender, type, place === 0 ? symbol : (cells[place - 1] ?? null));
    appender.endRow();
    if (++table.rows % BATCH_ROWS === 0) appender.flushSync();
  }

  /** Writes every table that has rows below `out`; returns the rows of each. Throws StorageError. */
  async write(out: string): Promise<Readonly<Record<ExportTableName, number>>> {
    const rows = Object.fromEntries(EXPORT_TABLE_NAMES.map((name) => [name, 0])) as Record<
      ExportTableName,
      number
    >;
    try {
      for (const table of this.#tables.values()) {
        table.appender.closeSync();
        rows[table.name] = table.rows;
        if (table.rows > 0) await this.#copy(table.name, path.join(out, table.name));
      }
      return rows;
    } catch (error) {
      throw toStorageError(error, `write the export ${out}`);
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #copy(name: ExportTableName, folder: string): Promise<void> {
    const { columns, day } = EXPORT_TABLES[name];
    const cells = columns.map(({ name: column, type }) => `CAST("${column}" AS ${type}) AS "${column}"`);
    makeFolders(folder);
    // Files are named after the session: exports of several share a folder, and a second export of one replaces its own.
    for (const { fromMs, toMs } of await this.#spans(name)) {
      await this.#connection.run(
        `COPY (SELECT ${quote(this.#sessionId)} AS session_id, ${cells.join(', ')}, symbol, ` +
          `strftime(make_timestamp("${day}" * 1000), '%Y-%m-%d') AS date FROM ${name} ` +
          `WHERE "${day}" >= ${fromMs} AND "${day}" < ${toMs}) TO ${quote(folder)} ` +
          `(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (symbol, date), OVERWRITE_OR_IGNORE true, ` +
          `FILENAME_PATTERN ${quote(`${this.#sessionId}_{i}`)})`,
      );
    }
  }

  /** Whole UTC days of a table, in stretches that have few enough files: what a decade of candles needs stays bounded. */
  async #spans(
    name: ExportTableName,
  ): Promise<readonly { readonly fromMs: number; readonly toMs: number }[]> {
    const { day } = EXPORT_TABLES[name];
    const files = await this.#connection.runAndReadAll(
      `SELECT CAST(floor("${day}" / ${DAY_MS}) AS BIGINT) AS day, count(DISTINCT symbol) FROM ${name} GROUP BY day ORDER BY day`,
    );
    const spans: { fromMs: number; toMs: number; files: number }[] = [];
    for (const [number, symbols] of files.getRows()) {
      const fromMs = Number(number) * DAY_MS;
      const count = Number(symbols);
      const last = spans.at(-1);
      if (last !== undefined && last.files + count <= OPEN_FILES_MAX) {
        last.toMs = fromMs + DAY_MS;
        last.files += count;
      } else spans.push({ fromMs, toMs: fromMs + DAY_MS, files: count });
    }
    return spans;
  }
}

/** A decimal waits as text: the appender would take a float. */
function stagedType(type: string): 'BIGINT' | 'BOOLEAN' | 'VARCHAR' {
  if (type === 'BIGINT' || type === 'INTEGER') return 'BIGINT';
  return type === 'BOOLEAN' ? 'BOOLEAN' : 'VARCHAR';
}

function appendCell(
  appender: DuckDBAppender,
  type: 'BIGINT' | 'BOOLEAN' | 'VARCHAR',
  cell: ExportCell,
): void {
  if (cell === null) appender.appendNull();
  else if (type === 'BIGINT') appender.appendBigInt(BigInt(cell));
  else if (type === 'BOOLEAN') appender.appendBoolean(cell === true || cell === 1);
  else appender.appendVarchar(String(cell));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
