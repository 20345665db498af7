/**
 * A loss of power at every moment of a recorded session: whatever the disk may hold then, recovery works, and nothing that
 * anyone has seen is lost.
 *
 * Limits: a disk that honours syncs; a sector is written whole or not at all. LA_SEED=N draws other images.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { recoverSession } from '../../src/app/recover-session.ts';
import { SeededRandom } from '../../src/core/base/random.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { AccountStore } from '../../src/storage/account-store.ts';
import { listSessions } from '../../src/storage/session-folder.ts';
import { DiskModel, type Loss } from './disk-model.ts';
import { SWEEP_START, sweepBlocks, sweepStrategy } from './sweep-stream.ts';
import { parseTrace } from './syscall-trace.ts';

const DRIVER = fileURLToPath(new URL('crash-driver.ts', import.meta.url));
const CALLS = 'openat,write,pwrite64,ftruncate,truncate,fsync,fdatasync,rename,unlink,mkdir,symlink';
const IS_LONG = process.env['LA_LONG'] === '1';
const IMAGES = IS_LONG ? 2_400 : 16;
const SEED = Number(process.env['LA_SEED'] ?? 1);
const LIMIT_MS = IS_LONG ? 14_400_000 : 180_000;
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

/** Memory where there is some: the syncs that count are those of the recorded run. */
const root = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'la-power-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** State after each number of events at which a block ends. */
function referenceHashes(): Map<number, string> {
  const engine = new Engine(SWEEP_START, sweepStrategy());
  const hashes = new Map<number, string>();
  for (const block of sweepBlocks(0)) {
    engine.process(block);
    engine.takeOutputs();
    hashes.set(block.firstSequence + block.events, engine.stateHash());
  }
  return hashes;
}

/** Looks at images all along the run; returns what was wrong with them. */
async function explore(
  mode: string,
  images: number,
): Promise<{ readonly looked: number; readonly violations: string[] }> {
  const workspace = path.join(root, `run-${mode}`);
  const traceFile = path.join(root, `trace-${mode}`);
  mkdirSync(workspace);
  const options = ['-f', '-y', '-xx', '-s', '1000000', '-o', traceFile, '-e', `trace=${CALLS}`];
  const run = spawnSync('strace', [...options, process.execPath, DRIVER, workspace, mode], {
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  const calls = parseTrace(readFileSync(traceFile, 'utf8'));
  const hashes = referenceHashes();
  const random = new SeededRandom(SEED);
  const disk = new DiskModel();
  const violations: string[] = [];
  let acknowledged = 0;
  let looked = 0;
  const touching = calls.filter((call) =>
    JSON.stringify([call.file, call.opened]).includes(workspace),
  ).length;
  const share = images / touching;
  let owed = 0;
  for (const [at, call] of calls.entries()) {
    if (call.result < 0) continue;
    const texts = call.strings.map(String);
    const [first = '', second = ''] = texts;
    switch (call.name) {
      case 'openat':
        if (call.opened !== null && call.args.join().includes('O_CREAT'))
          disk.create(call.opened, call.args.join().includes('O_TRUNC'));
        break;
      case 'write':
      case 'pwrite64': {
        const data = call.strings[0]?.subarray(0, call.result) ?? Buffer.alloc(0);
        if (call.descriptor === 1)
          acknowledged = Number(/^ack (\d+)/.exec(data.toString())?.[1] ?? acknowledged);
        else if (call.file !== null)
          disk.write(call.file, call.name === 'write' ? null : Number(call.args.at(-1)), data);
        break;
      }
      case 'ftruncate':
        if (call.file !== null) disk.truncate(call.file, Number(call.args.at(-1)));
        break;
      case 'truncate':
        disk.truncate(first, Number(call.args.at(-1)));
        break;
      case 'fsync':
      case 'fdatasync':
        if (call.file !== null) disk.sync(call.file);
        break;
      case 'rename':
        disk.rename(first, second);
        break;
      case 'unlink':
        disk.unlink(first);
        break;
      case 'mkdir':
        disk.mkdir(first);
        break;
      case 'symlink':
        disk.symlink(first, second);
        break;
    }
    if (!JSON.stringify([call.file, call.opened]).includes(workspace)) continue;
    for (owed += share; owed >= 1; owed--) {
      const kept: Loss = (['none', 'some', 'some', 'all'] as const)[looked % 4] ?? 'some';
      const image = path.join(root, `image-${mode}-${looked++}`);
      disk.writeImage(workspace, image, kept, random);
      const violation = await judge(image, acknowledged, hashes);
      if (violation !== null) violations.push(`call ${at} (${call.name}), ${kept}: ${violation}`);
      rmSync(image, { recursive: true });
    }
  }
  return { looked, violations };
}

async function judge(
  image: string,
  acknowledged: number,
  hashes: ReadonlyMap<number, string>,
): Promise<string | null> {
  try {
    const folder = listSessions(image)[0] ?? null;
    if (folder === null)
      return acknowledged === 0 ? null : `${acknowledged} events were seen, the session is gone`;
    if (acknowledged === 0) return null;
    const recovered = await recoverSession(folder, { createStrategy: sweepStrategy, acceptsChange: false });
    const accounts = new AccountStore(path.join(image, 'state'));
    // As whoever goes on does it: the account on the disk may be anything until then.
    accounts.write(recovered.engine.accountEnd(), folder.id, 0);
    accounts.read();
    recovered.log.close();
    recovered.journal.close();
    const { events } = recovered.engine.status();
    if (events < acknowledged) return `${acknowledged} events were seen, ${events} are left`;
    return recovered.engine.stateHash() === hashes.get(events)
      ? null
      : `another state after ${events} events`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe.skipIf(!HAS_STRACE)(`a loss of power (seed ${SEED})`, () => {
  test(
    'at any moment loses nothing that was seen',
    async () => {
      const { looked, violations } = await explore('as-is', IMAGES);
      process.stdout.write(`${looked} images, ${violations.length} violations\n`);
      expect(violations).toEqual([]);
      expect(looked).toBeGreaterThanOrEqual(IMAGES * 0.9);
    },
    LIMIT_MS,
  );

  test(
    'is noticed where the log is not synced',
    async () => {
      const { violations } = await explore('no-sync', IS_LONG ? 200 : 12);
      expect(violations.length).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
