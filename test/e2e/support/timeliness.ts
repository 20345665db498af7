/**
 * How late the market reached a session, by its own event log: what the venue stamped, and when it came.
 *
 * On a busy machine both the venue and the session act later than they mean to. A judge of fills asks here how old the book
 * in force was then, rather than to take a busy machine for a fill that the market could not have given.
 * Limit: it believes the stamps of the log. A session that held its frames back would show as one that is late throughout:
 * {@link Timeliness.medianAgeMs}.
 */

import { type LoggedEvent, eventsOf } from './event-lines.ts';

/** Around the time asked about: what came late just before or after it came late then, too. */
const AROUND_MS = 1_000;

export interface Timeliness {
  /** The greatest age by the venue's stamp that a book in force had at some moment between the two. */
  bookAgeMs(fromMs: number, toMs: number): number;
  /** The greatest time that anything was on its way between the two. */
  delayMs(fromMs: number, toMs: number): number;
  /** The greatest age that a full book had. */
  readonly tailAgeMs: number;
  /** What the session's own estimate of the venue's clock left open at most. */
  readonly clockErrorMs: number;
  /** The age of the book at its replacement: half of them were younger. */
  readonly medianAgeMs: number;
}

interface Reign {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ageMs: number;
  readonly delayMs: number;
}

export function measureTimeliness(events: readonly LoggedEvent[]): Timeliness {
  const books = reignsOf(eventsOf(events, 'book_snapshot'));
  const tails = reignsOf(eventsOf(events, 'book_tail'));
  const around = (fromMs: number, toMs: number): Reign[] =>
    books.filter((reign) => reign.toMs >= fromMs - AROUND_MS && reign.fromMs <= toMs + AROUND_MS);
  const ages = books.map(({ ageMs }) => ageMs).toSorted((one, other) => one - other);
  return {
    bookAgeMs: (fromMs, toMs) => Math.max(0, ...around(fromMs, toMs).map(({ ageMs }) => ageMs)),
    delayMs: (fromMs, toMs) => Math.max(0, ...around(fromMs, toMs).map(({ delayMs }) => delayMs)),
    tailAgeMs: Math.max(0, ...tails.map(({ ageMs }) => ageMs)),
    clockErrorMs: Math.max(
      0,
      ...eventsOf(events, 'clock')
        .map((event) => Number(event['uncertainty_ms']))
        .filter(Number.isFinite),
    ),
    medianAgeMs: ages[Math.floor(ages.length / 2)] ?? Number.NaN,
  };
}

interface Stamped {
  readonly received_ms: number;
  readonly exchange_ms: number | null;
}

/** Each frame from its arrival to that of the next one, which is when it is oldest. */
function reignsOf(frames: readonly Stamped[]): Reign[] {
  return frames.flatMap(({ received_ms: fromMs, exchange_ms: exchangeMs }, row) => {
    const toMs = frames[row + 1]?.received_ms;
    const stampMs = exchangeMs ?? fromMs;
    return toMs === undefined ? [] : [{ fromMs, toMs, ageMs: toMs - stampMs, delayMs: fromMs - stampMs }];
  });
}
