/** A session that ended as a failure which it survived, and what it must leave. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { finalReportShape } from './contract-shapes.ts';
import { type Program, startProgram } from './program.ts';
import { readAlerts, readHeartbeat, readJson, readSystemLog } from './workspace.ts';

/** The beginning of a session on the embedded venue. */
export const SIMULATED_RUN = ['run', '--source', 'simulated', '--seed', '5', '--dashboard', 'off'] as const;

/** Sessions side by side on a busy machine take their time. */
export const BUSY_LIMIT_MS = 180_000;

export function startSimulated(
  workspace: string,
  options: readonly string[],
  environment: Record<string, string> = {},
  openFilesMax?: number,
): Program {
  return startProgram([...SIMULATED_RUN, '--workspace', workspace, ...options], {
    env: environment,
    ...(openFilesMax === undefined ? {} : { openFilesMax }),
  });
}

export function alertKinds(workspace: string): string[] {
  return readAlerts(workspace).map(({ level, reason }) => `${level} ${reason}`);
}

export function lockFileOf(workspace: string): string {
  return join(workspace, '.agent/lockfile.pid');
}

/** An end that the process survived as a failure: report, last heartbeat, no lock, the alert and a line of the log. */
export function expectReportedFailure(
  workspace: string,
  stoppedReason: string,
  exitCode: number,
  text: string,
): void {
  const report = finalReportShape.parse(readJson(join(workspace, 'runs/latest/final_report.json')));
  expect(report).toMatchObject({ status: 'error', stopped_reason: stoppedReason, exit_code: exitCode });
  expect(report.ledger_difference).toBe('0');
  expect(readHeartbeat(workspace)).toMatchObject({ state: 'ended', reason: stoppedReason });
  expect(existsSync(lockFileOf(workspace))).toBe(false);
  const told = readAlerts(workspace).filter(({ reason }) => reason === stoppedReason);
  expect(told.map(({ level, text: said }) => `${level}: ${said}`)).toEqual([`critical: ${text}`]);
  expect(readSystemLog(workspace)).toContainEqual(
    expect.objectContaining({
      level: 'critical',
      event: 'session_failed',
      reason: stoppedReason,
      detail: text,
    }),
  );
}
