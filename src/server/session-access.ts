/** What the server is given to show and to pass on: the only way it reaches a session. */

import type { LogLevel } from '../core/domain/outputs.ts';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { LogLine } from '../protocol/rows.ts';
import type { SessionReadModel } from './session-read-model.ts';
import type { SessionRecords } from './session-records.ts';

/** What someone with the token may ask of the session. */
export const OPERATOR_WISHES = ['pause', 'resume', 'flatten', 'stop', 'kill'] as const;
export type OperatorWish = (typeof OPERATOR_WISHES)[number];

/** Lines of the system log, the newest ones, as they were written: without secrets. */
export interface LogLines {
  /** Lines after `lineId`, oldest first; those that left the memory are gone. */
  after(lineId: number): readonly LogLine[];
}

export interface SessionAccess {
  readonly sessionId: string;
  readonly programVersion: string;
  readonly logs: LogLines;
  readonly records: SessionRecords;
  status(): HeartbeatFields;
  /** Null until the engine is there. */
  model(): SessionReadModel | null;
  /** Passes a wish on; false where the session is not in a state to hear it. May be called more than once. */
  wish(wish: OperatorWish): boolean;
}

/** Levels in the order of their weight. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical'];
