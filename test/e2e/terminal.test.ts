/**
 * `la run` on a real terminal: a pseudo-terminal of `script` (util-linux), with its keys, its size and its stop key.
 *
 * Skipped where `script` is not there or is another one (macOS, BSD).
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { plainEnvironment } from './support/program.ts';
import { makeWorkspace, removeWorkspaces } from './support/workspace.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/la.js', import.meta.url));
const HAS_SCRIPT =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
const LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 240_000;
/** So long the terminal takes nothing. */
const STOPPED_S = 2.5;
const CTRL_C = '\u0003';
const CTRL_S = '\u0013';
const CTRL_Q = '\u0011';

interface Terminal {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output(): string;
}

const terminals: Terminal[] = [];

/** Runs a command line of `la` on a terminal of 100 by 30, then says its exit code and the terminal's settings. */
function openTerminal(words: readonly string[]): Terminal {
  // The shell outlives the key that ends the program.
  const line = `trap : INT; tty; stty cols 100 rows 30; "${process.execPath}" "${LAUNCHER}" ${words.join(' ')}; echo "code $?"; stty -a`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { ...plainEnvironment(), CI: '', TERM: 'xterm-256color', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const terminal = { child, ended: once(child, 'close'), output: () => output };
  terminals.push(terminal);
  return terminal;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const startedMs = performance.now(); !isSo();) {
    if (performance.now() - startedMs > LIMIT_MS) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
    await delay(50);
  }
}

/** Columns of the longest line of a panel. */
function widthOf(frame: string): number {
  const lines = frame.replaceAll(/\u001B\[[\d;]*[A-Za-z]/g, '').split(/\r?\n/);
  return Math.max(...lines.map((line) => line.replaceAll('\r', '').length));
}

const beatSchema = z.looseObject({ unix_ts: z.number(), event_loop_lag_ms: z.number().nullable() });

describe.skipIf(!HAS_SCRIPT)('la run on a terminal', () => {
  afterAll(() => {
    for (const { child } of terminals) child.kill('SIGKILL');
    removeWorkspaces();
  });

  test(
    'draws in place, follows a new size, outlives a stopped terminal, and leaves it in order at Ctrl-C',
    { timeout: TEST_LIMIT_MS },
    async () => {
      const workspace = makeWorkspace();
      const terminal = openTerminal(
        `run --workspace ${workspace} --source simulated --seed 7 --duration 5m --dashboard off`.split(' '),
      );
      const panels = (): number => terminal.output().split('\u001B[J').length - 1;
      await until('the panel of a running session', () => /running.*gone/.test(terminal.output()));
      expect(terminal.output()).toMatch(/\u001B\[\d+A\u001B\[J/);

      const device = /\/dev\/pts\/\d+/.exec(terminal.output())?.[0] ?? '';
      execFileSync('stty', ['-F', device, 'cols', '40', 'rows', '12']);
      const framesFrom = (at: number): string[] => terminal.output().slice(at).split('\u001B[J').slice(1, -1);
      const before = terminal.output().length;
      await until('a panel of the new size', () => framesFrom(before).some((frame) => widthOf(frame) < 40));
      const resized = terminal.output().length;
      await until('panels after it', () => framesFrom(resized).length >= 2);
      expect(Math.max(...framesFrom(resized).map(widthOf))).toBeLessThan(40);

      // A terminal that takes nothing any more holds up nothing.
      terminal.child.stdin?.write(CTRL_S);
      const heartbeat = join(workspace, 'logs/heartbeat.json');
      const stoppedS = Date.now() / 1_000;
      await until('a heartbeat of a session whose terminal stands still', () => {
        const beat = beatSchema.parse(JSON.parse(readFileSync(heartbeat, 'utf8')));
        return beat.unix_ts > stoppedS + STOPPED_S;
      });
      terminal.child.stdin?.write(CTRL_Q);
      const stopped = panels();
      await until('panels after the stop', () => panels() > stopped);

      terminal.child.stdin?.write(CTRL_C);
      await until('the end', () => /code \d+/.test(terminal.output()));
      await terminal.ended;
      const end = terminal.output();
      expect(end).toContain('code 0');
      expect(end).toContain('(signal, exit 0)');
      // No cursor was hidden, no other screen opened, no mode set: nothing is there to restore.
      expect(end).not.toContain('\u001B[?');
      expect(end).toMatch(/[^-]icanon/);
      expect(end).toMatch(/[^-]echo /);
    },
  );
});
