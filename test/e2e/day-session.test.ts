/**
 * A long session of the real program, venue, sockets, log and journal included, on a clock that runs faster: does it keep its
 * memory, its open files and its connections, and how much does it write?
 *
 * Minutes in CI; `LA_LONG=1` runs 24 hours of session time, in about 45 minutes. Limit: what the machine takes counts the factor
 * more, so connections are lost on a busy machine that would stand otherwise; the session must outlive that as well.
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { finalReportShape } from './support/contract-shapes.ts';
import { fastTime } from './support/fast-time.ts';
import { endPrograms, runProgram, startProgram } from './support/program.ts';
import {
  makeWorkspace,
  readHeartbeat,
  readJson,
  removeWorkspaces,
  waitUntilRunning,
} from './support/workspace.ts';

const IS_LONG = process.env['LA_LONG'] === '1';
const FACTOR = 32;
const HOUR_S = 3_600;
const DURATION_S = IS_LONG ? 24 * HOUR_S : 192;
const SAMPLE_MS = IS_LONG ? 5_000 : 250;
/** After the first quarter everything that is loaded once is loaded; in seconds of real time the heap is still finding its size. */
const GROWTH_MAX_MB = IS_LONG ? 20 : 64;
const BYTES_PER_HOUR_MAX = 24_000_000;
const LIMIT_MS = (DURATION_S / FACTOR) * 1_500 + 120_000;

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

test(
  'a long session keeps its memory and its files, and replays to the same',
  async () => {
    const workspace = makeWorkspace();
    const program = startProgram(
      [
        ...[
          'run',
          '--source',
          'simulated',
          '--seed',
          '5',
          '--dashboard',
          'off',
          '--stale-timeout',
          '5m',
          '--on-end',
          'keep',
        ],
        ...['--duration', `${DURATION_S}s`, '--workspace', workspace],
      ],
      { env: fastTime(FACTOR, Date.now()) },
    );
    await waitUntilRunning(program, workspace);
    const samples: { readonly ramMb: number; readonly files: number }[] = [];
    while (program.process.exitCode === null) {
      const { ram_mb: ramMb, pid, state } = readHeartbeat(workspace);
      if (state === 'running' || state === 'halted')
        samples.push({ ramMb: ramMb ?? Number.NaN, files: openFilesOf(pid) });
      await delay(SAMPLE_MS);
    }
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
    expect(report).toMatchObject({ stopped_reason: 'duration_reached', ledger_difference: '0' });
    expect(report.duration_seconds).toBeGreaterThanOrEqual(DURATION_S);

    const quarter = Math.floor(samples.length / 4);
    expect(quarter).toBeGreaterThanOrEqual(3);
    const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
    const growthMb = median(late.map(({ ramMb }) => ramMb)) - median(early.map(({ ramMb }) => ramMb));
    const bytesPerHour = (bytesIn(join(workspace, 'runs/latest/events')) * HOUR_S) / report.duration_seconds;
    process.stdout.write(
      `${report.duration_seconds} s of session: memory ${growthMb.toFixed(1)} MB more than after warm-up, ` +
        `${Math.round(bytesPerHour / 1_000)} kB of log an hour, ${report.events} events, ${report.reconnects} reconnects\n`,
    );
    expect(growthMb).toBeLessThanOrEqual(GROWTH_MAX_MB);
    expect(bytesPerHour).toBeLessThanOrEqual(BYTES_PER_HOUR_MAX);
    // Sockets come and go by a few.
    const files = (part: typeof samples): number => median(part.map(({ files: open }) => open));
    expect(Math.abs(files(late) - files(early))).toBeLessThanOrEqual(8);
    if (IS_LONG) return;
    const verified = await runProgram(['verify', 'latest', '--workspace', workspace]);
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  },
  LIMIT_MS,
);

/** 0 where the system does not say. */
function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
