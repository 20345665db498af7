/**
 * An append-only text file that starts anew when it has grown large, keeping a few older ones.
 *
 * Lines are written synchronously, so what was logged before an exit is there after it. `system.jsonl` becomes
 * `system.1.jsonl`, then `system.2.jsonl`, …; the oldest is dropped. A line that cannot be written is counted and dropped:
 * the log never stops a session.
 */

import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { makeFolders } from '../ports/make-folders.ts';

const LINE_FEED = 10;

export interface RotatingFileOptions {
  readonly path: string;
  readonly maximumBytes: number;
  /** Older files kept beside the current one. */
  readonly keep: number;
  /** Told once for each stretch of failing writes. */
  readonly onError: (error: unknown) => void;
}

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: number | null = null;
  #bytes = 0;
  #failing = false;
  #dropped = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Lines lost to failing writes. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends `line`, which ends with a line feed. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(line, 'utf8');
      if (this.#file !== null && this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maximumBytes)
        this.#rotate();
      this.#file ??= this.#open();
      for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#file, bytes, offset);
      this.#bytes += bytes.length;
      this.#failing = false;
    } catch (error) {
      this.#dropped++;
      if (this.#failing) return;
      this.#failing = true;
      this.#options.onError(error);
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #open(): number {
    makeFolders(dirname(this.#options.path));
    const file = openSync(this.#options.path, 'a+');
    this.#bytes = fstatSync(file).size;
    // A process that died within a line left it open; ours must not continue it.
    const last = Buffer.alloc(1);
    if (this.#bytes > 0 && readSync(file, last, 0, 1, this.#bytes - 1) === 1 && last[0] !== LINE_FEED) {
      this.#bytes += writeSync(file, '\n');
    }
    return file;
  }

  #rotate(): void {
    this.close();
    for (let age = this.#options.keep; age >= 1; age--) {
      renameIfPresent(age === 1 ? this.#options.path : this.#agedPath(age - 1), this.#agedPath(age));
    }
  }

  #agedPath(age: number): string {
    const extension = extname(this.#options.path);
    return `${this.#options.path.slice(0, this.#options.path.length - extension.length)}.${age}${extension}`;
  }
}

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
