/**
 * Several contracts' candles as one market: their events in the order of time.
 *
 * Of one moment the contracts come in their own order, each with all that it has to say then. Limitation: of what candles
 * tell only, whose events are one row each.
 */

import {
  BAR_CLOSE,
  BAR_HIGH,
  BAR_LENGTH,
  BAR_LOW,
  BAR_OPEN,
  BAR_OPEN_TIME,
  BAR_VOLUME,
  EventBlock,
  EventKind,
  FLAG_LAST,
  FUNDING_MARK,
  FUNDING_RATE,
  FUNDING_TIME,
  MARK_INDEX,
  MARK_LAST_SETTLEMENT,
  MARK_MARK,
  MARK_NEXT_SETTLEMENT,
  MARK_SETTLED_RATE,
} from '../../core/domain/event-block.ts';
import type { QualityRecord } from '../../core/domain/commands.ts';
import { type MarkPrice, type Rate, type Ticks, lots, markPrice } from '../../core/domain/units.ts';
import { InvariantViolation } from '../../core/base/assert.ts';
import type { DatasetFeed } from './dataset.ts';

const BLOCK_ROWS = 4_096;

/** `feeds`: at least one, each of another contract; a single one stays as it is. */
export function joinFeeds(feeds: readonly DatasetFeed[]): DatasetFeed {
  const [only] = feeds;
  if (only !== undefined && feeds.length === 1) return only;
  return {
    startMs: Math.min(...feeds.map(({ startMs }) => startMs)),
    endMs: Math.max(...feeds.map(({ endMs }) => endMs)),
    blocks: (firstSequence) => join(feeds, firstSequence),
  };
}

async function* join(feeds: readonly DatasetFeed[], firstSequence: number): AsyncGenerator<EventBlock> {
  const cursors = feeds.map((feed) => new EventCursor(feed));
  for (const cursor of cursors) await cursor.load();
  const joined = new EventBlock(BLOCK_ROWS);
  joined.reset(firstSequence);
  for (;;) {
    const next = earliest(cursors);
    if (next === null) break;
    if (!joined.hasRoom(1)) {
      yield joined;
      joined.reset(joined.firstSequence + joined.events);
    }
    next.take(joined);
    if (next.isDrained) await next.load();
  }
  if (joined.events > 0) yield joined;
}

/** The first of those whose next event is the earliest; null where all are at their end. */
function earliest(cursors: readonly EventCursor[]): EventCursor | null {
  let found: EventCursor | null = null;
  for (const cursor of cursors)
    if (cursor.timeMs < (found?.timeMs ?? Number.POSITIVE_INFINITY)) found = cursor;
  return found;
}

/** A way through one feed, event by event. */
class EventCursor {
  readonly #blocks: AsyncIterator<EventBlock>;
  #block: EventBlock | null = null;
  #row = 0;

  constructor(feed: DatasetFeed) {
    this.#blocks = feed.blocks(0)[Symbol.asyncIterator]();
  }

  get isDrained(): boolean {
    return this.#block === null || this.#row >= this.#block.length;
  }

  /** Infinite at the end. */
  get timeMs(): number {
    return this.#block?.receivedTimeMs[this.#row] ?? Number.POSITIVE_INFINITY;
  }

  async load(): Promise<void> {
    const step = await this.#blocks.next();
    this.#block = step.done === true ? null : step.value;
    this.#row = 0;
  }

  take(target: EventBlock): void {
    if (this.#block !== null) copyEvent(this.#block, this.#row, target);
    this.#row++;
  }
}

function copyEvent(source: EventBlock, row: number, target: EventBlock): void {
  const instrument = source.instrument[row] ?? 0;
  const timeMs = source.receivedTimeMs[row] ?? 0;
  const exchangeMs = source.exchangeTimeMs[row] ?? 0;
  const flags = (source.flags[row] ?? 0) & ~FLAG_LAST;
  const at = source.price[row] ?? 0;
  const wide = (offset: number): number => source.wide[at + offset] ?? Number.NaN;
  const known = (offset: number): number | null => (Number.isNaN(wide(offset)) ? null : wide(offset));
  const span = { openTimeMs: wide(BAR_OPEN_TIME), lengthMs: wide(BAR_LENGTH) };
  switch (source.kind[row]) {
    case EventKind.bar: {
      const prices = {
        open: wide(BAR_OPEN) as Ticks,
        high: wide(BAR_HIGH) as Ticks,
        low: wide(BAR_LOW) as Ticks,
        close: wide(BAR_CLOSE) as Ticks,
      };
      target.appendBar(instrument, timeMs, { ...span, ...prices, volume: lots(wide(BAR_VOLUME)) }, flags);
      break;
    }
    case EventKind.markBar: {
      const prices = {
        open: markPrice(wide(BAR_OPEN)),
        high: markPrice(wide(BAR_HIGH)),
        low: markPrice(wide(BAR_LOW)),
        close: markPrice(wide(BAR_CLOSE)),
      };
      target.appendMarkBar(instrument, timeMs, { ...span, ...prices }, flags);
      break;
    }
    case EventKind.mark:
      target.appendMark(instrument, timeMs, exchangeMs, {
        mark: markPrice(wide(MARK_MARK)),
        index: known(MARK_INDEX) as MarkPrice | null,
        settledRate: known(MARK_SETTLED_RATE) as Rate | null,
        lastSettlementMs: known(MARK_LAST_SETTLEMENT),
        nextSettlementMs: known(MARK_NEXT_SETTLEMENT),
      });
      break;
    case EventKind.funding: {
      const rate = wide(FUNDING_RATE) as Rate;
      target.appendFunding(instrument, timeMs, wide(FUNDING_TIME), rate, markPrice(wide(FUNDING_MARK)));
      break;
    }
    case EventKind.quality:
      target.appendQuality(timeMs, source.details[at] as QualityRecord);
      break;
    default:
      throw new InvariantViolation(`candles tell no event of kind ${source.kind[row]}`);
  }
}
