/**
 * Brings each funding settlement in, once, as the venue published it.
 *
 * The price channel says when a settlement is due or done; the rate and mark that count stand in the REST history, which
 * is asked until the row appears. Invariant: settlements at or before the start, and those already brought in, are never
 * brought in again; several missed ones come in order. Limit: after {@link MAX_POLLS} answers without the row the
 * settlement is recorded as a gap; a later poll still brings it.
 */

import type { Instrument } from '../../core/domain/instrument.ts';
import type { EventInlet } from '../../ports/event-inlet.ts';
import type { Logger } from '../../ports/logger.ts';
import { VenueError } from '../../ports/venue-error.ts';
import type { Scheduler, Timer } from '../transport/scheduler.ts';
import type { FundingSettlement } from './rest-client.ts';

const FIRST_POLL_MS = 500;
const POLL_INTERVAL_MS = 2_000;
const SLOW_POLL_INTERVAL_MS = 15_000;
/** Quick polls before the slow ones. */
const QUICK_POLLS = 10;
export const MAX_POLLS = 50;
/** Waiting for a settlement that is further away than this is left to later price frames. */
const HORIZON_MS = 86_400_000;

export interface FundingWatchOptions {
  readonly instrument: Instrument;
  /** Settlements up to then belong to the past, venue time. */
  readonly sinceMs: number;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly inlet: EventInlet;
  /** Venue time. */
  readonly nowMs: () => number;
  readonly history: (afterMs: number) => Promise<readonly FundingSettlement[]>;
  readonly onFatal: (error: VenueError) => void;
}

export class FundingWatch {
  readonly #options: FundingWatchOptions;
  /** The newest settlement that is done with. */
  #doneMs: number;
  /** The newest settlement known to be due. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.NaN;
  #timer: Timer | null = null;
  #polls = 0;
  #isPolling = false;
  #isStopped = false;

  constructor(options: FundingWatchOptions) {
    this.#options = options;
    this.#doneMs = options.sinceMs;
  }

  /** Takes what a price frame says: times of the last and the next settlement, ms, NaN where unknown. */
  notePrice(lastSettlementMs: number, nextSettlementMs: number): void {
    if (lastSettlementMs > this.#doneMs) this.#due(lastSettlementMs);
    if (nextSettlementMs === this.#nextMs || Number.isNaN(nextSettlementMs)) return;
    this.#nextMs = nextSettlementMs;
    if (!this.#isPolling) this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (this.#isStopped) return;
    const waitMs = this.#nextMs - this.#options.nowMs();
    this.#timer?.cancel();
    this.#timer = null;
    if (Number.isNaN(waitMs) || waitMs > HORIZON_MS || this.#nextMs <= this.#doneMs) return;
    const settlementMs = this.#nextMs;
    this.#timer = this.#options.scheduler.after(Math.max(0, waitMs) + 1, () => {
      // Venue time may have been corrected while we waited.
      if (this.#options.nowMs() < settlementMs) this.#wait();
      else this.#due(settlementMs);
    });
  }

  #due(settlementMs: number): void {
    if (settlementMs <= this.#dueMs || this.#isStopped) return;
    this.#dueMs = settlementMs;
    this.#polls = 0;
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#schedule(FIRST_POLL_MS);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.scheduler.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const { history, logger, instrument, onFatal } = this.#options;
    this.#polls++;
    try {
      const rows = await history(this.#doneMs);
      if (this.#isStopped) return;
      for (const row of rows) this.#append(row);
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      if (this.#isStopped) return;
      if (error.errorClass === 'fatal') onFatal(error);
      logger.log('warning', 'funding_poll_failed', error.message, { symbol: instrument.symbol });
    }
    if (this.#doneMs >= this.#dueMs) {
      this.#isPolling = false;
      this.#wait();
    } else if (this.#polls < MAX_POLLS) {
      this.#schedule(this.#polls < QUICK_POLLS ? POLL_INTERVAL_MS : SLOW_POLL_INTERVAL_MS);
    } else {
      this.#giveUp();
    }
  }

  #append(row: FundingSettlement): void {
    if (row.settlementMs <= this.#doneMs || row.settlementMs > this.#options.nowMs()) return;
    this.#doneMs = row.settlementMs;
    const { inlet, instrument } = this.#options;
    inlet.open(1).appendFunding(instrument.index, inlet.nowMs(), row.settlementMs, row.rate, row.mark);
    inlet.ready();
  }

  #giveUp(): void {
    const { inlet, instrument, logger } = this.#options;
    this.#isPolling = false;
    logger.log('error', 'funding_missing', 'The venue did not publish a funding settlement', {
      symbol: instrument.symbol,
      settlement_ms: this.#dueMs,
    });
    inlet.open(1).appendQuality(inlet.nowMs(), {
      fromMs: this.#dueMs,
      toMs: this.#dueMs,
      instrument: instrument.index,
      feed: 'funding',
      kind: 'gap',
      detail: `no settlement row after ${MAX_POLLS} requests`,
      backfilled: false,
    });
    inlet.ready();
    this.#wait();
  }
}
