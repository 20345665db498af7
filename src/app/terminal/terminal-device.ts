/**
 * Writes to the terminal without ever waiting for it.
 *
 * A terminal that was stopped (Ctrl-S) or hangs (a lost ssh) blocks whoever writes to it in the usual way, and with it the
 * session. So the device is opened a second time, non-blocking: what it does not take now waits here, within a bound, and
 * what does not fit is dropped. A terminal that is gone takes everything and shows nothing.
 */

import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** More than any frame; a terminal that is this far behind shows nothing of what follows. */
const PENDING_BYTES_MAX = 65_536;

export interface TerminalDevice {
  /** Writes the text, or nothing of it where the terminal still has former text to take; returns which. */
  write(text: string): boolean;
  close(): void;
}

/** `path`: the terminal's device; null where it cannot be opened for writing without waiting. */
export function openTerminalDevice(path: string = stdoutDevice()): TerminalDevice | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
  return new NonBlockingDevice(descriptor);
}

function stdoutDevice(): string {
  return process.platform === 'linux' ? '/proc/self/fd/1' : '/dev/tty';
}

class NonBlockingDevice implements TerminalDevice {
  #descriptor: number | null;
  #pending: Buffer = Buffer.alloc(0);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(text: string): boolean {
    this.#flush();
    const bytes = Buffer.from(text);
    if (this.#pending.length > 0 || bytes.length > PENDING_BYTES_MAX) return false;
    this.#pending = bytes;
    this.#flush();
    return true;
  }

  close(): void {
    this.#flush();
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #flush(): void {
    while (this.#pending.length > 0 && this.#descriptor !== null) {
      try {
        this.#pending = this.#pending.subarray(writeSync(this.#descriptor, this.#pending));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return;
        // The terminal is gone: there is nobody to show anything to.
        this.#pending = Buffer.alloc(0);
        return;
      }
    }
  }
}
