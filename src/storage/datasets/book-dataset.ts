/**
 * A recorded order-book session as a market: the files of a prefix, see recorded-session.ts for their formats and rules.
 *
 * Settlements of a funding file are told at their instant; they count where the session has mark prices, which announce
 * them. The files are streamed. Limit: it cannot begin in its middle, where no book is known.
 */

import { type EventBlock, EventKind } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { markPrice } from '../../core/domain/units.ts';
import { type RecordedMarket, openRecordedSession } from '../recorded-session.ts';
import { StorageError } from '../storage-error.ts';
import { type Insertion, withInsertions } from './block-cut.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import { type FundingRow, readFundingFile } from './funding-file.ts';

/** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function openBookDataset(prefix: string, funding: string | null): Promise<Dataset> {
  const market = await openRecordedSession(prefix);
  const rows = funding === null ? [] : await readFundingFile(funding);
  const { price_decimals: priceDecimals, quantity_decimals: quantityDecimals } = market.instrument;
  const hasMarks = market.firstMark !== null;
  return {
    ...{ priceSource: 'stream', barMs: null, priceDecimals, quantityDecimals },
    notes: hasMarks ? [] : [NO_MARKS],
    feed: (instrument, span) => feedOf(prefix, market, hasMarks ? rows : [], instrument, span),
  };
}

export const NO_MARKS =
  'The recording has no mark prices: the last trade stands in for the mark, and no settlement is paid.';

function feedOf(
  prefix: string,
  market: RecordedMarket,
  funding: readonly FundingRow[],
  instrument: Instrument,
  span: DatasetSpan,
): DatasetFeed {
  const { startMs, lastMs } = market;
  const endMs = Math.min(lastMs, span.toMs ?? lastMs);
  if (!(endMs > startMs) || (span.fromMs !== null && span.fromMs > startMs)) {
    const found = Number.isNaN(startMs)
      ? 'there is nothing in it'
      : `${new Date(startMs).toISOString()}, at most to ${new Date(lastMs).toISOString()}`;
    throw new StorageError('invalid_data', `${prefix}: a recorded book is played from its begin, ${found}`);
  }
  const told = funding.filter(({ settlementMs }) => settlementMs >= startMs && settlementMs <= endMs);
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => {
      const marks = new MarkWatch(market.firstMark ?? 0);
      const blocks = marks.watch(upTo(market.blocks(instrument, firstSequence), endMs));
      return withInsertions(
        blocks,
        told.map((row) => settlementOf(row, instrument.index, marks)),
        firstSequence,
      );
    },
  };
}

/** A settlement counts at its own mark, else at the newest that was told by then. */
function settlementOf({ settlementMs, rate, mark }: FundingRow, index: number, marks: MarkWatch): Insertion {
  return {
    atMs: settlementMs,
    append: (block, source, to) => {
      const counted = mark ?? markPrice(marks.newest(source, to));
      block.appendFunding(index, settlementMs, settlementMs, rate, counted);
    },
  };
}

/** Knows the newest mark of a stream. */
class MarkWatch {
  /** Of the blocks that have passed. */
  #passed: number;

  constructor(first: number) {
    this.#passed = first;
  }

  async *watch(blocks: AsyncIterable<EventBlock>): AsyncGenerator<EventBlock> {
    for await (const block of blocks) {
      yield block;
      this.#passed = this.newest(block, block.length);
    }
  }

  /** The newest mark before row `to` of the block in hand. */
  newest(block: EventBlock, to: number): number {
    for (let row = to - 1; row >= 0; row--)
      if (block.kind[row] === EventKind.mark) return block.wide[block.price[row] ?? 0] ?? this.#passed;
    return this.#passed;
  }
}

/** The blocks that begin by then; what comes later in the last one lies behind the session's end. */
async function* upTo(blocks: AsyncIterable<EventBlock>, endMs: number): AsyncGenerator<EventBlock> {
  for await (const block of blocks) {
    if ((block.receivedTimeMs[0] ?? 0) > endMs) return;
    yield block;
  }
}
