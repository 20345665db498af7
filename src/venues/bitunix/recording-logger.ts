/** A logger that keeps its lines for a test. */

import type { LogLevel } from '../../core/domain/outputs.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly msg: string;
  readonly fields: LogFields;
}

export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  log(level: LogLevel, event: string, msg: string, fields: LogFields = {}): void {
    this.lines.push({ level, event, msg, fields });
  }

  said(msg: string): LogLine[] {
    return this.lines.filter((line) => line.msg === msg);
  }
}
