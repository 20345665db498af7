/**
 * The way most clients read such frames: bytes to text, JSON.parse, Number times the scale, rounded. No checks at all.
 *
 * It is the stricter yardstick of the byte scanner, faster than the program's own JSON path with its schemas, and unfit
 * for the program: it takes any text for a price. Volumes of bars are left out; nothing here reads them.
 */

import type { Instrument } from '../../src/core/domain/instrument.ts';
import { MARK_DECIMALS, RATE_DECIMALS } from '../../src/core/domain/units.ts';
import { type DecodedFrame, FrameKind } from '../../src/venues/bitunix/decoded-frame.ts';

interface BareFrame {
  readonly ch: string;
  readonly ts: number;
}

interface BareBook {
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

interface BareTrade {
  readonly t: string;
  readonly p: string;
  readonly v: string;
  readonly s: string;
}

type BareFields = Readonly<Record<string, string>>;

const MARK_SCALE = 10 ** MARK_DECIMALS;
const PERCENT_SCALE = 10 ** (RATE_DECIMALS - 2);

export class BareJsonDecoder {
  readonly #priceScale: number;
  readonly #quantityScale: number;

  constructor(instrument: Instrument) {
    this.#priceScale = 10 ** instrument.priceDecimals;
    this.#quantityScale = 10 ** instrument.quantityDecimals;
  }

  decode(bytes: Buffer, frame: DecodedFrame): void {
    const document = JSON.parse(bytes.toString('latin1')) as BareFrame & { readonly data: unknown };
    frame.exchangeTimeMs = document.ts;
    frame.instrument = 0;
    switch (document.ch) {
      case 'trade':
        this.#trades(document.data as readonly BareTrade[], frame);
        break;
      case 'price':
        this.#price(document.data as BareFields, frame);
        break;
      case 'ticker':
        frame.kind = FrameKind.ticker;
        frame.lastPrice = this.#ticks((document.data as BareFields)['la']);
        break;
      case 'market_kline_1min':
        this.#kline(document.data as BareFields, frame);
        break;
      default:
        this.#book(document.data as BareBook, frame);
    }
  }

  #book({ b, a }: BareBook, frame: DecodedFrame): void {
    frame.kind = FrameKind.book;
    frame.bids = b.length;
    for (const [row, [price, quantity]] of b.entries()) {
      frame.bidPrice[row] = this.#ticks(price);
      frame.bidQuantity[row] = this.#lots(quantity);
    }
    frame.asks = a.length;
    for (const [row, [price, quantity]] of a.entries()) {
      frame.askPrice[row] = this.#ticks(price);
      frame.askQuantity[row] = this.#lots(quantity);
    }
  }

  #trades(trades: readonly BareTrade[], frame: DecodedFrame): void {
    frame.kind = FrameKind.trades;
    frame.trades = trades.length;
    for (const [row, { t, p, v, s }] of trades.entries()) {
      frame.tradeTimeMs[row] = Date.parse(t);
      frame.tradePrice[row] = this.#ticks(p);
      frame.tradeQuantity[row] = this.#lots(v);
      frame.tradeIsBuy[row] = s === 'buy' ? 1 : 0;
    }
  }

  #price(fields: BareFields, frame: DecodedFrame): void {
    frame.kind = FrameKind.price;
    frame.mark = Math.round(Number(fields['mp']) * MARK_SCALE);
    frame.index = Math.round(Number(fields['ip']) * MARK_SCALE);
    frame.settledRate = Math.round(Number(fields['fr']) * PERCENT_SCALE);
    frame.lastSettlementMs = Date.parse(fields['ft'] ?? '');
    frame.nextSettlementMs = Date.parse(fields['nft'] ?? '');
  }

  #kline(fields: BareFields, frame: DecodedFrame): void {
    frame.kind = FrameKind.kline;
    frame.open = this.#ticks(fields['o']);
    frame.high = this.#ticks(fields['h']);
    frame.low = this.#ticks(fields['l']);
    frame.close = this.#ticks(fields['c']);
  }

  #ticks(text: string | undefined): number {
    return Math.round(Number(text) * this.#priceScale);
  }

  #lots(text: string | undefined): number {
    return Math.round(Number(text) * this.#quantityScale);
  }
}
