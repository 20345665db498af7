/** Arrays of rows that are added to at their end and never grow beyond a limit. */

/** Trimming moves every row, so it waits until this share of the limit is surplus. */
const SLACK = 0.25;

/** Adds rows at the end; drops the oldest ones once there are a quarter more than `max`. Nothing to add changes nothing. */
export function appendLimited<Row>(list: Row[], added: readonly Row[] | undefined, max: number): void {
  if (added === undefined || added.length === 0) return;
  for (const row of added) list.push(row);
  trim(list, max);
}

/** Puts a row where its key belongs, in place of the one with the same key. Meant for keys at or near the end. */
export function putSorted<Row>(list: Row[], row: Row, keyOf: (row: Row) => number, max: number): void {
  const key = keyOf(row);
  const at = list.findLastIndex((other) => keyOf(other) <= key);
  const found = list[at];
  if (found !== undefined && keyOf(found) === key) list[at] = row;
  else if (at === list.length - 1) list.push(row);
  else list.splice(at + 1, 0, row);
  trim(list, max);
}

/** Index of the first row whose key is at least `key`; the length where there is none. Rows ascend by key. */
export function lowerBound<Row>(list: readonly Row[], key: number, keyOf: (row: Row) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = list[middle];
    if (row !== undefined && keyOf(row) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function trim(list: unknown[], max: number): void {
  if (list.length > max * (1 + SLACK)) list.splice(0, list.length - max);
}
