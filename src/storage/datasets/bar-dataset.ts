/**
 * Candles as a market: bars, with the mark's own bars and funding settlements where they are given.
 *
 * A bar is told when it closes; of one moment first the mark's bar, then the bar, then the settlement at it. A settlement
 * counts at the mark's price of its instant: told by the funding file, else the open of the mark's bar that begins there,
 * else the last close. Marks coarser than the bars serve settlements only. Missing bars are told as gaps.
 */

import { type Interval, VENUE_INTERVALS, intervalMs } from '../../core/base/time.ts';
import {
  type BarFields,
  EventBlock,
  FLAG_HISTORY,
  type MarkBarFields,
} from '../../core/domain/event-block.ts';
import type { Instrument } from '../../core/domain/instrument.ts';
import { type MarkPrice, lots, markPrice, ticks } from '../../core/domain/units.ts';
import { StorageError } from '../storage-error.ts';
import { BarCursor } from './bar-cursor.ts';
import { BarFile, type BarTable } from './bar-file.ts';
import { FILE_DECIMALS, invalidLine } from './csv-rows.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from './dataset.ts';
import { type FundingRow, readFundingFile } from './funding-file.ts';
import { resampleBars } from './resampled-bars.ts';

const BLOCK_ROWS = 4_096;
/** Rows that one step can bring: the first mark, a gap, two bars. */
const ROWS_A_STEP = 4;
/** A settlement is stamped up to this long behind the instant that it belongs to. */
const STAMP_TOLERANCE_MS = 60_000;

export interface BarDatasetFiles {
  readonly bars: string;
  readonly marks: string | null;
  readonly funding: string | null;
  /** Length of the bars that are wanted; null or left out = as they are. */
  readonly barMs?: number | null;
}

export interface BarSources {
  readonly bars: BarTable;
  readonly marks: BarTable | null;
  readonly funding: readonly FundingRow[];
}

/** Throws StorageError: `not_found`, or `invalid_data` naming file and line. */
export async function openBarDataset(files: BarDatasetFiles): Promise<Dataset> {
  const bars = await BarFile.open(files.bars, 'trade');
  const marks = files.marks === null ? null : await BarFile.open(files.marks, 'mark');
  const funding = files.funding === null ? [] : await readFundingFile(files.funding);
  return barDataset({ bars, marks, funding }, files.barMs ?? null);
}

/**
 * `barMs`: length of the bars that are wanted, null = as they are; made of the data's where it is a multiple, else left to
 * the caller to refuse. Throws StorageError `invalid_data` for bars of no known interval, or marks that do not fit them.
 */
export async function barDataset(given: BarSources, barMs: number | null = null): Promise<Dataset> {
  const { funding } = given;
  const made = isMultiple(given.bars, barMs) ? await resampleBars(given.bars, barMs) : null;
  const bars = made?.table ?? given.bars;
  const isMarkMade = made !== null && given.marks !== null && isMultiple(given.marks, barMs);
  const marks = isMarkMade ? (await resampleBars(given.marks, barMs)).table : given.marks;
  const { count, firstMs, lastMs, lengthMs, priceDecimals, volumeDecimals } = bars.facts;
  const lengths = VENUE_INTERVALS.map((interval: Interval) => intervalMs(interval));
  if (!lengths.includes(lengthMs))
    throw invalidLine(bars.path, 0, `bars of ${VENUE_INTERVALS.join(', ')}`, `bars ${lengthMs} ms apart`);
  if (marks !== null && marks.facts.lengthMs % lengthMs !== 0)
    throw invalidLine(
      marks.path,
      0,
      `mark bars of ${lengthMs} ms or a multiple`,
      `bars ${marks.facts.lengthMs} ms apart`,
    );
  const sources: BarSources = {
    bars,
    marks,
    funding: given.marks === null ? funding : await withMarks(funding, given.marks),
  };
  const missing = (lastMs - firstMs) / lengthMs + 1 - count;
  return {
    priceSource: 'bars',
    barMs: lengthMs,
    priceDecimals,
    quantityDecimals: volumeDecimals,
    notes: [
      ...(made?.notes ?? []),
      ...(missing > 0 ? [`${missing} of ${count + missing} bars are missing; nothing happens in them.`] : []),
    ],
    feed: (instrument, span) => feedOf(sources, instrument, span),
  };
}

