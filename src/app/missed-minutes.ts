/**
 * The minutes in which a session's program did not run, or had no network, as the venue tells them afterwards: what is
 * played through the engine before the session goes on.
 *
 * Whole minutes inside the absence only; its first and last parts have no bar that is theirs alone. A minute without a
 * kline is left out and makes the absence one that is not filled: nothing is invented for it. Minutes without a mark
 * kline are held against the kline itself, as the rules for bars say.
 */

import { MINUTE_MS } from '../core/base/time.ts';
import { type BarFields, FLAG_RECONSTRUCTED, type MarkBarFields } from '../core/domain/event-block.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import type { EventInlet } from '../ports/event-inlet.ts';
import type { Logger } from '../ports/logger.ts';
import { VenueError } from '../ports/venue-error.ts';
import type { RestClient } from '../venues/bitunix/rest-client.ts';

/** The longest absence that is played through; a longer one stays a recorded gap. */
export const PLAYED_MAX_MS: number = 5 * 24 * 60 * MINUTE_MS;

interface MinuteBars {
  readonly bars: ReadonlyMap<number, BarFields>;
  readonly marks: ReadonlyMap<number, MarkBarFields>;
}

/** Minutes of every instrument between two times. */
export class MissedMinutes {
  readonly #instruments: readonly MinuteBars[];
  readonly #openTimes: readonly number[];

  private constructor(openTimes: readonly number[], instruments: readonly MinuteBars[]) {
    this.#openTimes = openTimes;
    this.#instruments = instruments;
  }

  /** Asks the venue; what it cannot say is missing. Throws VenueError where it refuses us for good. */
  static async fetch(
    rest: Pick<RestClient, 'bars' | 'markBars'>,
    instruments: readonly Instrument[],
    fromMs: number,
    toMs: number,
    logger: Logger,
  ): Promise<MissedMinutes> {
    const firstMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
    const endMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
    const count = endMs - firstMs > PLAYED_MAX_MS ? 0 : Math.max(0, (endMs - firstMs) / MINUTE_MS);
    const openTimes = Array.from({ length: count }, (_, minute) => firstMs + minute * MINUTE_MS);
    if (count === 0) return new MissedMinutes(openTimes, []);
    const fetched = await Promise.all(
      instruments.map(async (instrument): Promise<MinuteBars> => {
        const [bars, marks] = await Promise.all([
          orNone(rest.bars(instrument, '1m', firstMs, endMs, toMs), logger),
          orNone(rest.markBars(instrument, '1m', firstMs, endMs, toMs), logger),
        ]);
        return {
          bars: new Map(bars.map((bar) => [bar.openTimeMs, bar])),
          marks: new Map(marks.map((bar) => [bar.openTimeMs, bar])),
        };
      }),
    );
    return new MissedMinutes(openTimes, fetched);
  }

  /** Whole minutes in the absence. */
  get count(): number {
    return this.#openTimes.length;
  }

  /** Minutes that the venue told of every instrument. */
  get known(): number {
    return this.#openTimes.filter((openMs) => this.#instruments.every(({ bars }) => bars.has(openMs))).length;
  }

  /** Writes them as events in their order, each at the end of its minute, none before `notBeforeMs`. */
  write(inlet: EventInlet, notBeforeMs = 0): void {
    for (const openMs of this.#openTimes) {
      for (const [index, { bars, marks }] of this.#instruments.entries()) {
        const bar = bars.get(openMs);
        if (bar === undefined) continue;
        const mark = marks.get(openMs);
        const atMs = Math.max(notBeforeMs, openMs + MINUTE_MS);
        if (mark !== undefined) inlet.open(1).appendMarkBar(index, atMs, mark, FLAG_RECONSTRUCTED);
        inlet.open(1).appendBar(index, atMs, bar, FLAG_RECONSTRUCTED);
      }
    }
  }
}

/** Where the venue cannot say now, nothing is known; a refusal for good is one of the session. */
async function orNone<Bar>(asked: Promise<Bar[]>, logger: Logger): Promise<Bar[]> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof VenueError) || error.errorClass === 'fatal') throw error;
    logger.log('warning', 'backfill_failed', error.message);
    return [];
  }
}
