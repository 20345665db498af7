/** A workspace of its own for each session under test, and its files as a script or a monitor would read them. */

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Program, waitFor } from './program.ts';
import { type Heartbeat, heartbeatShape } from './contract-shapes.ts';

/** From the start of the process to a session that trades: seconds, but many start at once on a busy machine. */
const START_LIMIT_MS = 60_000;

const workspaces: string[] = [];

export function makeWorkspace(): string {
  const root = mkdtempSync(join(tmpdir(), 'la-e2e-'));
  workspaces.push(root);
  return root;
}

/** Removes every workspace: for `afterAll`. */
export function removeWorkspaces(): void {
  for (const root of workspaces.splice(0)) rmSync(root, { recursive: true, force: true });
}

export function readHeartbeat(workspace: string): Heartbeat {
  return heartbeatShape.parse(readJson(join(workspace, 'logs/heartbeat.json')));
}

/** Waits until the session of this workspace trades. */
export function waitUntilRunning(program: Program, workspace: string): Promise<Heartbeat> {
  return waitUntilBeats(program, workspace, 'session that runs', ({ state }) => state === 'running');
}

/** Waits for a heartbeat that `isWanted`. */
export function waitUntilBeats(
  program: Program,
  workspace: string,
  what: string,
  isWanted: (beat: Heartbeat) => boolean,
): Promise<Heartbeat> {
  const path = join(workspace, 'logs/heartbeat.json');
  return waitFor(program, what, START_LIMIT_MS, () => {
    if (!existsSync(path)) return null;
    const beat = readHeartbeat(workspace);
    return isWanted(beat) ? beat : null;
  });
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const logLineShape = z.looseObject({
  ts: z.iso.datetime(),
  level: z.enum(['debug', 'info', 'warning', 'error', 'critical']),
  event: z.string().min(1),
  msg: z.string().min(1),
});
export type LogLine = z.output<typeof logLineShape>;

/** Reads logs/system.jsonl; throws where a line is not one JSON object with the fields of the contract. */
export function readSystemLog(workspace: string): LogLine[] {
  const text = readFileSync(join(workspace, 'logs/system.jsonl'), 'utf8');
  if (!text.endsWith('\n')) throw new Error('the last line of system.jsonl does not end');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => logLineShape.parse(JSON.parse(line)));
}

/** Waits for a line of logs/system.jsonl that `isWanted`, while the session writes on. */
export function waitForLine(
  program: Program,
  workspace: string,
  what: string,
  isWanted: (line: LogLine) => boolean,
): Promise<LogLine> {
  const path = join(workspace, 'logs/system.jsonl');
  return waitFor(program, what, START_LIMIT_MS, () => {
    if (!existsSync(path)) return null;
    // What stands behind the last line end is still being written.
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => logLineShape.parse(JSON.parse(line))).find(isWanted) ?? null;
  });
}

export interface AlertLine {
  readonly timeMs: number;
  readonly level: string;
  readonly reason: string;
  readonly text: string;
}

const ALERT =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] (critical|error|warning|info) ([a-z][a-z0-9_]*): (.+)$/;

/** Reads logs/alert.txt; empty where there is none. Throws where a line is not as the contract has it. */
export function readAlerts(workspace: string): AlertLine[] {
  const path = join(workspace, 'logs/alert.txt');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error('the last line of alert.txt does not end');
  return lines.map((line) => {
    const [, time = '', level = '', reason = '', text = ''] = ALERT.exec(line) ?? [];
    if (text === '') throw new Error(`no alert line: ${line}`);
    return { timeMs: Date.parse(time), level, reason, text };
  });
}

/** Names of the session folders. */
export function listSessions(workspace: string): string[] {
  const folder = join(workspace, 'sessions');
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

/** Writes the parameters of a scripted session; returns the file's path. */
export function writeScript(workspace: string, actions: readonly object[]): string {
  const path = join(workspace, 'script.json');
  writeFileSync(path, JSON.stringify({ actions }));
  return path;
}
