/** The time of day in which only urgent alerts are told, by the wall clock of a place. */

const MINUTES_A_DAY = 1_440;

export interface QuietHours {
  /** Minutes after midnight; a span that ends before it begins goes over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Reads `22:00-07:00`; null where the text is no such span, or an empty one. */
export function parseQuietHours(text: string): QuietHours | null {
  const match = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return null;
  const [fromHour = 0, fromPart = 0, toHour = 0, toPart = 0] = match.slice(1).map(Number);
  if (fromHour > 23 || toHour > 24 || fromPart > 59 || toPart > 59) return null;
  const fromMinute = fromHour * 60 + fromPart;
  const toMinute = toHour * 60 + toPart;
  return toMinute > MINUTES_A_DAY || fromMinute === toMinute ? null : { fromMinute, toMinute };
}

/** Whether a name such as `Europe/Berlin` or `UTC` is a time zone that this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** `timeZone`: null = the machine's own. */
export function isQuiet(hours: QuietHours, timeZone: string | null, nowMs: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(timeZone === null ? {} : { timeZone }),
  }).formatToParts(nowMs);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value ?? 0);
  const minute = part('hour') * 60 + part('minute');
  const { fromMinute, toMinute } = hours;
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}
