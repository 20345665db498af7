/**
 * Reads `logs/alert.txt` from a place onwards: the file is the queue of what has to be told, and every process that
 * raises an alert appends to it.
 *
 * Only whole lines are given; one that is still being written waits for its end. At most {@link READ_BYTES_MAXIMUM} are
 * held at a time. Limit: a file that was replaced by a longer one is read on from the old place.
 */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type AlertLine, parseAlertLine } from '../ports/alert-line.ts';

const READ_BYTES_MAXIMUM = 65_536;

const LINE_FEED = 0x0a;

export interface FeedLine {
  /** Where it begins and where the next one does, in bytes. */
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly line: string;
  /** null where the line is no alert. */
  readonly alert: AlertLine | null;
}

/** Size in bytes; 0 where there is no file. */
export function alertFileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The whole lines from `offset` on. A file that is shorter than that was begun anew and is read from its start. */
export function* readAlertFeed(path: string, offset: number): Generator<FeedLine> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES_MAXIMUM);
    let at = offset > fstatSync(file).size ? 0 : offset;
    for (;;) {
      const bytes = readSync(file, buffer, 0, buffer.length, at);
      let from = 0;
      for (;;) {
        const end = buffer.subarray(0, bytes).indexOf(LINE_FEED, from);
        if (end < 0) break;
        const line = buffer.toString('utf8', from, end);
        yield { fromOffset: at + from, toOffset: at + end + 1, line, alert: parseAlertLine(line) };
        from = end + 1;
      }
      if (from > 0) at += from;
      // No alert is that long: what stands there is passed over.
      else if (bytes === buffer.length) at += bytes;
      else return;
    }
  } finally {
    closeSync(file);
  }
}
