/**
 * Judges the fills of a session by its own event log: was there a market, was it this one, and was it enough.
 *
 * A taker's evidence is the last frame received before it: two-sided, not crossed, not older than the stale limit by the
 * venue's own stamp, from a connection that stood. A maker's evidence is a print of the opposite taker at its price or
 * through it, stamped after its arrival. Sizes are never used twice. Limit: a halt is decided once a second, so a fill may
 * be that much older than the limit.
 */

import type { FillRow, ReportDocument } from './contract-shapes.ts';
import type { EventOf, LoggedEvent } from './event-lines.ts';
import { exact } from './exact-decimal.ts';

const HALT_STEP_MS = 1_100;

/** One sentence for each fill that the log does not justify, and for each break of the log itself. */
export function judgeByLog(
  events: readonly LoggedEvent[],
  document: ReportDocument,
  staleMs: number,
): string[] {
  const findings: string[] = [];
  for (const [row, { seq, received_ms: receivedMs }] of events.entries()) {
    if (seq !== row) findings.push(`event ${row} carries the number ${seq}`);
    if (receivedMs < (events[row - 1]?.received_ms ?? 0)) findings.push(`event ${row} goes back in time`);
  }
  const used = new Map<string, bigint>();
  for (const fill of document.fills) {
    const find = (text: string): void =>
      void findings.push(`${fill.fill_id} (${fill.liquidity} ${fill.side}): ${text}`);
    const evidence = events[fill.evidence_sequence];
    const key = `${fill.evidence_sequence} ${fill.side} ${fill.liquidity === 'maker' ? '' : fill.price}`;
    const sum = (used.get(key) ?? 0n) + exact(fill.quantity);
    used.set(key, sum);
    if (fill.liquidity === 'taker') {
      if (evidence?.kind === 'book_snapshot') judgeTaker(fill, sum, evidence, events, staleMs, find);
      else if (evidence?.kind === 'book_tail') judgeTail(fill, sum, evidence, find);
      else find(`its evidence is ${evidence?.kind}`);
    } else if (evidence?.kind === 'trade') judgeMaker(fill, sum, evidence, find);
    else find(`its evidence is ${evidence?.kind}`);
  }
  return findings;
}

function judgeTaker(
  fill: FillRow,
  sum: bigint,
  frame: EventOf<'book_snapshot'>,
  events: readonly LoggedEvent[],
  staleMs: number,
  find: (text: string) => void,
): void {
  const [bid, ask] = [frame.bids[0]?.[0], frame.asks[0]?.[0]];
  if (bid === undefined || ask === undefined) find('a side of its book is empty');
  else if (exact(bid) >= exact(ask)) find('its book is crossed');
  const levels = fill.side === 'buy' ? frame.asks : frame.bids;
  const shown = levels.find(([price]) => exact(price) === exact(fill.price))?.[1];
  if (shown === undefined || exact(shown) < sum) find(`${shown ?? 'nothing'} displayed at ${fill.price}`);
  if (frame.received_ms > fill.time_ms) find('its book came after it');
  const ageMs = fill.time_ms - (frame.exchange_ms ?? frame.received_ms);
  if (ageMs > staleMs + HALT_STEP_MS && !fill.reconstructed) find(`its book is ${ageMs} ms old`);
  for (const event of events.slice(frame.seq + 1)) {
    if (event.received_ms >= fill.time_ms) break;
    if (event.kind === 'book_snapshot') find(`its book was replaced by event ${event.seq}`);
    const isLoss = event.kind === 'feed' && event.feed.feed === 'ticker' && event.feed.state !== 'connected';
    if (isLoss && !fill.reconstructed) find(`its connection was lost by event ${event.seq}`);
  }
}

/** A fill behind the window: it says so, and the last full book held it. */
function judgeTail(
  fill: FillRow,
  sum: bigint,
  tail: EventOf<'book_tail'>,
  find: (text: string) => void,
): void {
  const levels = fill.side === 'buy' ? tail.asks : tail.bids;
  const held = levels.find(([price]) => exact(price) === exact(fill.price))?.[1];
  if (held === undefined || exact(held) < sum) find(`${held ?? 'nothing'} in the full book at ${fill.price}`);
  if (fill.extrapolated_quantity !== fill.quantity) find('it does not say that it is extrapolated');
}

function judgeMaker(fill: FillRow, sum: bigint, print: EventOf<'trade'>, find: (text: string) => void): void {
  if (print.side === fill.side) find(`its print is a ${print.side}`);
  const isReached =
    fill.side === 'buy' ? exact(print.price) <= exact(fill.price) : exact(print.price) >= exact(fill.price);
  if (!isReached) find(`its print was at ${print.price}, not ${fill.price}`);
  if (exact(print.quantity) < sum) find(`${print.quantity} printed`);
  if (print.exchange_ms < fill.arrival_time_ms) find('its print came before it arrived');
}
