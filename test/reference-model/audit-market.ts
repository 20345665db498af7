/** Holds fills against the scenario's own books and prints, replayed here anew. */

import { OPENING } from './outcome.ts';
import type { MarketEvent, Scenario, Timed } from './scenario.ts';

/** The facts of a fill that the auditor needs; times after the start. */
export interface AuditedFill {
  readonly id: string;
  readonly orderId: string;
  readonly instrument: number;
  readonly sign: 1 | -1;
  readonly price: number;
  readonly quantity: number;
  readonly liquidity: 'maker' | 'taker';
  readonly timeMs: number;
  readonly arrivalMs: number;
  readonly evidence: number;
}

type Book = MarketEvent & { readonly do: 'book' };

export function auditMarket(fills: readonly AuditedFill[], scenario: Scenario): string[] {
  const opening = OPENING.slice(0, scenario.terms.instruments).flat();
  // Place 0 is the session's own first event.
  const events: readonly (Timed<MarketEvent> | null)[] = [
    null,
    ...opening.map((event) => ({ ...event, atMs: 0 })),
    ...scenario.events,
  ];
  const findings: string[] = [];
  const taken = new Map<string, number>();
  const printed = new Map<number, number>();
  for (const fill of fills) {
    const find = (what: string): void => void findings.push(`${fill.id}: ${what}`);
    const event = events[fill.evidence] ?? null;
    if (event === null || !('instrument' in event) || event.instrument !== fill.instrument) {
      find('its evidence is no event of its market');
      continue;
    }
    if (event.do === 'tail') {
      findings.push(...auditTail(event, fill, taken, scenario.terms.tailAgeMs));
      continue;
    }
    const bookAt = fill.liquidity === 'taker' ? fill.evidence : lastBook(events, fill);
    const doubt = doubtAbout(events, fill, bookAt);
    if (doubt !== null) find(doubt);
    if (fill.liquidity === 'taker') {
      if (event.do !== 'book') find('its evidence is no book');
      const shown = bookOf(events, fill.instrument, fill.evidence);
      const key = `${fill.sign > 0 ? 'ask' : 'bid'} ${fill.price}`;
      const sum = (taken.get(`${fill.evidence} ${key}`) ?? 0) + fill.quantity;
      taken.set(`${fill.evidence} ${key}`, sum);
      if (sum > (shown.get(key) ?? 0)) find(`took ${sum} of ${shown.get(key) ?? 0} displayed`);
    } else if (event.do === 'trade') {
      const sum = (printed.get(fill.evidence) ?? 0) + fill.quantity;
      printed.set(fill.evidence, sum);
      if (sum > event.quantity) find(`took ${sum} of a print of ${event.quantity}`);
      if ((event.taker === 'sell') !== fill.sign > 0) find('its print was by a taker of its own side');
      if ((fill.price - event.price) * fill.sign < 0) find('its print did not reach its price');
      if (event.exchangeMs < fill.arrivalMs) find('its print happened before it arrived');
      if (event.atMs !== fill.timeMs) find('not at the time of its print');
    } else {
      find('its evidence is no print');
    }
  }
  return findings;
}

/** A fill behind the window: at most what the full book showed, at any one time; one that is young enough. */
function auditTail(
  tail: Timed<MarketEvent> & { readonly do: 'tail' },
  fill: AuditedFill,
  taken: Map<string, number>,
  ageMs: number,
): string[] {
  const isBid = fill.sign < 0;
  const level = tail.levels.find((one) => one.isBid === isBid && one.price === fill.price);
  const key = `${fill.evidence} ${isBid} ${fill.price} at ${fill.timeMs}`;
  const sum = (taken.get(key) ?? 0) + fill.quantity;
  taken.set(key, sum);
  return [
    ...(fill.liquidity === 'taker' ? [] : [`${fill.id}: a full book fills no maker`]),
    ...(fill.timeMs - tail.atMs <= ageMs ? [] : [`${fill.id}: its full book was too old`]),
    ...(sum <= (level?.quantity ?? 0)
      ? []
      : [`${fill.id}: took ${sum} of ${level?.quantity ?? 0} estimated`]),
  ];
}

/** The last frame of the fill's market before its evidence. */
function lastBook(events: readonly (Timed<MarketEvent> | null)[], fill: AuditedFill): number {
  return events.findLastIndex(
    (event, at) => at < fill.evidence && event?.do === 'book' && event.instrument === fill.instrument,
  );
}

/** Why the market could not be trusted when the fill happened; null where it could. */
function doubtAbout(
  events: readonly (Timed<MarketEvent> | null)[],
  fill: AuditedFill,
  bookAt: number,
): string | null {
  const prices = (side: string): number[] =>
    [...bookOf(events, fill.instrument, bookAt).keys()]
      .filter((key) => key.startsWith(side))
      .map((key) => Number(key.slice(side.length)));
  const [bids, asks] = [prices('bid'), prices('ask')];
  if (bids.length === 0 || asks.length === 0) return 'a side of the book was empty';
  if (Math.max(...bids) >= Math.min(...asks)) return 'the book was crossed';
  for (const [at, event] of events.entries()) {
    if (event === null || at <= bookAt || event.atMs >= fill.timeMs) continue;
    if (event.do === 'disconnect') return 'the market was gone';
    if (fill.liquidity === 'taker' && event.do === 'book' && event.instrument === fill.instrument)
      return 'a later book had replaced its evidence';
  }
  return null;
}

/** Displayed lots by side and price after event number `until`. */
function bookOf(
  events: readonly (Timed<MarketEvent> | null)[],
  instrument: number,
  until: number,
): Map<string, number> {
  const shown = new Map<string, number>();
  const frames = events
    .slice(0, until + 1)
    .filter((event): event is Timed<Book> => event?.do === 'book' && event.instrument === instrument);
  for (const frame of frames) {
    if (frame.isSnapshot) shown.clear();
    for (const { isBid, price, quantity } of frame.levels) {
      const key = `${isBid ? 'bid' : 'ask'} ${price}`;
      if (quantity > 0) shown.set(key, quantity);
      else shown.delete(key);
    }
  }
  return shown;
}
