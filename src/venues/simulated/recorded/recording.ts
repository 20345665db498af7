/**
 * A recorded session in memory: the columns of its events in the order they are played, and the grids of its numbers.
 *
 * Invariants: times do not go back; prices are ticks, quantities lots, mark and index prices units of
 * 10^-referenceDecimals. The reader collects integers of 10^-8 and {@link RecordingBuilder.finish} brings them to the
 * coarsest grid that holds all of them exactly.
 */

import { FILE_DECIMALS } from './data-file.ts';

export const EVENT_SNAPSHOT = 0;
export const EVENT_UPDATE = 1;
export const EVENT_TRADE = 2;
export const EVENT_MARK = 3;

/**
 * Columns by event. `first` and `second` mean: of a snapshot or update the range of its bid levels in `levels` (the asks
 * follow up to `third`), of a trade price and quantity (`third` 1 = taker bought), of a mark the mark and the index price
 * (`third` the funding rate in 10^-8).
 */
export interface Recording {
  readonly count: number;
  readonly timeMs: Float64Array;
  readonly kind: Uint8Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly third: Float64Array;
  /** Price and quantity alternating. */
  readonly levels: Float64Array;
  readonly priceDecimals: number;
  readonly lotDecimals: number;
  /** Null where the recording has no mark prices. */
  readonly referenceDecimals: number | null;
  readonly notes: readonly string[];
}

/** The fewest decimals that hold all values seen. */
class Grid {
  decimals = 0;
  #unit = 10 ** FILE_DECIMALS;

  see(value: number): void {
    while (value % this.#unit !== 0) {
      this.decimals++;
      this.#unit /= 10;
    }
  }

  /** Makes the grid at least this fine. */
  refineTo(decimals: number): void {
    if (decimals <= this.decimals) return;
    this.#unit /= 10 ** (decimals - this.decimals);
    this.decimals = decimals;
  }

  /** From 10^-8 to the grid; exact for every value seen. */
  scale(value: number): number {
    return value / this.#unit;
  }
}

interface CollectedEvent {
  /** Place in the order of arrival. */
  readonly order: number;
  /** Exchange time; null where the file has none (then `arrivalMs` stands in). */
  readonly exchangeMs: number | null;
  readonly arrivalMs: number;
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

/** An event with the time it plays at. */
interface TimedEvent {
  readonly timeMs: number;
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

export class RecordingBuilder {
  readonly #events: CollectedEvent[] = [];
  readonly #levels: number[] = [];
  readonly #prices = new Grid();
  readonly #lots = new Grid();
  readonly #markPrices = new Grid();
  #hasMarks = false;

  /** Bids and asks are price and quantity alternating, in 10^-8. */
  addBook(at: EventPlace, isSnapshot: boolean, bids: readonly number[], asks: readonly number[]): void {
    const first = this.#levels.length;
    this.#addLevels(bids);
    const second = this.#levels.length;
    this.#addLevels(asks);
    this.#events.push({
      ...at,
      kind: isSnapshot ? EVENT_SNAPSHOT : EVENT_UPDATE,
      first,
      second,
      third: this.#levels.length,
    });
  }

  addTrade(at: EventPlace, price: number, quantity: number, isBuy: boolean): void {
    this.#prices.see(price);
    this.#lots.see(quantity);
    this.#events.push({ ...at, kind: EVENT_TRADE, first: price, second: quantity, third: isBuy ? 1 : 0 });
  }

  /** `rate` is the predicted funding rate as a fraction in 10^-8. */
  addMark(at: EventPlace, mark: number, index: number, rate: number): void {
    this.#hasMarks = true;
    this.#markPrices.see(mark);
    this.#markPrices.see(index);
    this.#events.push({ ...at, kind: EVENT_MARK, first: mark, second: index, third: rate });
  }

  /**
   * Puts the events in order of arrival, makes their times monotonic, and brings all numbers to their grids. Trades
   * older than the first snapshot come before it, whenever they arrived: a feed may begin with a backlog.
   */
  finish(notes: readonly string[]): Recording {
    this.#markPrices.refineTo(this.#prices.decimals);
    const events = this.#inPlayingOrder();
    const count = events.length;
    const timeMs = new Float64Array(count);
    const kind = new Uint8Array(count);
    const first = new Float64Array(count);
    const second = new Float64Array(count);
    const third = new Float64Array(count);
    let previousMs = 0;
    let late = 0;
    for (const [at, event] of events.entries()) {
      if (event.timeMs < previousMs) late++;
      previousMs = Math.max(previousMs, event.timeMs);
      timeMs[at] = previousMs;
      kind[at] = event.kind;
      [first[at], second[at]] = this.#scaled(event);
      third[at] = event.third;
    }
    const levels = Float64Array.from(this.#levels, (value, at) => {
      return at % 2 === 0 ? this.#prices.scale(value) : this.#lots.scale(value);
    });
    const order = `${late} of ${count} events carry an exchange time before that of an earlier arrival; they play in order of arrival.`;
    return {
      count,
      timeMs,
      kind,
      first,
      second,
      third,
      levels,
      priceDecimals: this.#prices.decimals,
      lotDecimals: this.#lots.decimals,
      referenceDecimals: this.#hasMarks ? this.#markPrices.decimals : null,
      notes: late === 0 ? notes : [...notes, order],
    };
  }

  #inPlayingOrder(): TimedEvent[] {
    const arrived = this.#events.toSorted((one, other) => one.order - other.order);
    const timed = arrived.map((event, at): TimedEvent => {
      const followingMs = arrived[at + 1]?.exchangeMs ?? event.arrivalMs;
      const timeMs = event.exchangeMs ?? Math.min(event.arrivalMs, followingMs);
      return { kind: event.kind, first: event.first, second: event.second, third: event.third, timeMs };
    });
    const startMs = timed.find((event) => event.kind === EVENT_SNAPSHOT)?.timeMs ?? 0;
    const isBacklog = (event: TimedEvent): boolean => event.kind === EVENT_TRADE && event.timeMs < startMs;
    const backlog = timed.filter(isBacklog).toSorted((one, other) => one.timeMs - other.timeMs);
    return [...backlog, ...timed.filter((event) => !isBacklog(event))];
  }

  #scaled({ kind, first, second }: TimedEvent): [number, number] {
    if (kind === EVENT_TRADE) return [this.#prices.scale(first), this.#lots.scale(second)];
    if (kind === EVENT_MARK) return [this.#markPrices.scale(first), this.#markPrices.scale(second)];
    return [first, second];
  }

  #addLevels(values: readonly number[]): void {
    for (let at = 0; at < values.length; at += 2) {
      const price = values[at] ?? 0;
      const quantity = values[at + 1] ?? 0;
      this.#prices.see(price);
      this.#lots.see(quantity);
      this.#levels.push(price, quantity);
    }
  }
}

/** Where an event stands in time and in the order of arrival. */
export type EventPlace = Pick<CollectedEvent, 'order' | 'exchangeMs' | 'arrivalMs'>;
