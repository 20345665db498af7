/**
 * Appends alerts to logs/alert.txt: `[2026-11-22T16:39:00.123Z] critical crashed: message`, one line each.
 *
 * A line is on the disk when `raise` returns. Equal alerts within a minute are folded into a line with their count, so that
 * a fault that repeats cannot fill the disk. A line that cannot be written is reported to the owner, never thrown.
 */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';

import type { AlertChannel, AlertLevel } from '../ports/alert-channel.ts';
import { formatAlertLine } from '../ports/alert-line.ts';
import type { SecretScrubber } from '../ports/secret-scrubber.ts';

const FOLD_WINDOW_MS = 60_000;

/** Kinds of alerts remembered for folding; beyond it the oldest is settled early. */
const FOLDS_MAXIMUM = 64;

/** Longest text of an alert; the rest is cut. */
const TEXT_LENGTH_MAXIMUM = 1_000;

/** Everything a reader of lines or a terminal takes for structure. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\uFEFF]+/gu;

interface Fold {
  readonly level: AlertLevel;
  readonly reason: string;
  readonly text: string;
  readonly sinceMs: number;
  repeats: number;
}

export interface AlertFileOptions {
  readonly path: string;
  readonly scrubber: SecretScrubber;
  /** Local UTC ms. */
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

export class AlertFile implements AlertChannel {
  readonly #options: AlertFileOptions;
  readonly #folds = new Map<string, Fold>();

  constructor(options: AlertFileOptions) {
    this.#options = options;
  }

  raise(level: AlertLevel, reason: string, text: string): void {
    const nowMs = this.#options.nowMs();
    this.#settle((fold) => nowMs - fold.sinceMs >= FOLD_WINDOW_MS || nowMs < fold.sinceMs);
    const word = foldWord(reason);
    const line = this.#foldText(text);
    const key = `${level} ${word}: ${line}`;
    const fold = this.#folds.get(key);
    if (fold !== undefined) {
      fold.repeats++;
      return;
    }
    if (this.#folds.size >= FOLDS_MAXIMUM) {
      const oldest = this.#folds.values().next().value;
      this.#settle((candidate) => candidate === oldest);
    }
    this.#folds.set(key, { level, reason: word, text: line, sinceMs: nowMs, repeats: 0 });
    this.#append(level, word, line);
  }

  /** Writes the counts of folded alerts; call it at the end. */
  close(): void {
    this.#settle(() => true);
  }

  #settle(isDue: (fold: Fold) => boolean): void {
    for (const [key, fold] of this.#folds) {
      if (!isDue(fold)) continue;
      this.#folds.delete(key);
      if (fold.repeats > 0) this.#append(fold.level, fold.reason, `${fold.text} ${repeatNote(fold.repeats)}`);
    }
  }

  #append(level: AlertLevel, reason: string, text: string): void {
    const { path, nowMs, onError } = this.#options;
    try {
      makeFolders(dirname(path));
      const file = openSync(path, 'a');
      try {
        // One write: with O_APPEND the line of another process cannot fall into it.
        writeSync(file, `${formatAlertLine({ timeMs: nowMs(), level, reason, text })}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      onError(error);
    }
  }

  #foldText(text: string): string {
    const oneLine = this.#options.scrubber.scrub(text).replace(CONTROL_CHARACTERS, ' ').trim();
    return oneLine.length > TEXT_LENGTH_MAXIMUM ? `${oneLine.slice(0, TEXT_LENGTH_MAXIMUM)}…` : oneLine;
  }
}

/** What stands behind the text of a line that counts `repeats` further alerts with that text. */
function repeatNote(repeats: number): string {
  return `(${repeats} more like this)`;
}

/** Splits off the count of a {@link repeatNote}; null where the text has none. */
export function readRepeatNote(text: string): { readonly text: string; readonly repeats: number } | null {
  const match = /^(.*) \((\d{1,12}) more like this\)$/.exec(text);
  return match === null ? null : { text: match[1] ?? '', repeats: Number(match[2]) };
}

function foldWord(reason: string): string {
  const word = reason
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 64);
  return word === '' ? 'unknown' : word;
}
