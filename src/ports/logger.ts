/** Structured log of what the program did. Implementations scrub secrets. */

import type { LogLevel } from '../core/domain/outputs.ts';

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Logger {
  /** `event`: a stable snake_case word for machines; `msg`: what people and scripts read. */
  log(level: LogLevel, event: string, msg: string, fields?: LogFields): void;
}
