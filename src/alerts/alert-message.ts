/** What is told in one go: alerts one by one, then what is only counted. Plain data, so that it can wait on the disk. */

import type { AlertLevel } from '../ports/alert-channel.ts';

export interface ToldAlert {
  /** The same for the same alert, however often it is told. */
  readonly id: string;
  /** Of the first and the last of `count` alerts with this text, local UTC ms. */
  readonly timeMs: number;
  readonly lastTimeMs: number;
  readonly level: AlertLevel;
  readonly reason: string;
  readonly text: string;
  readonly count: number;
}

/** Alerts that were too many to be listed. */
export interface CountedAlerts {
  readonly level: AlertLevel;
  readonly reason: string;
  readonly count: number;
}

export interface AlertMessage {
  /** The same at every attempt to deliver it. */
  readonly id: string;
  /** The part of the alert file that it tells, in bytes; `toOffset` is where the next one begins. */
  readonly fromOffset: number;
  readonly toOffset: number;
  /** When it was put together, local UTC ms. */
  readonly composedMs: number;
  /** In order of their first occurrence. */
  readonly alerts: readonly ToldAlert[];
  readonly counted: readonly CountedAlerts[];
}

/**
 * As people read it, at most `lengthMaximum` characters: the texts are cut where they would not fit, the counts are not.
 * `lengthMaximum` of at least 1,000 has room for every line of a message.
 */
export function formatAlertMessage(message: AlertMessage, lengthMaximum: number): string {
  const { alerts, counted, id } = message;
  const tail = [
    ...(counted.length === 0
      ? []
      : [
          `and ${counted.reduce((sum, { count }) => sum + count, 0)} more: ${counted
            .map(({ level, reason, count }) => `${level} ${reason} x ${count}`)
            .join(', ')}`,
        ]),
    `laptop-agents · ${id}`,
  ].join('\n');
  const room = Math.max(0, lengthMaximum - tail.slice(0, lengthMaximum / 2).length);
  const share = alerts.length === 0 ? 0 : Math.floor(room / alerts.length) - 1;
  const full = alerts.map(alertText);
  const isTooLong = full.reduce((sum, line) => sum + line.length + 1, 0) > room;
  const lines = isTooLong ? full.map((line) => cut(line, share)) : full;
  return [...lines, cut(tail, lengthMaximum / 2)].join('\n');
}

function alertText({ timeMs, lastTimeMs, level, reason, text, count }: ToldAlert): string {
  const time = new Date(timeMs).toISOString();
  const repeats = count === 1 ? '' : ` (${count} times, last ${new Date(lastTimeMs).toISOString()})`;
  return `${level.toUpperCase()} ${reason}: ${text}${repeats} [${time}]`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
