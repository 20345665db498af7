/**
 * Tells how the session goes where there is no terminal to draw on: a plain line now and then, nothing when the output is
 * for machines.
 */

import { type HeartbeatFields, heldText } from '../ports/heartbeat-fields.ts';

/** Pace of lines when piped. */
const PLAIN_INTERVAL_MS = 10_000;

export interface ConsoleProgressOptions {
  readonly write: (text: string) => void;
  readonly isSilent: boolean;
  /** Monotonic ms. */
  readonly nowMs: () => number;
}

export class ConsoleProgress {
  readonly #options: ConsoleProgressOptions;
  #lastSaidMs = Number.NEGATIVE_INFINITY;

  constructor(options: ConsoleProgressOptions) {
    this.#options = options;
  }

  /** Says how the session stands; call it once a second. `price` is display text, null where unknown. */
  update(fields: HeartbeatFields, price: string | null): void {
    const { isSilent, write, nowMs } = this.#options;
    if (isSilent || nowMs() - this.#lastSaidMs < PLAIN_INTERVAL_MS) return;
    this.#lastSaidMs = nowMs();
    write(`${progressLine(fields, price)}\n`);
  }

  /** Prints a line of its own. */
  note(text: string): void {
    if (!this.#options.isSilent) this.#options.write(`${text}\n`);
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
