/**
 * Judges the fills of a run over a recording from the raw recording alone, to the message.
 *
 * Takers: the book that a fill names was the market when it happened, showed that size at that price, and no size twice.
 * Makers: the print that a fill names was there, reached its price, was not older than the order, and gave no more than its
 * size to all of us; no order got more than its queue can have let through (queue-bounds.ts).
 */

import { QueueBounds, type RestingSpan } from './queue-bounds.ts';
import { RawBook, type RawMessage } from './raw-session.ts';
import type { RawFill } from './run-recorded.ts';

/** 10^-12. */
const FEE_RATES = { maker: 200_000_000n, taker: 600_000_000n } as const;

export function judgeRecorded(
  messages: readonly RawMessage[],
  fills: readonly RawFill[],
  spans: readonly RestingSpan[],
): string[] {
  const findings: string[] = fills.flatMap(judgeFee);
  const byEvidence = Map.groupBy(fills, ({ evidence }) => evidence);
  const nextBookMs = timesOfNextBook(messages);
  const waiting = spans
    .map((span) => new QueueBounds(span))
    .toSorted((a, b) => a.span.fromMs - b.span.fromMs);
  const bounds = [...waiting];
  let active: QueueBounds[] = [];
  const book = new RawBook();
  for (const [at, message] of messages.entries()) {
    while ((waiting[0]?.span.fromMs ?? Number.POSITIVE_INFINITY) <= message.timeMs) {
      const arrived = waiting.shift();
      if (arrived !== undefined) active.push(arrived);
    }
    for (const bound of active) bound.arrive(book, message.timeMs);
    const isBook = message.kind === 'whole' || message.kind === 'update';
    if (isBook) book.apply(message);
    for (const bound of active) bound.hear(message, book, true);
    if (at % 64 === 0) active = active.filter(({ span }) => span.untilMs >= message.timeMs);
    const named = byEvidence.get(at + 1);
    if (named === undefined) continue;
    byEvidence.delete(at + 1);
    if (isBook)
      findings.push(...judgeTakers(named, message, book, nextBookMs[at] ?? Number.POSITIVE_INFINITY));
    else findings.push(...judgeMakers(named, message, book));
  }
  for (const [evidence, named] of byEvidence)
    findings.push(...named.map(({ id }) => `${id}: there is no message ${evidence}`));
  return [...findings, ...judgeQueues(fills, bounds)];
}

/** Whether no order got more than its queue can have let through. */
function judgeQueues(fills: readonly RawFill[], bounds: readonly QueueBounds[]): string[] {
  const findings: string[] = [];
  for (const { span, most } of bounds) {
    const got = fills
      .filter(
        ({ orderId, isMaker, arrivalMs }) => orderId === span.id && isMaker && arrivalMs === span.fromMs,
      )
      .reduce((sum, { quantity }) => sum + quantity, 0);
    if (got > most)
      findings.push(`${span.id}: got ${got} resting at ${span.price}, at most ${most} can have come`);
  }
  return findings;
}

function judgeTakers(fills: readonly RawFill[], frame: RawMessage, book: RawBook, nextMs: number): string[] {
  const findings: string[] = [];
  const taken = new Map<string, number>();
  const isMarket = book.isMarket;
  for (const fill of fills) {
    const find = (what: string): void => void findings.push(`${fill.id}: ${what}`);
    if (fill.isMaker) find('rested, and names a book');
    if (!isMarket) find('its book is no market');
    if (fill.timeMs < frame.timeMs || fill.timeMs > nextMs) find('its book was not the one in force');
    const best = book.best(!fill.isBuy);
    if (best === null || (fill.isBuy ? fill.price < best : fill.price > best))
      find(`better than the best, ${best}`);
    const key = `${fill.isBuy} ${fill.price}`;
    const sum = (taken.get(key) ?? 0) + fill.quantity;
    taken.set(key, sum);
    const shown = book.shown(!fill.isBuy, fill.price);
    if (sum > shown) find(`took ${sum} of ${shown} displayed`);
  }
  return findings;
}

function judgeMakers(fills: readonly RawFill[], { print, timeMs }: RawMessage, book: RawBook): string[] {
  const findings: string[] = [];
  let given = 0;
  for (const fill of fills) {
    const find = (what: string): void => void findings.push(`${fill.id}: ${what}`);
    if (print === null || !fill.isMaker) {
      find('its evidence is no print');
      continue;
    }
    given += fill.quantity;
    if (given > print.quantity) find(`${given} of a print of ${print.quantity}`);
    if (print.takerBuys === fill.isBuy) find('its print is of its own side');
    if (fill.isBuy ? print.price > fill.price : print.price < fill.price) find('its print did not reach it');
    if (print.tradeMs < fill.arrivalMs) find('its print is older than its order');
    if (fill.timeMs !== timeMs) find('not at the time of its print');
    if (!book.isMarket) find('the book was no market');
  }
  return findings;
}

function judgeFee(fill: RawFill): string[] {
  const product = BigInt(fill.price) * BigInt(fill.quantity) * FEE_RATES[fill.isMaker ? 'maker' : 'taker'];
  const unit = 10n ** 20n;
  const fee = (product + unit - 1n) / unit;
  return fee === fill.fee ? [] : [`${fill.id}: fee ${fill.fee}, should be ${fee}`];
}

/** By message: when the next book comes. */
function timesOfNextBook(messages: readonly RawMessage[]): Float64Array {
  const times = new Float64Array(messages.length);
  let next = Number.POSITIVE_INFINITY;
  for (let at = messages.length - 1; at >= 0; at--) {
    times[at] = next;
    const message = messages[at];
    if (message?.kind === 'whole' || message?.kind === 'update') next = message.timeMs;
  }
  return times;
}
