/**
 * A recorded order-book session as a market: the files of a prefix, see recorded-session.ts for their formats and rules.
 *
 * Settlements of a funding file are told at their instant; they count where the session has mark prices, which announce
 * them. Limits: the session is held in memory; it cannot begin in its middle, where no book is known.
 */

import { EventKind } from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { markPrice } from '../../core/domain/units.ts';
import { type RecordedSession, loadRecordedSession } from '../recorded-session.ts';
import { StorageError } from '../storage-error.ts';
import { type Insertion, withInsertions } from './block-cut.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import { type FundingRow, readFundingFile } from './funding-file.ts';

const SUFFIX = /-(l2|trades|bbo|mark|book)\.csv(\.gz)?$/;

/** The prefix that a path names, be it one of the session's files. */
export function bookPrefix(path: string): string {
  return path.replace(SUFFIX, '');
}

/** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function openBookDataset(prefix: string, funding: string | null): Promise<Dataset> {
  const session = loadRecordedSession(prefix);
  const rows = funding === null ? [] : await readFundingFile(funding);
  const { price_decimals: priceDecimals, quantity_decimals: quantityDecimals } = session.instrument;
  const hasMarks = session.blocks.some((block) =>
    block.kind.subarray(0, block.length).includes(EventKind.mark),
  );
  const notes = hasMarks
    ? []
    : ['The recording has no mark prices: the last trade stands in for the mark, and no settlement is paid.'];
  return {
    ...{ priceSource: 'stream', barMs: null, priceDecimals, quantityDecimals, notes },
    feed: (instrument, span) => feedOf(prefix, session, hasMarks ? rows : [], instrument, span),
  };
}

function feedOf(
  prefix: string,
  session: RecordedSession,
  funding: readonly FundingRow[],
  { index }: Instrument,
  span: DatasetSpan,
): DatasetFeed {
  const last = session.blocks.at(-1);
  const startMs = session.blocks[0]?.receivedTimeMs[0] ?? 0;
  const lastMs = last?.receivedTimeMs[last.length - 1] ?? 0;
  const endMs = Math.min(lastMs, span.toMs ?? lastMs);
  if (endMs <= startMs || (span.fromMs !== null && span.fromMs > startMs))
    throw new StorageError(
      'invalid_data',
      `${prefix}: a recorded book is played from its begin, ${new Date(startMs).toISOString()}, at most to ${new Date(lastMs).toISOString()}`,
    );
  const insertions = funding
    .filter(({ settlementMs }) => settlementMs >= startMs && settlementMs <= endMs)
    .map((row): Insertion => ({
      atMs: row.settlementMs,
      append: (block) =>
        block.appendFunding(
          index,
          row.settlementMs,
          row.settlementMs,
          row.rate,
          row.mark ?? markPrice(lastMark(session, row.settlementMs)),
        ),
    }));
  return {
    startMs,
    endMs,
    blocks: (firstSequence) => withInsertions(upTo(session, endMs), insertions, firstSequence),
  };
}

/** The newest mark by then. */
function lastMark({ blocks }: RecordedSession, atMs: number): number {
  let mark = 0;
  for (const block of blocks) {
    for (let row = 0; row < block.length; row++) {
      if ((block.receivedTimeMs[row] ?? 0) > atMs && mark > 0) return mark;
      if (block.kind[row] === EventKind.mark) mark = block.wide[block.price[row] ?? 0] ?? 0;
    }
  }
  return mark;
}

/** The blocks that begin by then; what comes later in the last one lies behind the session's end. */
function* upTo({ blocks }: RecordedSession, endMs: number): Generator<RecordedSession['blocks'][number]> {
  for (const block of blocks) {
    if ((block.receivedTimeMs[0] ?? 0) > endMs) return;
    yield block;
  }
}
