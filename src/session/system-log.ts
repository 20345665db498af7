/**
 * The structured log of what the program did: logs/system.jsonl, one JSON object a line.
 *
 * Every line has `ts` (ISO), `level`, `event` and `msg`, then the fields of the event. Whatever a string holds (line
 * separators, terminal control, half surrogates, megabytes) it stays one line of valid JSON, bounded in length, with secrets
 * removed. Lines are written before the call returns.
 */

import { pino } from 'pino';

import type { LogLevel } from '../core/domain/outputs.ts';
import type { LogFields, Logger } from '../ports/logger.ts';
import { REDACTED, type SecretScrubber } from '../ports/secret-scrubber.ts';
import { RecentLines } from './recent-lines.ts';
import { RotatingFile } from './rotating-file.ts';

const LEVEL_VALUES: Readonly<Record<LogLevel, number>> = {
  debug: 20,
  info: 30,
  warning: 40,
  error: 50,
  critical: 60,
};

const FILE_BYTES_MAXIMUM = 16 * 1_048_576;
const OLDER_FILES_KEPT = 4;

/** Longest string in a line; the rest is cut and counted. */
const TEXT_LENGTH_MAXIMUM = 4_096;

/** Characters that JSON lets through but that readers of lines or terminals take for structure. */
const STRUCTURAL_CHARACTERS = /[\u007F-\u009F\p{Zl}\p{Zp}\p{Bidi_Control}\uFEFF]/gu;

const RESERVED_NAMES: ReadonlySet<string> = new Set(['ts', 'level', 'event', 'msg']);

export interface SystemLogOptions {
  readonly path: string;
  /** The lowest level written. */
  readonly level: LogLevel;
  readonly scrubber: SecretScrubber;
  /** Local UTC ms of a line. */
  readonly nowMs: () => number;
  /** Lines cannot be written (told once for each stretch of failures). */
  readonly onError: (error: unknown) => void;
  readonly maximumBytes?: number;
  readonly keep?: number;
}

export class SystemLog implements Logger {
  readonly #file: RotatingFile;
  readonly #scrubber: SecretScrubber;
  readonly #pino: pino.Logger<LogLevel, true>;
  /** The newest lines as they were written, for those who cannot read the file. */
  readonly recent = new RecentLines();
  #errors = 0;

  constructor(options: SystemLogOptions) {
    this.#scrubber = options.scrubber;
    this.#file = new RotatingFile({
      path: options.path,
      maximumBytes: options.maximumBytes ?? FILE_BYTES_MAXIMUM,
      keep: options.keep ?? OLDER_FILES_KEPT,
      onError: options.onError,
    });
    this.#pino = pino<LogLevel, true>(
      {
        customLevels: LEVEL_VALUES,
        useOnlyCustomLevels: true,
        level: options.level,
        base: null,
        timestamp: () => `,"ts":"${new Date(options.nowMs()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      {
        write: (line: string) => {
          const clean = line.replace(STRUCTURAL_CHARACTERS, escapeCharacter);
          this.#file.write(clean);
          this.recent.add(clean);
        },
      },
    );
  }

  /** Lines of level error and critical so far. */
  get errors(): number {
    return this.#errors;
  }

  log(level: LogLevel, event: string, msg: string, fields?: LogFields): void {
    if (level === 'error' || level === 'critical') this.#errors++;
    if (!this.#pino.isLevelEnabled(level)) return;
    this.#pino[level]({ event: this.#clean(event), ...this.#cleanFields(fields) }, this.#clean(msg));
  }

  close(): void {
    this.#file.close();
  }

  #cleanFields(fields: LogFields | undefined): Record<string, string | number | boolean | null> {
    const clean: Record<string, string | number | boolean | null> = {};
    for (const [name, value] of Object.entries(fields ?? {})) {
      const key = RESERVED_NAMES.has(name) ? `${name}_` : name;
      if (value !== null && this.#scrubber.isSecretName(name)) clean[key] = REDACTED;
      else clean[key] = typeof value === 'string' ? this.#clean(value) : value;
    }
    return clean;
  }

  #clean(text: string): string {
    const clean = this.#scrubber.scrub(text.slice(0, TEXT_LENGTH_MAXIMUM));
    const cut = text.length - TEXT_LENGTH_MAXIMUM;
    return cut > 0 ? `${clean}… (${cut} more characters)` : clean;
  }
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
