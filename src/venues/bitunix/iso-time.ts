/** ISO-8601 UTC times as the venue writes them: whole seconds, or with a fraction as its old pages show. */

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;

/** Parses `2026-09-23T08:00:00Z` to ms, a finer fraction cut; null where the text is no such time. */
export function parseIsoTimeMs(text: string): number | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59 || year < 1970) return null;
  const midnightMs = Date.UTC(year, month - 1, day);
  const date = new Date(midnightMs);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const fractionMs = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return midnightMs + ((hour * 60 + minute) * 60 + second) * 1_000 + fractionMs;
}

/** Days from 1970-01-01 of a civil date in the Gregorian calendar. Source: H. Hinnant, "chrono-compatible date algorithms". */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  );
}

/** Days of a month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
