/**
 * Judges whether the fills of a session were possible, from the recorded market alone.
 *
 * Taker fills. The venue pushes its book about every 310 ms, at the latest after 590, and delivers it 50 ms late: the book
 * in force when an order arrives is up to {@link BOOK_AGE_MS} old. A fill is never better than the best opposite price
 * recorded in that time, and all own fills at one price never exceed what was displayed there and added since; what a
 * fill marks as extrapolated may be as old as the last full book, {@link TAIL_AGE_MS}.
 * Maker fills. Each needs prints by takers of the opposite side at its price or through it, after its arrival; what prints
 * give is at most their size, over all own fills together. A print is known by its time and price: it plays at its
 * recorded time, and reaches the session at most {@link PRINT_DELAY_MS} later.
 * Times of the session are its estimate of the venue's clock, which is {@link CLOCK_ERROR_MS} off at most.
 * Where the session's log says that it was later at that time, because the machine was busy, that counts instead.
 */

import type { FillRow, OrderRow } from './contract-shapes.ts';
import { decimalText, divideUp, exact } from './exact-decimal.ts';
import type { Print, RecordedTape, SideHistory } from './recorded-tape.ts';
import type { Timeliness } from './timeliness.ts';

/** Push gap of at most 590 ms, 50 ms of delivery, 5 ms of stamp, and the timers' own lateness. */
export const BOOK_AGE_MS = 700;
/** Behind the pushed window counts the last full book, asked for every 30 s: what it showed may be that old, and says so. */
const TAIL_AGE_MS = 33_000;
/** Steps in which the books of that time are looked at. */
const BOOK_STEP_MS = 50;
/** Levels of a side that the venue pushes. */
const WINDOW_LEVELS = 15;
/** The shortest gap between two pushes: fills within it saw at most two books, and what one showed bounds their sum. */
const PUSH_GAP_MIN_MS = 45;
/** Batches of 50 ms, 50 ms of delivery, and the timers' own lateness. */
const PRINT_DELAY_MS = 500;
const CLOCK_ERROR_MS = 50;
/** 0.001 BTC in integers of 10^-8. */
const LOT = 100_000;
/**
 * The wire gives a trade's time in whole seconds; the session takes the earliest it can have happened, so no print counts
 * for an order that arrived after it, but for the fraction of a millisecond that the recording's own stamps leave open.
 */
const PRINT_STAMP_ERROR_MS = 1;

const FEE_RATES = { maker: '0.0002', taker: '0.0006' } as const;

export interface JudgedSession {
  readonly startMs: number;
  readonly endMs: number;
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
  readonly timeliness: Timeliness;
}

export interface Verdict {
  readonly takers: number;
  readonly makers: number;
  /** One sentence for each thing that the market could not have given. */
  readonly findings: readonly string[];
}

export function judgeFills(session: JudgedSession, tape: RecordedTape): Verdict {
  const takers = session.fills.filter(({ liquidity }) => liquidity === 'taker');
  const makers = session.fills.filter(({ liquidity }) => liquidity === 'maker');
  const findings = [
    ...judgeOrders(session),
    ...takers.flatMap((fill) => judgeTaker(fill, tape, session.timeliness)),
    ...judgeDisplayedSizes(takers, tape, session.timeliness),
    ...makers.flatMap((fill) => judgeQueue(fill, tape, session.timeliness)),
    ...judgePrints(makers, tape, session.timeliness),
  ];
  return { takers: takers.length, makers: makers.length, findings };
}

