/** Keeps in memory what the journal would hold of a session, as far as a report is made of it, for runs that leave no files. */

import { assert } from '../core/base/assert.ts';
import { type Instrument, createInstrument, formatMoney } from '../core/domain/instrument.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import type { EquitySample } from '../report/session-facts.ts';
import {
  type StoredRows,
  bandRow,
  fillRow,
  ledgerRow,
  orderRow,
  qualityRow,
  tradeRow,
} from '../storage/journal-projection.ts';
import type { SessionRows } from './compose-report.ts';

type Kept<Key extends keyof StoredRows> = StoredRows[Key][];

export class RowCollector implements OutputSink {
  readonly #instruments: readonly Instrument[];
  readonly #strategy: string;
  readonly #orders = new Map<string, StoredRows['orders']>();
  readonly fills: Kept<'fills'> = [];
  readonly ledger: Kept<'ledger'> = [];
  readonly trades: Kept<'trades'> = [];
  readonly equity: EquitySample[] = [];
  readonly band: Kept<'band'> = [];
  readonly #quality: Kept<'quality'> = [];
  readonly #lifecycle: SessionRows['lifecycle'][number][] = [];

  constructor(start: SessionStart) {
    this.#instruments = start.instruments.map((spec, index) => createInstrument(spec, index));
    this.#strategy = start.strategy.name;
  }

  /** Each as it was said last, in the order in which they were first said. */
  get orders(): Kept<'orders'> {
    return [...this.#orders.values()];
  }

  /** What a final report is made of. */
  rows(): SessionRows {
    const { orders, fills, ledger, trades, equity, band } = this;
    const quality = this.#quality.map((row) => ({ ...row, backfilled: row.backfilled === 1 }));
    return { orders, fills, ledger, trades, equity, band, quality, lifecycle: this.#lifecycle };
  }

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) this.#keep(output);
  }

  #keep(output: Output): void {
    switch (output.type) {
      case 'order':
        this.#orders.set(output.order.id, orderRow(output.order, this.#instrument(output.order.instrument)));
        break;
      case 'fill':
        this.fills.push(fillRow(output.fill, this.#instrument(output.fill.instrument)));
        break;
      case 'ledger': {
        const { instrument } = output.entry;
        const symbol = instrument === null ? null : this.#instrument(instrument).symbol;
        this.ledger.push(ledgerRow(output.entry, symbol));
        break;
      }
      case 'trade':
        this.trades.push(tradeRow(output.trade, this.#instrument(output.trade.instrument), this.#strategy));
        break;
      case 'equity':
        this.equity.push({ time_ms: output.point.timeMs, equity: formatMoney(output.point.equity) });
        break;
      case 'band':
        this.band.push(bandRow(output.point));
        break;
      case 'quality':
        this.#quality.push(qualityRow(output.record, this.#instrument(output.record.instrument)));
        break;
      case 'lifecycle':
        this.#lifecycle.push({ time_ms: output.timeMs, state: output.state, reason: output.reason });
        break;
      case 'denial':
      case 'verdict':
      case 'log':
      case 'ended':
        // The final report is not made of these.
        break;
    }
  }

  #instrument(index: number): Instrument {
    const instrument = this.#instruments[index];
    assert(instrument !== undefined, `the session has no instrument ${index}`);
    return instrument;
  }
}