/** Whether longer bars of this length can be made of these. */
function isMultiple({ facts }: BarTable, barMs: number | null): barMs is number {
  return barMs !== null && barMs > facts.lengthMs && barMs % facts.lengthMs === 0;
}

function feedOf(sources: BarSources, instrument: Instrument, span: DatasetSpan): DatasetFeed {
  const { firstMs, lastMs, lengthMs } = sources.bars.facts;
  const wantedMs = Math.max(firstMs, span.fromMs ?? firstMs);
  // With whole bars: one that is under way at the start is not known then.
  const startMs = firstMs + Math.ceil((wantedMs - firstMs) / lengthMs) * lengthMs;
  const endMs = Math.min(lastMs + lengthMs, span.toMs ?? Number.POSITIVE_INFINITY);
  if (endMs - startMs < lengthMs) {
    const found = `${new Date(firstMs).toISOString()} to ${new Date(lastMs + lengthMs).toISOString()}`;
    throw new StorageError(
      'invalid_data',
      `${sources.bars.path}: no bars between --from and --to, only ${found}`,
    );
  }
  return {
    startMs,
    endMs,
    blocks: (firstSequence) =>
      new BarPlayer(sources, instrument, startMs, endMs, span.historyBars).blocks(firstSequence),
  };
}

/** Gives the settlements that do not say their mark that of the mark's own bars. */
async function withMarks(funding: readonly FundingRow[], marks: BarTable): Promise<readonly FundingRow[]> {
  const cursor = new BarCursor(marks);
  const found: FundingRow[] = [];
  for (const row of funding) {
    await cursor.skipBefore(row.settlementMs + 1);
    const { batch, at } = cursor;
    const isAtOpen = row.settlementMs - (batch?.openMs[at] ?? Number.NaN) <= STAMP_TOLERANCE_MS;
    const known = batch?.open[at];
    found.push(
      row.mark === null && isAtOpen && known !== undefined ? { ...row, mark: markPrice(known) } : row,
    );
  }
  return found;
}

/** One way through the files. */
class BarPlayer {
  readonly #instrument: Instrument;
  readonly #lengthMs: number;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #historyBars: number;
  readonly #bars: BarCursor;
  /** null where there are none of the bars' own length. */
  readonly #marks: BarCursor | null;
  readonly #funding: readonly FundingRow[];
  #nextFunding = 0;
  readonly #tickScale: number;
  readonly #lotScale: number;
  readonly #block = new EventBlock(BLOCK_ROWS);
  /** The newest bars before the start, oldest first. */
  readonly #history: BarFields[] = [];
  #hasBegun = false;
  #previousOpenMs = Number.NaN;
  #lastPrice = 1;

  constructor(
    sources: BarSources,
    instrument: Instrument,
    startMs: number,
    endMs: number,
    historyBars: number,
  ) {
    const { lengthMs } = sources.bars.facts;
    this.#instrument = instrument;
    this.#lengthMs = lengthMs;
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#historyBars = historyBars;
    this.#bars = new BarCursor(sources.bars);
    this.#marks = sources.marks?.facts.lengthMs === lengthMs ? new BarCursor(sources.marks) : null;
    this.#funding = sources.funding;
    this.#tickScale = 10 ** (FILE_DECIMALS - instrument.priceDecimals);
    this.#lotScale = 10 ** (FILE_DECIMALS - instrument.quantityDecimals);
  }

