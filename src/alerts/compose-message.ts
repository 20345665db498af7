/**
 * Puts together what a channel is told next, from the alerts that wait for it.
 *
 * Equal alerts are one with a count. A message lists what people can read at a glance; where more wait than a few of
 * those messages could list, the rest is counted by level and reason, so that a storm of alerts ends in a few messages
 * whose numbers add up. In quiet hours everything waits until something is urgent enough; it is then told with all that
 * waited before it, so that the order stays.
 */

import { createHash } from 'node:crypto';
import type { AlertLevel } from '../ports/alert-channel.ts';
import { ALERT_LEVELS, type AlertLine } from '../ports/alert-line.ts';
import { readRepeatNote } from './alert-file.ts';
import type { FeedLine } from './alert-feed.ts';
import type { AlertMessage, CountedAlerts, ToldAlert } from './alert-message.ts';

/** Alerts listed in one message, and the characters of their texts. */
const LISTED_MAXIMUM = 12;
const LISTED_TEXT_MAXIMUM = 1_500;
/** What an alert takes beside its text: level, reason, times. */
const LISTED_OVERHEAD = 100;

/** Lines that may wait behind a message; where there are more, they are counted in it. */
const BACKLOG_MAXIMUM = 40;

/** Kinds that are counted by themselves; further ones share a row. */
const COUNTED_KINDS_MAXIMUM = 20;
const OTHER_REASONS = 'other';

export interface ComposeOptions {
  /** Name of the channel and of the workspace's outbox: with the place in the file they make the ids. */
  readonly channel: string;
  readonly origin: string;
  /** Lower levels are passed over. */
  readonly level: AlertLevel;
  /** Alerts below this level wait; null = none does. */
  readonly quietLevel: AlertLevel | null;
  readonly nowMs: number;
}

export type Composed =
  | { readonly kind: 'message'; readonly message: AlertMessage }
  /** Nothing to tell; what stands before `toOffset` concerns the channel no more. */
  | { readonly kind: 'nothing'; readonly toOffset: number }
  /** Alerts wait for the end of the quiet hours. */
  | { readonly kind: 'held' };

/** `lines`: the feed from the channel's place `fromOffset` on. */
export function composeMessage(
  lines: Iterable<FeedLine>,
  fromOffset: number,
  options: ComposeOptions,
): Composed {
  const listed = new Map<string, ToldAlert>();
  const counted = new Map<string, CountedAlerts>();
  let textLength = 0;
  let isFull = false;
  let isLoud = options.quietLevel === null;
  let rest = 0;
  let listedTo = fromOffset;
  let endOfFeed = fromOffset;
  for (const line of lines) {
    endOfFeed = line.toOffset;
    const { alert } = line;
    if (alert === null || isBelow(alert.level, options.level)) {
      if (!isFull) listedTo = line.toOffset;
      continue;
    }
    if (options.quietLevel !== null && !isBelow(alert.level, options.quietLevel)) isLoud = true;
    const told = toldAlert(line, alert, options.origin);
    const key = `${told.level} ${told.reason}: ${told.text}`;
    const known = listed.get(key);
    const length = told.text.length + LISTED_OVERHEAD;
    if (known === undefined && listed.size > 0)
      isFull ||= listed.size >= LISTED_MAXIMUM || textLength + length > LISTED_TEXT_MAXIMUM;
    if (isFull) {
      rest++;
      count(counted, told);
      continue;
    }
    listedTo = line.toOffset;
    if (known === undefined) {
      textLength += length;
      listed.set(key, told);
    } else {
      const lastTimeMs = Math.max(known.lastTimeMs, told.lastTimeMs);
      listed.set(key, { ...known, lastTimeMs, count: known.count + told.count });
    }
  }
  if (listed.size === 0) return { kind: 'nothing', toOffset: endOfFeed };
  if (!isLoud) return { kind: 'held' };
  const isOverflow = rest > BACKLOG_MAXIMUM;
  const toOffset = isOverflow ? endOfFeed : listedTo;
  return {
    kind: 'message',
    message: {
      id: shortHash(`${options.origin}\0${options.channel}\0${fromOffset}\0${toOffset}`),
      fromOffset,
      toOffset,
      composedMs: options.nowMs,
      alerts: [...listed.values()],
      counted: isOverflow ? [...counted.values()] : [],
    },
  };
}

function toldAlert({ fromOffset, line }: FeedLine, alert: AlertLine, origin: string): ToldAlert {
  const { timeMs, level, reason } = alert;
  const repeated = readRepeatNote(alert.text);
  return {
    id: shortHash(`${origin}\0${fromOffset}\0${line}`),
    timeMs,
    lastTimeMs: timeMs,
    level,
    reason,
    text: repeated?.text ?? alert.text,
    count: repeated?.repeats ?? 1,
  };
}

function count(counted: Map<string, CountedAlerts>, { level, reason, count: repeats }: ToldAlert): void {
  const own = `${level} ${reason}`;
  const isKnown = counted.has(own) || counted.size < COUNTED_KINDS_MAXIMUM;
  const key = isKnown ? own : `${level} ${OTHER_REASONS}`;
  const former = counted.get(key)?.count ?? 0;
  counted.set(key, { level, reason: isKnown ? reason : OTHER_REASONS, count: former + repeats });
}

function isBelow(level: AlertLevel, least: AlertLevel): boolean {
  return ALERT_LEVELS.indexOf(level) < ALERT_LEVELS.indexOf(least);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}
