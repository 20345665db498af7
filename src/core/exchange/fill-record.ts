/** Writes down a fill: what it was, what justified it, what it cost, and the two log lines people look for. */

import { type Instrument, formatMoney, formatPrice, formatQuantity } from '../domain/instrument.ts';
import type { FillRecord } from '../domain/order.ts';
import type { Output } from '../domain/outputs.ts';
import type { BookSeen, LevelTaken, PrintTaken, QueueStory, TouchSeen } from '../domain/receipt.ts';
import { type Money, lots, ticks } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { splitCosts } from './costs.ts';
import type { PaperExchangeSettings } from './exchange-settings.ts';
import type { WorkingOrder } from './working-order.ts';

/** What justifies a fill, as matching found it. */
export interface FillBasis {
  readonly liquidity: FillRecord['liquidity'];
  /** Best opposite price at arrival for takers, the fill price for makers; ticks. */
  readonly touch: number;
  readonly slippageTicks: number;
  /** Sequence number of the event that justifies it. */
  readonly evidence: number;
  /** Set for takers on a book. */
  readonly level: LevelTaken | null;
  /** Set for makers that a public trade filled. */
  readonly print: PrintTaken | null;
  /** Set for fills by the rules for bars. */
  readonly bar?: BarTaken;
}

/** What a bar gave. `midX2`: twice the price of the bar that decided, which stands in for the mid. */
export interface BarTaken {
  readonly isReconstructed: boolean;
  readonly midX2: number;
}

/** What the exchange decided about a fill. */
export interface FillFacts extends Pick<
  FillRecord,
  'id' | 'quantity' | 'price' | 'liquidity' | 'fee' | 'feeRate' | 'timeMs'
> {
  readonly basis: FillBasis;
  readonly settings: PaperExchangeSettings;
}

export function recordFill(order: WorkingOrder, market: InstrumentMarket, facts: FillFacts): FillRecord {
  const { basis, settings, id, price, quantity, liquidity, fee, feeRate, timeMs } = facts;
  const { touch, slippageTicks } = basis;
  // Without a book the parametric model's own touch stands in for the mid, so that the parts still add up.
  const stoodIn = settings.fillModel === 'parametric' && market.midX2 === null ? 2 * touch : market.midX2;
  const midX2 = basis.bar?.midX2 ?? stoodIn;
  const { instrument } = market;
  const { side, positionSide } = order.intent;
  const costs = splitCosts(
    instrument,
    order.isBid,
    quantity,
    price,
    touch,
    slippageTicks,
    midX2,
    order.decisionMidX2,
  );
  const arrivalTimeMs = order.arrivalTimeMs ?? timeMs;
  const isFromBook = basis.bar === undefined && (basis.level !== null || liquidity === 'maker');
  const fill: FillRecord = {
    id,
    quantity,
    price,
    liquidity,
    fee,
    feeRate,
    timeMs,
    orderId: order.id,
    instrument: instrument.index,
    side,
    decisionTimeMs: order.decisionTimeMs,
    arrivalTimeMs,
    markPrice: market.mark,
    spreadCost: costs.spread,
    latencyCost: costs.latency,
    impactCost: costs.impact,
    slippageCost: costs.slippage,
    queueAheadAtAcceptance: liquidity === 'maker' ? order.queueAheadAtAcceptance : null,
    extrapolatedQuantity: lots(basis.level?.isExtrapolated === true ? quantity : 0),
    reconstructed: basis.bar?.isReconstructed ?? market.isLastBook,
    model: basis.bar === undefined ? settings.fillModel : 'parametric',
    evidenceSequence: basis.evidence,
    receipt: {
      decision: decisionTouch(order),
      requestLatencyMs: order.requestLatencyMs,
      responseLatencyMs: settings.reportArrivalMs(timeMs) - timeMs,
      book: isFromBook ? describeBook(market) : null,
      level: basis.level,
      queue: isFromBook && liquidity === 'maker' ? tellQueue(order) : null,
      print: basis.print,
      feeTier: settings.feeTier,
      model: basis.bar === undefined ? settings.terms : settings.barTerms,
      totalCost: costs.total,
    },
  };
  return positionSide === undefined ? fill : { ...fill, positionSide };
}

function decisionTouch({ decisionBid, decisionMidX2 }: WorkingOrder): TouchSeen {
  if (decisionBid === null || decisionMidX2 === null) return { bestBid: null, bestAsk: null };
  return { bestBid: ticks(decisionBid), bestAsk: ticks(decisionMidX2 - decisionBid) };
}

function describeBook(market: InstrumentMarket): BookSeen {
  const { bookExchangeTimeMs } = market;
  return {
    ...touchOf(market.book.bestBid, market.book.bestAsk),
    sequence: market.bookSequence,
    exchangeTimeMs: Number.isFinite(bookExchangeTimeMs) ? bookExchangeTimeMs : null,
    hash: market.bookDigest,
  };
}

function tellQueue(order: WorkingOrder): QueueStory {
  const { aheadBeforePrint } = order;
  return {
    acceptedTimeMs: order.acceptedTimeMs,
    bookSequence: order.acceptedSequence,
    touch: touchOf(order.acceptedBid, order.acceptedAsk),
    aheadAtAcceptance: order.queueAheadAtAcceptance,
    tradedAhead: lots(order.tradedAhead),
    printsAhead: order.printsAhead,
    canceledAhead: lots(order.canceledAhead),
    cappedAhead: lots(order.cappedAhead),
    aheadBeforePrint: Number.isFinite(aheadBeforePrint) ? lots(aheadBeforePrint) : null,
  };
}

/** A side without a price, or a book that could not be trusted, is unknown. */
function touchOf(bestBid: number, bestAsk: number): TouchSeen {
  return { bestBid: bestBid > 0 ? ticks(bestBid) : null, bestAsk: bestAsk > 0 ? ticks(bestAsk) : null };
}

/** The `Impact Penalty` and `Slippage` lines of a taker fill; bps of its notional `value`, to two decimals. */
export function costLines(fill: FillRecord, instrument: Instrument, value: Money): Output[] {
  const parts = [
    ['Impact Penalty', 'impact_penalty', fill.impactCost],
    ['Slippage', 'slippage', fill.slippageCost],
  ] as const;
  return parts.map(([msg, event, cost]) => ({
    type: 'log',
    timeMs: fill.timeMs,
    level: 'info',
    event,
    msg,
    fields: {
      fill_id: fill.id,
      symbol: instrument.symbol,
      price: formatPrice(instrument, fill.price),
      quantity: formatQuantity(instrument, fill.quantity),
      bps: cost === null ? null : Number((cost * 1_000_000n) / value) / 100,
      usdt: cost === null ? null : formatMoney(cost),
    },
  }));
}
