/** How a difference between a session and its replay is said. */

import type { Output } from '../core/domain/outputs.ts';
import type { RowDifference } from '../storage/journal-comparison.ts';

const SHOWN_OUTPUTS = 3;
const SHOWN_CHARACTERS = 400;

/** One side of a differing row: the cell, or the row where the other side has none. */
export function rowText(difference: RowDifference, side: 'expected' | 'found'): string {
  const { table, column, key, index } = difference;
  const row = difference[side];
  const name = `${table} ${key ?? `row ${index + 1}`}`;
  if (row === null) return `${name}: no such row`;
  return column === null
    ? `${name}: ${cut(JSON.stringify(row, plainBigint))}`
    : `${name}: ${column} = ${String(row[column])}`;
}

/** The first outputs of an event. */
export function outputsText(outputs: readonly Output[]): string {
  const shown = outputs.slice(0, SHOWN_OUTPUTS).map((output) => JSON.stringify(output, plainBigint));
  const more = outputs.length - shown.length;
  return cut(shown.join(', ')) + (more > 0 ? ` and ${more} more` : '');
}

function plainBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
