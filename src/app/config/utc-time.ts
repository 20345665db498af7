/** Times as people write them on a command line and in files. */

const MS_TEXT = /^\d{9,16}$/;
const DATED_TEXT = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:\d\d)?)?$/;
const DATE_LENGTH = 10;

/** ms UTC of a date, an ISO time (UTC where it names no zone) or ms UTC; null for anything else. */
export function parseUtcTime(text: string): number | null {
  if (MS_TEXT.test(text)) return Number(text);
  if (!DATED_TEXT.test(text)) return null;
  const hasZone = /(Z|[-+]\d\d:\d\d)$/.test(text.slice(DATE_LENGTH));
  const needsZone = text.length > DATE_LENGTH && !hasZone;
  const timeMs = Date.parse(needsZone ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(timeMs) ? null : timeMs;
}
