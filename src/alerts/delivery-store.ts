/**
 * What each channel was told so far: its place in the alert file, and the message that is on its way.
 *
 * A message is stored before it is sent first and taken out when the channel took it, so that the next process sends the
 * very same one, under the same id. One message and one row a channel: the store does not grow.
 * One process delivers at a time ({@link takeDelivery}); readers may look at any time.
 */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolders } from '../ports/make-folders.ts';
import type { AlertMessage } from './alert-message.ts';
import type { ChannelName } from './delivery-channel.ts';

const BUSY_TIMEOUT_MS = 2_000;
/** SQLite: another connection holds the lock. */
const SQLITE_BUSY = 5;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS origin (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS channels (
  name TEXT PRIMARY KEY,
  offset INTEGER NOT NULL,
  message TEXT,
  delivered INTEGER NOT NULL DEFAULT 0,
  delivered_ms INTEGER,
  trouble TEXT
) STRICT;`;

export interface ChannelRow {
  readonly name: string;
  /** Where the next message begins, in bytes of the alert file. */
  readonly offset: number;
  /** Stored and not yet taken; null = none. */
  readonly message: AlertMessage | null;
  /** Messages taken so far, and when the last one was, local UTC ms. */
  readonly delivered: number;
  readonly deliveredMs: number | null;
  /** What kept the last attempt from succeeding; null after a success. */
  readonly trouble: string | null;
}

export class DeliveryStore {
  readonly #database: DatabaseSync;
  /** Drawn once a workspace, so that ids of two workspaces differ. */
  readonly origin: string;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    const found = database.prepare('SELECT id FROM origin').get();
    this.origin = typeof found?.['id'] === 'string' ? found['id'] : randomBytes(8).toString('hex');
    if (found === undefined) database.prepare('INSERT INTO origin (id) VALUES (?)').run(this.origin);
  }

  /** Throws what SQLite throws. */
  static open(path: string): DeliveryStore {
    makeFolders(dirname(path));
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      database.exec(SCHEMA);
      return new DeliveryStore(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** The row of a channel; one that is new begins at `offset`. */
  channel(name: ChannelName, offset: number): ChannelRow {
    this.#database
      .prepare('INSERT INTO channels (name, offset) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(name, offset);
    const row = this.#database.prepare('SELECT * FROM channels WHERE name = ?').get(name);
    return readRow(row ?? {});
  }

  /** Before the first attempt. */
  begin(name: ChannelName, message: AlertMessage): void {
    this.#database
      .prepare('UPDATE channels SET message = ? WHERE name = ?')
      .run(JSON.stringify(message), name);
  }

  trouble(name: ChannelName, trouble: string): void {
    this.#database.prepare('UPDATE channels SET trouble = ? WHERE name = ?').run(trouble, name);
  }

  /** The message was taken: the next one begins behind it. */
  finish(name: ChannelName, message: AlertMessage, nowMs: number): void {
    this.#database
      .prepare(
        `UPDATE channels SET message = NULL, offset = ?, delivered = delivered + 1, delivered_ms = ?, trouble = NULL
         WHERE name = ?`,
      )
      .run(message.toOffset, Math.floor(nowMs), name);
  }

  /** Nothing before `offset` concerns the channel any more. */
  pass(name: ChannelName, offset: number): void {
    this.#database.prepare('UPDATE channels SET message = NULL, offset = ? WHERE name = ?').run(offset, name);
  }

  close(): void {
    this.#database.close();
  }
}

/** What a workspace's store says; empty where nothing was ever delivered there. Throws what SQLite throws. */
export function readDeliveryRows(path: string): ChannelRow[] {
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return database.prepare('SELECT * FROM channels ORDER BY name').all().map(readRow);
  } finally {
    database.close();
  }
}

function readRow(row: Readonly<Record<string, unknown>>): ChannelRow {
  const { name, offset, message, delivered, delivered_ms: deliveredMs, trouble } = row;
  return {
    name: typeof name === 'string' ? name : '',
    offset: typeof offset === 'number' ? offset : 0,
    message: typeof message === 'string' ? (JSON.parse(message) as AlertMessage) : null,
    delivered: typeof delivered === 'number' ? delivered : 0,
    deliveredMs: typeof deliveredMs === 'number' ? deliveredMs : null,
    trouble: typeof trouble === 'string' ? trouble : null,
  };
}

/**
 * Becomes the one that delivers a workspace's alerts; null where another process, or another part of this one, is.
 * The kernel frees the place however its holder dies. `path`: a file that nothing else opens.
 */
export function takeDelivery(path: string): { release(): void } | null {
  makeFolders(dirname(path));
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
  return { release: () => database.close() };
}
