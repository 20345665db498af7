/**
 * Saved state as text: JSON in which every number and every bigint comes back as it was, NaN and minus zero included.
 *
 * Invariant: decoding what was encoded gives an equal value, and equal values built in the same order give equal text. A
 * string that begins with `~` stands for what JSON has no word for (`~NaN`, `~-0`, `~12n`); such a string of one's own gets
 * a second `~`. Limitation: plain data only, which {@link encodeState} insists on: no classes, maps, sets or functions.
 */

import { assert } from './assert.ts';

/** Data that can be saved: JSON's kinds, any number and bigints. A type alias fits it, an interface does not. */
export type PlainData =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainData[]
  | { readonly [key: string]: PlainData | undefined };

const MARK = '~';

/** Something in a state is no plain data. */
export class NotPlainError extends Error {
  override readonly name = 'NotPlainError';
}

/** Returns the text of plain data; a field that is undefined is left out. Throws {@link NotPlainError} naming the place. */
export function encodeState(state: unknown): string {
  return write(state, 'state');
}

/** The inverse of {@link encodeState}. Throws SyntaxError for text that is no JSON. */
export function decodeState(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? unmark(value.slice(MARK.length)) : value,
  );
}

function write(value: unknown, place: string): string {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? String(value)
        : `"${MARK}${numberText(value)}"`;
    case 'string':
      return JSON.stringify(value.startsWith(MARK) ? MARK + value : value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `"${MARK}${value}n"`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeList(value, place) : writeFields(value, place);
    default:
      throw new NotPlainError(`${place} is ${typeof value}, not plain data`);
  }
}

function writeList(list: readonly unknown[], place: string): string {
  let text = '[';
  for (let at = 0; at < list.length; at++) text += (at === 0 ? '' : ',') + write(list[at], `${place}[${at}]`);
  return `${text}]`;
}

function writeFields(value: object, place: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotPlainError(`${place} is a ${value.constructor.name}, not plain data`);
  }
  let text = '{';
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${write(field, `${place}.${key}`)}`;
  }
  return `${text}}`;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function unmark(text: string): string | number | bigint {
  if (text.startsWith(MARK)) return text;
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text);
}

/** Gives each of a fixed list of parts its own state back. `given`: what it needs besides. */
export function restoreEach<State, Given extends readonly unknown[]>(
  parts: readonly { restore(state: State, ...given: Given): void }[],
  states: readonly State[],
  ...given: Given
): void {
  assert(parts.length === states.length, `${states.length} saved states for ${parts.length} parts`);
  for (const [at, state] of states.entries()) parts[at]?.restore(state, ...given);
}