/** What needs no market: times, limits, sums and fees. */
function judgeOrders({ orders, fills, startMs, endMs }: JudgedSession): string[] {
  const findings: string[] = [];
  const orderOf = new Map(orders.map((order) => [order.order_id, order]));
  const filled = new Map<string, bigint>();
  for (const fill of fills) {
    const find = (text: string): void => void findings.push(`${name(fill)}: ${text}`);
    const order = orderOf.get(fill.order_id);
    if (order === undefined) {
      find('belongs to no order');
      continue;
    }
    filled.set(order.order_id, (filled.get(order.order_id) ?? 0n) + exact(fill.quantity));
    if (fill.side !== order.side) find(`its order is a ${order.side}`);
    if (order.price !== null && isBetter(fill.side, fill.price, order.price))
      find(`beyond its limit ${order.price}`);
    if (fill.liquidity === 'maker' && fill.price !== order.price) find(`rested at ${order.price}`);
    const canRest =
      order.type === 'limit' && (order.time_in_force === 'gtc' || order.time_in_force === 'post_only');
    if (fill.liquidity === 'maker' && !canRest) find('its order cannot rest');
    if (fill.liquidity === 'taker' && order.time_in_force === 'post_only') find('its order is post-only');
    if (fill.arrival_time_ms !== order.arrival_time_ms) find(`its order arrived at ${order.arrival_time_ms}`);
    if (fill.time_ms < fill.arrival_time_ms) find('before its arrival');
    if (fill.liquidity === 'taker' && fill.time_ms !== fill.arrival_time_ms) find('not at its arrival');
    if (fill.arrival_time_ms < startMs || fill.time_ms > endMs) find('outside the session');
    const rate = FEE_RATES[fill.liquidity];
    const fee = divideUp(exact(fill.price) * exact(fill.quantity) * exact(rate), 10n ** 16n);
    if (fill.fee_rate !== rate || exact(fill.fee) !== fee)
      find(`fee ${fill.fee}, should be ${decimalText(fee)}`);
  }
  for (const order of orders) {
    const sum = filled.get(order.order_id) ?? 0n;
    if (sum !== exact(order.filled_quantity)) {
      findings.push(
        `order ${order.order_id}: its fills add up to ${decimalText(sum)}, not ${order.filled_quantity}`,
      );
    }
    if (order.time_in_force === 'fok' && sum !== 0n && sum !== exact(order.quantity)) {
      findings.push(`order ${order.order_id}: fill-or-kill, filled in part`);
    }
  }
  return findings;
}

/** How old the book may be that an order met, and from when on it must be looked at. */
function bookAgeOf({ arrival_time_ms: arrivalMs }: FillRow, timeliness: Timeliness): number {
  return Math.max(BOOK_AGE_MS, timeliness.bookAgeMs(arrivalMs, arrivalMs) + clockErrorOf(timeliness));
}

function clockErrorOf({ clockErrorMs }: Timeliness): number {
  return Math.max(CLOCK_ERROR_MS, Math.ceil(clockErrorMs));
}

function tailAgeOf(timeliness: Timeliness): number {
  return Math.max(TAIL_AGE_MS, timeliness.tailAgeMs + clockErrorOf(timeliness));
}

function judgeTaker(fill: FillRow, tape: RecordedTape, timeliness: Timeliness): string[] {
  const fromMs = fill.arrival_time_ms - bookAgeOf(fill, timeliness);
  const best = opposite(fill, tape).bestBetween(fromMs, fill.arrival_time_ms);
  if (best === null) return [`${name(fill)}: no opposite price was recorded`];
  const bestText = decimalText(BigInt(best));
  return isBetter(fill.side, bestText, fill.price)
    ? [`${name(fill)}: better than the best recorded price ${bestText}`]
    : [];
}

/** No size is there twice: every run of own fills at one price is held against what the price showed. */
function judgeDisplayedSizes(
  takers: readonly FillRow[],
  tape: RecordedTape,
  timeliness: Timeliness,
): string[] {
  const findings: string[] = [];
  const levels = Map.groupBy(takers, ({ side, price }) => `${side} ${price}`);
  for (const fills of levels.values()) {
    const inTime = fills.toSorted((one, other) => one.arrival_time_ms - other.arrival_time_ms);
    for (const [at, first] of inTime.entries()) {
      const side = opposite(first, tape);
      const price = units(first.price);
      let [taken, ageMs] = [0, bookAgeOf(first, timeliness)];
      for (const fill of inTime.slice(at)) {
        taken += units(fill.quantity);
        if (units(fill.extrapolated_quantity) > 0) ageMs = tailAgeOf(timeliness);
        const fromMs = first.arrival_time_ms - ageMs;
        const untilMs = fill.arrival_time_ms;
        const isOnePush = untilMs - first.arrival_time_ms <= PUSH_GAP_MIN_MS;
        const bound = isOnePush
          ? side.displayedBetween(price, fromMs, untilMs).most
          : side.displayedAt(price, fromMs) + side.addedBetween(price, fromMs, untilMs);
        if (taken <= bound) continue;
        const numbers = `${decimalText(BigInt(taken))} taken, ${decimalText(BigInt(bound))} displayed`;
        findings.push(`${name(fill)}: ${numbers} since ${fromMs}`);
        break;
      }
    }
  }
  return findings;
}

