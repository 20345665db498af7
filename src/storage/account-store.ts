/**
 * Keeps the paper account in `state/account.json`, between sessions and while one runs.
 *
 * Invariant: the file is replaced whole, so a crash leaves the account of one moment or of another, never a mixture; what
 * was written durably also survives a power loss. A file that does not have its shape is refused, never repaired: it is money.
 */

import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';
import { z } from 'zod';
import type { AccountStart } from '../core/domain/session-start.ts';
import { syncFolder } from '../ports/atomic-file.ts';
import { readDocument, writeDocument } from './document-file.ts';
import { toStorageError } from './storage-error.ts';

export const ACCOUNT_VERSION = 1;

/** The account as its last session left it. */
export interface AccountDocument extends AccountStart {
  readonly version: typeof ACCOUNT_VERSION;
  /** ISO time of the writing. */
  readonly updated_at: string;
  /** The session that left it so. */
  readonly session_id: string;
}

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'expected decimal text');
const unsignedDecimal = z.string().regex(/^\d+(\.\d+)?$/, 'expected decimal text without a sign');
const timeMs = z.int().nonnegative();

const accountDocument: z.ZodType<AccountDocument> = z.strictObject({
  version: z.literal(ACCOUNT_VERSION),
  updated_at: z.iso.datetime(),
  session_id: z.string().min(1),
  kind: z.enum(['new', 'carried']),
  wallet: decimal,
  opening_balance: unsignedDecimal,
  day: z.int().nonnegative().nullable(),
  day_opening_equity: decimal.nullable(),
  terms: z.exactOptional(
    z.strictObject({
      leverage: z.int().positive(),
      margin_mode: z.enum(['isolated', 'cross']),
      position_mode: z.enum(['one_way', 'hedge']),
    }),
  ),
  positions: z.array(
    z.strictObject({
      symbol: z.string().min(1),
      position_side: z.exactOptional(z.enum(['long', 'short'])),
      quantity: decimal,
      cost: decimal,
      opened_time_ms: timeMs,
      margin_drawn: z.exactOptional(decimal),
    }),
  ),
  orders: z.array(
    z.strictObject({
      id: z.string().min(1),
      client_order_id: z.string().nullable(),
      symbol: z.string().min(1),
      side: z.enum(['buy', 'sell']),
      type: z.enum(['limit', 'stop_market', 'stop_limit', 'take_profit', 'trailing_stop']),
      quantity: unsignedDecimal,
      price: unsignedDecimal.nullable(),
      trigger: z
        .strictObject({
          on: z.enum(['mark', 'last']),
          price: unsignedDecimal.nullable(),
          trail_bps: z.number().positive().nullable(),
        })
        .nullable(),
      time_in_force: z.enum(['gtc', 'ioc', 'fok', 'post_only']),
      reduce_only: z.boolean(),
      position_side: z.exactOptional(z.enum(['long', 'short'])),
      filled_quantity: unsignedDecimal,
      filled_notional: unsignedDecimal,
      decision_time_ms: timeMs,
    }),
  ),
});

export class AccountStore {
  readonly #file: string;
  readonly #archiveFolder: string;

  /** `stateFolder`: the workspace's `state/`, made when something is written. */
  constructor(stateFolder: string) {
    this.#file = path.join(stateFolder, 'account.json');
    this.#archiveFolder = path.join(stateFolder, 'archive');
  }

  get file(): string {
    return this.#file;
  }

  /** Returns the account; null where the workspace has none. Throws StorageError naming file and field. */
  read(): AccountDocument | null {
    return readDocument(this.#file, accountDocument);
  }

  /** Replaces the account. `nowMs`: UTC time of the writing. `durable`: also a power loss keeps it (default true). */
  write(account: AccountStart, sessionId: string, nowMs: number, durable = true): void {
    const document: AccountDocument = {
      ...account,
      version: ACCOUNT_VERSION,
      updated_at: new Date(nowMs).toISOString(),
      session_id: sessionId,
    };
    try {
      makeFolders(path.dirname(this.#file));
    } catch (error) {
      throw toStorageError(error, `write ${this.#file}`);
    }
    writeDocument(this.#file, document, { mode: 0o600, durable });
  }

  /**
   * Moves the account aside, readable or not, so that the next session opens a new one. Returns where it lies now; null
   * where there was none.
   */
  archive(nowMs: number): string | null {
    if (!existsSync(this.#file)) return null;
    const target = path.join(this.#archiveFolder, `account-${fileStamp(nowMs)}.json`);
    try {
      makeFolders(this.#archiveFolder);
      const free = freeName(target);
      renameSync(this.#file, free);
      syncFolder(this.#archiveFolder);
      syncFolder(path.dirname(this.#file));
      return free;
    } catch (error) {
      throw toStorageError(error, `archive ${this.#file}`);
    }
  }
}

/** ISO time that is a legal file name everywhere: colons become hyphens. */
function fileStamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(':', '-');
}

function freeName(file: string): string {
  const { dir, name, ext } = path.parse(file);
  let candidate = file;
  for (let copy = 2; existsSync(candidate); copy++) candidate = path.join(dir, `${name}-${copy}${ext}`);
  return candidate;
}
