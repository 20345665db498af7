/** Cells of CSV files (RFC 4180, LF) that spreadsheets do not take for formulas. */

const FORMULA_START = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** A cell of free text: one that a spreadsheet would run as a formula gets an apostrophe in front. */
export function textCell(text: string): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A cell of a number or of decimal text that we made ourselves; null = not measured, an empty cell. */
export function numberCell(value: string | number | null): string {
  return value === null ? '' : String(value);
}

/** A time as ISO 8601 UTC with milliseconds. */
export function timeCell(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Lines of cells under their header, each ended by LF. */
export function csvText(header: string, lines: readonly (readonly string[])[]): string {
  return [header, ...lines.map((cells) => cells.join(','))].map((line) => `${line}\n`).join('');
}
