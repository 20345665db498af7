/** An order of the reference model, and the rules about it that need nothing but the order and a price. */

import type { Submit } from './scenario.ts';

export interface ModelOrder {
  readonly id: string;
  asked: Submit;
  /** On its way, waiting for its trigger, resting in the book, or over. */
  place: 'way' | 'waiting' | 'resting' | 'over';
  status: string;
  reason: string | null;
  filled: number;
  reserve: bigint;
  readonly decisionMs: number;
  readonly decisionTwiceMid: number | null;
  arrivalMs: number | null;
  /** Lots ahead; null while nobody knows. */
  queue: number | null;
  /** Lots ahead if only prints had taken from them. */
  queueByPrints: number | null;
  queueAtAcceptance: number | null;
  /** What its price showed last; null while it showed nothing. */
  shownBefore: number | null;
  /** Prints at its price that no smaller display has answered yet, and the stamp of the newest. */
  unanswered: number;
  newestPrintMs: number;
  hasFired: boolean;
  /** The venue's own, in liquidation. */
  isForced: boolean;
  /** The best price that a trailing stop has seen since its activation. */
  trailed: bigint | null;
  /** Exits that begin with the first fill. */
  exits: ModelOrder[];
  /** The other exit of the bracket. */
  other: ModelOrder | null;
  /** When it was added to its price, or to what waits; the older comes first. */
  turn: number;
}

export function signOf(order: ModelOrder): 1 | -1 {
  return order.asked.side === 'buy' ? 1 : -1;
}

export function left(order: ModelOrder): number {
  return order.asked.quantity - order.filled;
}

export function newOrder(
  id: string,
  asked: Submit,
  decisionMs: number,
  decisionTwiceMid: number | null,
): ModelOrder {
  const order: ModelOrder = {
    ...{ id, asked, place: 'way', status: 'new', reason: null, filled: 0, reserve: 0n },
    ...{ decisionMs, decisionTwiceMid, arrivalMs: null, queue: null, queueByPrints: null },
    ...{ shownBefore: null, unanswered: 0, newestPrintMs: Number.NEGATIVE_INFINITY },
    ...{ queueAtAcceptance: null, hasFired: false, isForced: false, trailed: null },
    ...{ exits: [], other: null, turn: 0 },
  };
  const { bracket } = asked;
  if (bracket !== null) {
    const exit = (suffix: string, type: Submit['type'], price: number | null): ModelOrder[] => {
      if (price === null) return [];
      const terms: Submit = {
        ...asked,
        ...{ type, price: null, tif: 'ioc', reduceOnly: true, bracket: null, clientId: null },
        side: asked.side === 'buy' ? 'sell' : 'buy',
        trigger: { on: bracket.on, price, trailBps: null },
      };
      return [newOrder(`${id}-${suffix}`, terms, decisionMs, decisionTwiceMid)];
    };
    order.exits = [
      ...exit('tp', 'take_profit', bracket.takeProfit),
      ...exit('sl', 'stop_market', bracket.stopLoss),
    ];
  }
  return order;
}

/** Whether a rising price fires it. */
export function firesUpward({ asked }: ModelOrder): boolean {
  return asked.type === 'take_profit' ? asked.side === 'sell' : asked.side === 'buy';
}

/** Whether its price fires it; moves a trailing stop along. Prices in 10^-8 USDT. */
export function fires(order: ModelOrder, price: bigint, markOfTick: bigint): boolean {
  const { trigger, type, side } = order.asked;
  if (trigger === null) return false;
  const level = trigger.price === null ? null : BigInt(trigger.price) * markOfTick;
  if (type !== 'trailing_stop')
    return level !== null && (firesUpward(order) ? price >= level : price <= level);
  const isBuy = side === 'buy';
  if (order.trailed === null) {
    if (level !== null && (isBuy ? price > level : price < level)) return false;
    order.trailed = price;
  }
  if (isBuy ? price < order.trailed : price > order.trailed) order.trailed = price;
  // The distance, rounded up to the next 10^-8: away from the market.
  const distance = (order.trailed * BigInt(trigger.trailBps ?? 0) + 9_999n) / 10_000n;
  return isBuy ? price >= order.trailed + distance : price <= order.trailed - distance;
}

/** A print answers for what the display loses up to this long after its stamp. */
const PRINTS_ANSWER_MS = 1_000;

/** A frame shows a quantity at the order's price; of the cancels there, the share (ahead / shown) ^ exponent was ahead of us. */
export function seeShown(order: ModelOrder, shown: number, frameExchangeMs: number, exponent: number): void {
  const gone = (order.shownBefore ?? 0) - shown;
  if (order.queueByPrints === null) {
    order.queueByPrints = shown;
    order.queueAtAcceptance = shown;
  } else if (order.shownBefore !== null && order.queue !== null && gone > 0) {
    // Prints answer for what is gone as far as they can; of the rest, cancels, a share was ahead of us.
    const printed = Math.min(gone, order.unanswered);
    order.unanswered -= printed;
    const share = gone === printed ? 0 : Math.min(1, order.queue / (order.shownBefore - printed));
    order.queue -= Math.floor((gone - printed) * share ** exponent);
  }
  order.queue = order.queue === null ? shown : Math.min(order.queue, shown);
  if (frameExchangeMs >= order.newestPrintMs + PRINTS_ANSWER_MS) order.unanswered = 0;
  order.shownBefore = shown;
}