/** The queue that a fill says it waited in was displayed, at a time when the order could see it. */
function judgeQueue(fill: FillRow, tape: RecordedTape, timeliness: Timeliness): string[] {
  if (fill.queue_ahead_at_acceptance === null) return [];
  const own = fill.side === 'buy' ? tape.bids : tape.asks;
  const queue = units(fill.queue_ahead_at_acceptance);
  const ageMs = bookAgeOf(fill, timeliness);
  const { most, least } = own.displayedBetween(units(fill.price), fill.arrival_time_ms - ageMs, fill.time_ms);
  if (queue >= least && queue <= most) return [];
  // Behind the window the queue is the last full book's; the window may have moved while the order was on its way.
  const arrivalMs = fill.arrival_time_ms;
  const steps = Array.from({ length: Math.ceil(ageMs / BOOK_STEP_MS) + 1 }, (_, step) => step * BOOK_STEP_MS);
  const isBehind = steps.some(
    (agoMs) => own.levelsBefore(units(fill.price), arrivalMs - agoMs) >= WINDOW_LEVELS,
  );
  const tailFromMs = arrivalMs - tailAgeOf(timeliness);
  const tail = own.displayedBetween(units(fill.price), tailFromMs, fill.time_ms);
  // Where that book shows less than its mean level, the mean counts, rounded up to a lot.
  const mean = own.meanLevelBetween(tailFromMs, arrivalMs);
  const isMean = queue >= mean.least && queue < mean.most + LOT;
  if (isBehind && ((queue >= tail.least && queue <= tail.most) || isMean)) return [];
  return [`${name(fill)}: a queue of ${fill.queue_ahead_at_acceptance} was never displayed`];
}

/** Hands the prints out to the maker fills so that as much as possible is explained; what is left was not possible. */
function judgePrints(makers: readonly FillRow[], tape: RecordedTape, timeliness: Timeliness): string[] {
  const prints = makers.map((fill) => {
    const printDelayMs = PRINT_DELAY_MS + timeliness.delayMs(fill.time_ms, fill.time_ms);
    const clockErrorMs = clockErrorOf(timeliness);
    return tape.prints.filter((print) => isPossible(fill, print, printDelayMs, clockErrorMs));
  });
  const spare = new Map(tape.prints.map((print) => [print, print.quantity]));
  const givenTo = new Map<Print, Map<number, number>>();
  const give = (print: Print, fill: number, quantity: number): void => {
    const given = givenTo.get(print) ?? new Map<number, number>();
    given.set(fill, (given.get(fill) ?? 0) + quantity);
    givenTo.set(print, given);
    spare.set(print, (spare.get(print) ?? 0) - quantity);
  };
  /** Finds `wanted` or less for a fill, taking a print from another fill where that one can do with others. */
  const find = (fill: number, wanted: number, tried: Set<Print>): number => {
    for (const print of prints[fill] ?? []) {
      if (tried.has(print)) continue;
      tried.add(print);
      const free = Math.min(wanted, spare.get(print) ?? 0);
      if (free > 0) {
        give(print, fill, free);
        return free;
      }
      for (const [other, given] of givenTo.get(print) ?? []) {
        const moved = other === fill || given === 0 ? 0 : find(other, Math.min(wanted, given), tried);
        if (moved === 0) continue;
        give(print, other, -moved);
        give(print, fill, moved);
        return moved;
      }
    }
    return 0;
  };
  return makers.flatMap((fill, index) => {
    let missing = units(fill.quantity);
    for (let found = -1; found !== 0 && missing > 0; missing -= found)
      found = find(index, missing, new Set());
    if (missing <= 0) return [];
    if (prints[index]?.length === 0) return [`${name(fill)}: no print could have filled it`];
    return [`${name(fill)}: the prints were ${decimalText(BigInt(missing))} too small`];
  });
}

function isPossible(fill: FillRow, print: Print, printDelayMs: number, clockErrorMs: number): boolean {
  const price = units(fill.price);
  return (
    print.takerSide !== fill.side &&
    (fill.side === 'buy' ? print.price <= price : print.price >= price) &&
    print.timeMs >= fill.arrival_time_ms - PRINT_STAMP_ERROR_MS &&
    print.timeMs >= fill.time_ms - printDelayMs &&
    print.timeMs <= fill.time_ms + clockErrorMs
  );
}

function opposite(fill: FillRow, tape: RecordedTape): SideHistory {
  return fill.side === 'buy' ? tape.asks : tape.bids;
}

/** Whether `price` is better for the account than `than`. */
function isBetter(side: 'buy' | 'sell', than: string, price: string): boolean {
  return side === 'buy' ? exact(price) < exact(than) : exact(price) > exact(than);
}

function name(fill: FillRow): string {
  return `${fill.fill_id} (${fill.liquidity} ${fill.side} ${fill.quantity} at ${fill.price}, ${fill.time_ms})`;
}

function units(text: string): number {
  return Number(exact(text));
}
