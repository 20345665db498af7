/**
 * The receipt of a fill as people and programs read it: a document in the spelling of files. Amounts are decimal text,
 * costs positive where they cost the account, times ms UTC; null = not known, or not part of such a fill.
 */

import { formatDecimal } from '../base/fixed-point.ts';
import {
  formatMarkPrice,
  formatMoney,
  formatPrice,
  formatQuantity,
  formatRate,
  type Instrument,
  notional,
} from './instrument.ts';
import type { FillRecord } from './order.ts';
import type { TouchSeen } from './receipt.ts';
import { type Money, type Ticks, markPrice } from './units.ts';

export interface TouchDocument {
  readonly best_bid: string | null;
  readonly best_ask: string | null;
}

export interface ReceiptDocument {
  readonly fill_id: string;
  readonly order_id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  /** Price x quantity in USDT. */
  readonly notional: string;
  readonly liquidity: 'maker' | 'taker';
  readonly time_ms: number;
  readonly decision: TouchDocument & { readonly time_ms: number; readonly mid: string | null };
  /** `arrival_time_ms`: when the order, or its last amendment, reached the exchange. */
  readonly latency: {
    readonly arrival_time_ms: number;
    readonly request_ms: number | null;
    readonly response_ms: number;
  };
  readonly book:
    | (TouchDocument & {
        readonly sequence: number;
        readonly exchange_time_ms: number | null;
        readonly hash: string;
      })
    | null;
  readonly level: {
    readonly number: number;
    readonly price: string;
    readonly displayed: string;
    readonly taken_before: string;
    readonly filled: string;
    readonly extrapolated: boolean;
  } | null;
  readonly queue:
    | (TouchDocument & {
        readonly accepted_time_ms: number;
        readonly book_sequence: number;
        readonly ahead_at_acceptance: string | null;
        readonly traded_ahead: string;
        readonly prints_ahead: number;
        readonly canceled_ahead: string;
        readonly capped_ahead: string;
        readonly ahead_before_print: string | null;
      })
    | null;
  readonly print: {
    readonly sequence: number;
    readonly exchange_time_ms: number;
    readonly price: string;
    readonly quantity: string;
  } | null;
  readonly fee: { readonly tier: number | null; readonly rate: string; readonly amount: string };
  readonly mark_price: string | null;
  readonly model: {
    readonly name: string;
    readonly parameters: Readonly<Record<string, string | number>>;
  };
  /** total = spread + latency + impact + slippage; the fee stands apart. */
  readonly costs: {
    readonly total: string | null;
    readonly spread: string | null;
    readonly latency: string | null;
    readonly impact: string | null;
    readonly slippage: string | null;
  };
  readonly extrapolated_quantity: string;
  readonly reconstructed: boolean;
  readonly evidence_sequence: number;
}

export function describeReceipt(fill: FillRecord, instrument: Instrument): ReceiptDocument {
  const { receipt } = fill;
  const { book, level, queue, print, decision } = receipt;
  const quantityText = (value: Parameters<typeof formatQuantity>[1]): string =>
    formatQuantity(instrument, value);
  const touch = ({ bestBid, bestAsk }: TouchSeen): TouchDocument => ({
    best_bid: priceOrNull(instrument, bestBid),
    best_ask: priceOrNull(instrument, bestAsk),
  });
  return {
    fill_id: fill.id,
    order_id: fill.orderId,
    symbol: instrument.symbol,
    side: fill.side,
    quantity: quantityText(fill.quantity),
    price: formatPrice(instrument, fill.price),
    notional: formatMoney(notional(instrument, fill.price, fill.quantity)),
    liquidity: fill.liquidity,
    time_ms: fill.timeMs,
    decision: { time_ms: fill.decisionTimeMs, ...touch(decision), mid: midText(instrument, decision) },
    latency: {
      arrival_time_ms: fill.arrivalTimeMs,
      request_ms: receipt.requestLatencyMs,
      response_ms: receipt.responseLatencyMs,
    },
    book:
      book === null
        ? null
        : { ...touch(book), sequence: book.sequence, exchange_time_ms: book.exchangeTimeMs, hash: book.hash },
    level:
      level === null
        ? null
        : {
            number: level.number,
            price: formatPrice(instrument, level.price),
            displayed: quantityText(level.displayed),
            taken_before: quantityText(level.takenBefore),
            filled: quantityText(level.filled),
            extrapolated: level.isExtrapolated,
          },
    queue:
      queue === null
        ? null
        : {
            ...touch(queue.touch),
            accepted_time_ms: queue.acceptedTimeMs,
            book_sequence: queue.bookSequence,
            ahead_at_acceptance:
              queue.aheadAtAcceptance === null ? null : quantityText(queue.aheadAtAcceptance),
            traded_ahead: quantityText(queue.tradedAhead),
            prints_ahead: queue.printsAhead,
            canceled_ahead: quantityText(queue.canceledAhead),
            capped_ahead: quantityText(queue.cappedAhead),
            ahead_before_print: queue.aheadBeforePrint === null ? null : quantityText(queue.aheadBeforePrint),
          },
    print:
      print === null
        ? null
        : {
            sequence: print.sequence,
            exchange_time_ms: print.exchangeTimeMs,
            price: formatPrice(instrument, print.price),
            quantity: quantityText(print.quantity),
          },
    fee: { tier: receipt.feeTier, rate: formatRate(fill.feeRate), amount: formatMoney(fill.fee) },
    mark_price: fill.markPrice === null ? null : formatMarkPrice(markPrice(fill.markPrice)),
    model: receipt.model,
    costs: {
      total: moneyOrNull(receipt.totalCost),
      spread: moneyOrNull(fill.spreadCost),
      latency: moneyOrNull(fill.latencyCost),
      impact: moneyOrNull(fill.impactCost),
      slippage: moneyOrNull(fill.slippageCost),
    },
    extrapolated_quantity: quantityText(fill.extrapolatedQuantity),
    reconstructed: fill.reconstructed,
    evidence_sequence: fill.evidenceSequence,
  };
}

/** Half ticks need one decimal more than prices have. */
function midText(instrument: Instrument, { bestBid, bestAsk }: TouchSeen): string | null {
  if (bestBid === null || bestAsk === null) return null;
  return formatDecimal((bestBid + bestAsk) * 5, instrument.priceDecimals + 1);
}

function priceOrNull(instrument: Instrument, price: Ticks | null): string | null {
  return price === null ? null : formatPrice(instrument, price);
}

function moneyOrNull(amount: Money | null): string | null {
  return amount === null ? null : formatMoney(amount);
}