  async *blocks(firstSequence: number): AsyncGenerator<EventBlock> {
    const block = this.#block;
    const bars = this.#bars;
    const marks = this.#marks;
    block.reset(firstSequence);
    for (;;) {
      if (bars.isDrained) await bars.load();
      if (marks !== null && (marks.isDrained || marks.nextOpenMs < bars.nextOpenMs))
        await marks.skipBefore(bars.nextOpenMs);
      if (!this.#step()) break;
      if (block.hasRoom(ROWS_A_STEP)) continue;
      yield block;
      block.reset(block.firstSequence + block.events);
    }
    if (block.events > 0) yield block;
  }

  /** Tells the next thing; false where nothing is left. */
  #step(): boolean {
    const openMs = this.#bars.nextOpenMs;
    const closeMs = openMs + this.#lengthMs;
    if (openMs < this.#startMs) {
      this.#keepHistory();
      return true;
    }
    const history = this.#history.shift();
    if (history !== undefined) {
      this.#block.appendBar(this.#instrument.index, this.#startMs, history, FLAG_HISTORY);
      return true;
    }
    const settlementMs = this.#funding[this.#nextFunding]?.settlementMs ?? Number.POSITIVE_INFINITY;
    const isLast = closeMs > this.#endMs;
    if (settlementMs < closeMs && !(isLast && settlementMs > this.#endMs)) {
      if (this.#hasBegun) this.#tellSettlement();
      this.#nextFunding++;
      return true;
    }
    if (isLast) return false;
    this.#tellBar(openMs, closeMs);
    return true;
  }

  #keepHistory(): void {
    this.#bars.step();
    if (this.#historyBars === 0) return;
    this.#history.push(this.#read(this.#bars));
    if (this.#history.length > this.#historyBars) this.#history.shift();
  }

  #tellBar(openMs: number, closeMs: number): void {
    const block = this.#block;
    const { index } = this.#instrument;
    this.#bars.step();
    const bar = this.#read(this.#bars);
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#lastPrice = bar.open;
      this.#tellMark(this.#startMs, null);
    }
    const gapFromMs = this.#previousOpenMs + this.#lengthMs;
    if (openMs > gapFromMs) {
      const missing = (openMs - gapFromMs) / this.#lengthMs;
      const detail = `${missing} bars are missing in the data`;
      const record = {
        fromMs: gapFromMs,
        toMs: openMs,
        instrument: index,
        feed: 'kline',
        kind: 'gap',
      } as const;
      block.appendQuality(closeMs, { ...record, detail, backfilled: false });
    }
    const marks = this.#marks;
    if (marks !== null && marks.nextOpenMs === openMs) {
      marks.step();
      block.appendMarkBar(index, closeMs, readMark(marks, this.#lengthMs), 0);
    }
    block.appendBar(index, closeMs, bar, 0);
    this.#previousOpenMs = openMs;
    this.#lastPrice = bar.close;
  }

  #tellSettlement(): void {
    const row = this.#funding[this.#nextFunding];
    if (row === undefined) return;
    const { settlementMs } = row;
    const mark = row.mark ?? markPrice(this.#lastPrice * this.#instrument.tickMark);
    this.#block.appendFunding(this.#instrument.index, settlementMs, settlementMs, row.rate, mark);
    this.#tellMark(settlementMs, mark);
  }

  /** What the venue says of its funding with its mark: the last settled rate, and when the next settlement is. */
  #tellMark(atMs: number, mark: MarkPrice | null): void {
    if (this.#funding.length === 0) return;
    const isSettled = mark !== null;
    const last = this.#funding[isSettled ? this.#nextFunding : this.#nextFunding - 1];
    const next = this.#funding[isSettled ? this.#nextFunding + 1 : this.#nextFunding];
    this.#block.appendMark(this.#instrument.index, atMs, atMs, {
      mark: mark ?? markPrice(this.#lastPrice * this.#instrument.tickMark),
      index: null,
      settledRate: last?.rate ?? null,
      lastSettlementMs: last?.settlementMs ?? null,
      nextSettlementMs: next?.settlementMs ?? null,
    });
  }

  /** The bar at the cursor on the contract's grids; what lies between them is rounded, volume down. */
  #read({ batch, at }: BarCursor): BarFields {
    const scale = this.#tickScale;
    return {
      openTimeMs: batch?.openMs[at] ?? Number.NaN,
      lengthMs: this.#lengthMs,
      open: ticks(Math.max(1, Math.round((batch?.open[at] ?? Number.NaN) / scale))),
      high: ticks(Math.max(1, Math.round((batch?.high[at] ?? Number.NaN) / scale))),
      low: ticks(Math.max(1, Math.round((batch?.low[at] ?? Number.NaN) / scale))),
      close: ticks(Math.max(1, Math.round((batch?.close[at] ?? Number.NaN) / scale))),
      volume: lots(Math.floor((batch?.volume[at] ?? Number.NaN) / this.#lotScale)),
    };
  }
}

function readMark({ batch, at }: BarCursor, lengthMs: number): MarkBarFields {
  return {
    openTimeMs: batch?.openMs[at] ?? Number.NaN,
    lengthMs,
    open: markPrice(batch?.open[at] ?? Number.NaN),
    high: markPrice(batch?.high[at] ?? Number.NaN),
    low: markPrice(batch?.low[at] ?? Number.NaN),
    close: markPrice(batch?.close[at] ?? Number.NaN),
  };
}
