/**
 * Tells the person who started the session how it goes: one live line on a terminal, a plain line now and then when
 * piped, nothing when the output is for machines.
 */

import { type HeartbeatFields, heldText } from '../ports/heartbeat-fields.ts';

/** Pace of lines when piped. */
const PLAIN_INTERVAL_MS = 10_000;

const CLEAR_LINE = '\r\u001B[2K';

export interface ConsoleProgressOptions {
  readonly write: (text: string) => void;
  readonly mode: 'live' | 'plain' | 'silent';
  /** Monotonic ms. */
  readonly nowMs: () => number;
  /** Width of the terminal now; 80 where unknown. */
  readonly columns: () => number;
}

export class ConsoleProgress {
  readonly #options: ConsoleProgressOptions;
  #live = false;
  #lastPlainMs = Number.NEGATIVE_INFINITY;

  constructor(options: ConsoleProgressOptions) {
    this.#options = options;
  }

  /** Shows the session as it stands; call it once a second. `price` is display text, null where unknown. */
  update(fields: HeartbeatFields, price: string | null): void {
    const { mode, write, nowMs, columns } = this.#options;
    if (mode === 'silent') return;
    const line = progressLine(fields, price);
    if (mode === 'live') {
      // One column short: a full line would wrap and could not be rewritten.
      write(`${CLEAR_LINE}${line.slice(0, Math.max(20, columns() - 1))}`);
      this.#live = true;
      return;
    }
    if (nowMs() - this.#lastPlainMs < PLAIN_INTERVAL_MS) return;
    this.#lastPlainMs = nowMs();
    write(`${line}\n`);
  }

  /** Prints a line of its own; a live line moves below it with the next update. */
  note(text: string): void {
    if (this.#options.mode === 'silent') return;
    this.#options.write(`${this.#live ? CLEAR_LINE : ''}${text}\n`);
    this.#live = false;
  }

  /** Leaves the last live line standing and the cursor below it. */
  end(): void {
    if (this.#live) this.#options.write('\n');
    this.#live = false;
  }
}

function progressLine(fields: HeartbeatFields, price: string | null): string {
  const parts = [
    fields.state,
    fields.remaining === null
      ? formatSeconds(fields.elapsed)
      : `${formatSeconds(fields.elapsed)} (${formatSeconds(fields.remaining)} left)`,
    `${fields.symbol ?? '?'} ${price ?? '-'}`,
    `position ${heldText(fields) ?? '-'}`,
    `equity ${fields.equity ?? '-'}`,
    `orders ${fields.open_orders ?? '-'}`,
  ];
  if (fields.reason !== null) parts.push(fields.reason);
  return parts.join('  ');
}

function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '-';
  const whole = Math.max(0, Math.round(seconds));
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor((whole % 86_400) / 3_600), Math.floor((whole % 3_600) / 60), whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return days > 0 ? `${days}d ${clock}` : clock;
}
