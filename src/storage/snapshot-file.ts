/**
 * Saved states of a session's engine, in files beside its event log: `snapshots/SEQUENCE.snapshot`, the number of the last
 * event in it.
 *
 * A file is a zstd frame of four lines: what it is and the SHA-256 of the rest; the header as JSON; the engine's state; what
 * was shown of the session. Invariants: a file appears whole and synced, or not at all; at most {@link SNAPSHOTS_KEPT} are
 * kept. A snapshot saves time and is believed in nothing: whoever cannot use it replays the log.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { type Lots, type Money, lots, money } from '../core/domain/units.ts';
import type { JournalMark } from './journal-mark.ts';
import { StorageError, toStorageError } from './storage-error.ts';

const SNAPSHOT_VERSION = 1;
export const SNAPSHOTS_KEPT = 3;
const FORMAT = 'laptop-agents snapshot';
const NAME = /^(\d{12})\.snapshot$/;
const LINES = 4;
/** Far above any state, far below what would hurt. */
const TEXT_BYTES_MAX = 512 * 1024 * 1024;

/** What decides whether a snapshot fits: the session's start and the code that made and reads it; SHA-256, hex. */
export interface SnapshotOrigin {
  readonly session_id: string;
  readonly engine_hash: string;
  readonly strategy_hash: string | null;
  readonly start_hash: string;
}

export interface SnapshotHeader extends SnapshotOrigin {
  /** Last event in it, and the engine's time. */
  readonly sequence: number;
  readonly time_ms: number;
  readonly state_hash: string;
  /** Hash chain value of the event log behind that event, hex. */
  readonly log_chain: string;
  readonly journal: JournalMark;
  /** New connections by feed in the process that wrote it, and of those before it. */
  readonly reconnects: { readonly last: Readonly<Record<string, number>>; readonly former: number };
}

export interface Snapshot extends SnapshotHeader {
  /** The state of the engine with its shadows, as it saved it. */
  readonly state: string;
  /** What was shown, as JSON. */
  readonly model: string;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const header: z.ZodType<SnapshotHeader> = z.strictObject({
  session_id: z.string(),
  engine_hash: hash,
  strategy_hash: hash.nullable(),
  start_hash: hash,
  sequence: z.int().nonnegative(),
  time_ms: z.int(),
  state_hash: z.string(),
  log_chain: z.string(),
  journal: z.strictObject({
    sequence: z.int(),
    rows: z.record(z.string(), z.int()),
    positions: z.array(
      z
        .strictObject({ quantity: z.int(), entryNotional: z.string() })
        .transform(({ quantity, entryNotional }): { quantity: Lots; entryNotional: Money } => ({
          quantity: lots(quantity),
          entryNotional: money(BigInt(entryNotional)),
        })),
    ),
  }),
  reconnects: z.strictObject({ last: z.record(z.string(), z.int()), former: z.int() }),
});

/** Writes a snapshot and removes the oldest beyond those kept. Throws StorageError; what stood before still stands then. */
export async function writeSnapshot(folder: string, snapshot: Snapshot): Promise<{ readonly bytes: number }> {
  const { state, model, ...rest } = snapshot;
  const head = JSON.stringify(rest, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  const body = `${head}\n${state}\n${model}`;
  const first = JSON.stringify({ format: FORMAT, version: SNAPSHOT_VERSION, sha256: sha256(body) });
  const file = path.join(folder, fileName(snapshot.sequence));
  const temporary = `${file}.tmp`;
  try {
    const bytes = await promisify(zstdCompress)(Buffer.from(`${first}\n${body}`, 'utf8'));
    await mkdir(folder, { recursive: true });
    await withFile(temporary, 'w', async (handle) => {
      await handle.writeFile(bytes);
      await handle.sync();
    });
    await rename(temporary, file);
    await prune(folder);
    await syncFolder(folder);
    await syncFolder(path.dirname(folder));
    return { bytes: bytes.length };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toStorageError(error, `write ${file}`);
  }
}

/** Sequence numbers of the snapshots in a folder, newest first; none where it does not exist. */
export function listSnapshots(folder: string): number[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const wrapped = toStorageError(error, `read ${folder}`);
    if (wrapped.code === 'not_found') return [];
    throw wrapped;
  }
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a);
}

/** Reads a snapshot whole. Throws StorageError `invalid_document` where it is not what was written, or of another version. */
export function readSnapshot(folder: string, sequence: number): Snapshot {
  const file = path.join(folder, fileName(sequence));
  const refuse = (reason: string, cause?: unknown): StorageError =>
    new StorageError('invalid_document', `${file}: ${reason}`, cause);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw toStorageError(error, `read ${file}`);
  }
  let text: string;
  try {
    text = zstdDecompressSync(bytes, { maxOutputLength: TEXT_BYTES_MAX }).toString('utf8');
  } catch (error) {
    throw refuse('it does not decompress', error);
  }
  const end = text.indexOf('\n');
  const first = parse(text.slice(0, Math.max(0, end)));
  const known = z.object({ format: z.literal(FORMAT), version: z.int(), sha256: hash }).safeParse(first);
  if (!known.success) throw refuse('it is no snapshot');
  if (known.data.version !== SNAPSHOT_VERSION)
    throw refuse(`it has version ${known.data.version}, this program knows ${SNAPSHOT_VERSION}`);
  const body = text.slice(end + 1);
  if (sha256(body) !== known.data.sha256) throw refuse('its checksum does not fit');
  const [head = '', state = '', model = '', ...more] = body.split('\n');
  const checked = header.safeParse(parse(head));
  if (!checked.success || more.length > 0 || checked.data.sequence !== sequence)
    throw refuse(`it does not have its ${LINES} lines`);
  return { ...checked.data, state, model };
}

/** Removes every snapshot: the session's log is another one now. Throws StorageError. */
export function removeSnapshots(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw toStorageError(error, `remove ${folder}`);
  }
}

function fileName(sequence: number): string {
  return `${String(sequence).padStart(12, '0')}.snapshot`;
}

/** Also what a process that died in the middle of writing left behind. */
async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).toSorted();
  const whole = names.filter((name) => NAME.test(name));
  const torn = names.filter((name) => name.endsWith('.tmp'));
  for (const name of [...whole.slice(0, -SNAPSHOTS_KEPT), ...torn]) await rm(path.join(folder, name));
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withFile(folder, 'r', (handle) => handle.sync());
}

async function withFile(
  file: string,
  flags: string,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
