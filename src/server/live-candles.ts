/**
 * The bar in progress of every instrument, built from public trades as they reach the engine.
 *
 * The venue's own bar replaces it once it is closed. Limitation: the first one of a session begins with the session, not
 * with its span, so its open, high, low and volume may lack what came before.
 */

import { barOpenTimeMs } from '../core/base/time.ts';
import { type EventBlock, EventKind } from '../core/domain/event-block.ts';
import { formatPrice, formatQuantity } from '../core/domain/instrument.ts';
import { lots, ticks } from '../core/domain/units.ts';
import type { EngineView } from '../core/engine/engine-parts.ts';
import type { Candle } from '../protocol/rows.ts';

interface LiveBar {
  openTimeMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export class LiveCandles {
  readonly #view: EngineView;
  readonly #bars = new Map<number, LiveBar>();

  constructor(view: EngineView) {
    this.#view = view;
  }

  observe(block: EventBlock): void {
    for (let row = 0; row < block.length; row++) {
      if (block.kind[row] !== EventKind.trade) continue;
      const openTimeMs = barOpenTimeMs(block.receivedTimeMs[row] ?? 0, this.#view.intervalMs);
      this.#add(block.instrument[row] ?? 0, openTimeMs, block.price[row] ?? 0, block.quantity[row] ?? 0);
    }
  }

  /** Null before the first trade, and where the closed bar of the span is there already. */
  candle(instrumentIndex: number): Candle | null {
    const bar = this.#bars.get(instrumentIndex);
    const market = this.#view.markets[instrumentIndex];
    if (bar === undefined || market === undefined || market.bars.lastOpenTimeMs >= bar.openTimeMs)
      return null;
    const { instrument } = market;
    return {
      symbol: instrument.symbol,
      open_time_ms: bar.openTimeMs,
      open: formatPrice(instrument, ticks(bar.open)),
      high: formatPrice(instrument, ticks(bar.high)),
      low: formatPrice(instrument, ticks(bar.low)),
      close: formatPrice(instrument, ticks(bar.close)),
      volume: formatQuantity(instrument, lots(bar.volume)),
      is_closed: false,
    };
  }

  #add(instrument: number, openTimeMs: number, price: number, quantity: number): void {
    const bar = this.#bars.get(instrument);
    if (bar === undefined || openTimeMs > bar.openTimeMs) {
      this.#bars.set(instrument, {
        openTimeMs,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: quantity,
      });
    } else {
      bar.high = Math.max(bar.high, price);
      bar.low = Math.min(bar.low, price);
      bar.close = price;
      bar.volume += quantity;
    }
  }

  save() {
    return [...this.#bars].map(([instrument, bar]) => [instrument, { ...bar }] as const);
  }

  restore(bars: ReturnType<LiveCandles['save']>): void {
    this.#bars.clear();
    for (const [instrument, bar] of bars) this.#bars.set(instrument, { ...bar });
  }
}
