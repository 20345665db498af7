/**
 * The order book in hftbacktest's events: what one instant of receipt tells becomes one message of net changes.
 *
 * Source: hftbacktest, `types.py` and its market depth: kind 1 sets a level, 4 sets one of a snapshot, 3 clears a side from
 * the touch to its price, or all of it where that is no number, and both sides where it names none. A clearing becomes the
 * removal of the levels known there, so a book is kept. The first message of a file begins the book.
 */

import { decimalText } from './decimal-text.ts';
import type { BookFrame, ImportedLevel } from './import-row.ts';

const DEPTH_EVENT = 1;
const CLEAR_EVENT = 3;
const SNAPSHOT_EVENT = 4;

type Side = 'bid' | 'ask';

export interface DepthEvent {
  /** Number of the record. */
  readonly record: number;
  readonly kind: number;
  /** null = names no side. */
  readonly side: Side | null;
  readonly exchangeMs: number;
  readonly receivedUs: number;
  readonly price: number;
  readonly quantity: number;
}

export function isDepthEvent(kind: number): boolean {
  return kind === DEPTH_EVENT || kind === CLEAR_EVENT || kind === SNAPSHOT_EVENT;
}

export class HftbacktestBook {
  readonly #known = { bid: new Set<number>(), ask: new Set<number>() };
  /** New quantities by price, of the instant in hand. */
  readonly #changed = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  #first: DepthEvent | null = null;
  #isSnapshot = false;
  #arrivalUs: number | null = null;

  /** Returns the levels of the message before, where this event begins another. */
  next(event: DepthEvent): readonly ImportedLevel[] {
    const isNew = this.#first !== null && event.receivedUs !== this.#first.receivedUs;
    const done = isNew ? this.finish() : [];
    this.#first ??= event;
    this.#isSnapshot ||= event.kind !== DEPTH_EVENT;
    if (event.kind === CLEAR_EVENT) this.#clear(event);
    else if (event.side !== null) this.#set(event.side, event.price, event.quantity);
    return done;
  }

  /** Returns the levels of the message in hand. */
  finish(): readonly ImportedLevel[] {
    const first = this.#first;
    this.#first = null;
    if (first === null) return [];
    const begins = this.#arrivalUs === null;
    const frame: BookFrame = {
      // No two messages share their time.
      arrivalUs: Math.max(first.receivedUs, (this.#arrivalUs ?? 0) + 1),
      exchangeMs: first.exchangeMs,
      kind: begins ? 'book_snapshot' : 'book_delta',
    };
    const isUnfounded = begins && !this.#isSnapshot;
    const rows = (['bid', 'ask'] as const).flatMap((side) => this.#take(side, frame, first.record));
    this.#isSnapshot = false;
    if (rows.length > 0) this.#arrivalUs = frame.arrivalUs;
    const gap = 'no snapshot before it: the book is built from what changes';
    return isUnfounded ? rows.map((row, at) => (at === 0 ? { ...row, gap } : row)) : rows;
  }

  #take(side: Side, frame: BookFrame, line: number): ImportedLevel[] {
    const rows = [...this.#changed[side]].map(([price, quantity], place) => ({
      ...({ kind: 'level', line, frame, side, place } as const),
      ...{ price: decimalText(price), quantity: decimalText(quantity), gap: null },
    }));
    this.#changed[side].clear();
    return rows;
  }

  #set(side: Side, price: number, quantity: number): void {
    if (quantity === 0) this.#known[side].delete(price);
    else this.#known[side].add(price);
    this.#changed[side].set(price, quantity);
  }

  #clear({ side, price }: DepthEvent): void {
    const reaches = (level: number, isBid: boolean): boolean =>
      side === null || !Number.isFinite(price) || (isBid ? level >= price : level <= price);
    if (side !== 'ask')
      for (const level of this.#known.bid) if (reaches(level, true)) this.#set('bid', level, 0);
    if (side !== 'bid')
      for (const level of this.#known.ask) if (reaches(level, false)) this.#set('ask', level, 0);
  }
}
