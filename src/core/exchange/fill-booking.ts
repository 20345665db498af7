/** Books one fill: numbers it, charges its fee, records what it rests on, and tells the account and whoever listens. */

import { notional, timesRateUp } from '../domain/instrument.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { Lots, Ticks } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import { type FillBasis, costLines, recordFill } from './fill-record.ts';
import type { WorkingOrder } from './working-order.ts';

export class FillBooking {
  readonly #settings: PaperExchangeSettings;
  readonly #account: Account;
  readonly #outputs: OutputBuffer;
  #fills = 0;

  constructor(settings: PaperExchangeSettings, account: Account, outputs: OutputBuffer) {
    this.#settings = settings;
    this.#account = account;
    this.#outputs = outputs;
  }

  book(
    order: WorkingOrder,
    market: InstrumentMarket,
    quantity: Lots,
    price: Ticks,
    basis: FillBasis,
    timeMs: number,
  ): void {
    const { liquidity } = basis;
    const { intent } = order;
    const value = notional(market.instrument, price, quantity);
    const feeRate = liquidity === 'maker' ? this.#settings.makerFeeRate : this.#settings.takerFeeRate;
    order.addFill(quantity, value);
    const fill = recordFill(order, market, {
      id: `${this.#settings.sessionId}-f${++this.#fills}`,
      quantity,
      price,
      liquidity,
      fee: timesRateUp(value, feeRate),
      feeRate,
      timeMs,
      basis,
      settings: this.#settings,
    });
    const forced = order.isForced ? { feeRate: this.#settings.liquidationFeeRate } : null;
    this.#account.applyFill(fill, intent.tag, forced, intent.bracket?.stopLoss ?? null);
    this.#outputs.push({ type: 'fill', timeMs, fill });
    if (liquidity === 'taker')
      for (const line of costLines(fill, market.instrument, value)) this.#outputs.push(line);
  }

  save() {
    return { fills: this.#fills };
  }

  restore({ fills }: ReturnType<FillBooking['save']>): void {
    this.#fills = fills;
  }
}
