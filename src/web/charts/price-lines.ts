/** Which horizontal lines stand in the price chart: working orders, their triggers, the entry, the liquidation price. */

import type { Order, Position } from '../../protocol/rows.ts';
import { amountText, signOf } from '../display/amount-text.ts';
import { isWorking } from '../replica/replica.ts';

/** `key` stays while the line means the same; `role` decides its look. */
export interface PriceLevel {
  readonly key: string;
  readonly price: number;
  readonly role: 'buy' | 'sell' | 'stop' | 'target' | 'entry' | 'liquidation';
  readonly title: string;
}

/** More lines than this hide the market behind them; the nearest in age are kept. */
const ORDER_LINES_MAX = 40;
/** Lines out of view that are named. */
const BEYOND_MAX = 4;
const BEYOND_DECIMALS = 2;

export function listPriceLevels(
  symbol: string,
  orders: Iterable<Order>,
  position: Position | undefined,
): PriceLevel[] {
  const levels: PriceLevel[] = [];
  const working = [...orders].filter((order) => order.symbol === symbol && isWorking(order));
  for (const order of working.slice(-ORDER_LINES_MAX)) levels.push(...orderLevels(order));
  if (position === undefined || signOf(position.quantity) === 0) return levels;
  if (position.average_price !== null) {
    levels.push({ key: 'entry', price: Number(position.average_price), role: 'entry', title: 'entry' });
  }
  if (position.liquidation_price !== null) {
    const price = Number(position.liquidation_price);
    levels.push({ key: 'liquidation', price, role: 'liquidation', title: 'liquidation' });
  }
  return levels;
}

/** Prices at the lower and the upper edge of what is in view. */
export interface PriceView {
  readonly low: number;
  readonly high: number;
}

/**
 * What the bars and the lines need: a line no further from the bars than they are high is brought into view; one that is
 * further would flatten them.
 */
export function viewWithLevels(bars: PriceView, levels: Iterable<PriceLevel>): PriceView {
  const height = bars.high - bars.low;
  let { low, high } = bars;
  for (const { price } of levels) {
    if (price < bars.low - height || price > bars.high + height) continue;
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  return { low, high };
}

/** The lines out of view, with the side on which they are, the nearest first: `↓ liquidation 69 044.1`. */
export function describeBeyond(levels: Iterable<PriceLevel>, { low, high }: PriceView): string {
  const away = ({ price }: PriceLevel): number => (price > high ? price - high : low - price);
  return [...levels]
    .filter(({ price }) => price < low || price > high)
    .toSorted((a, b) => away(a) - away(b))
    .slice(0, BEYOND_MAX)
    .map(
      ({ price, title }) =>
        `${price > high ? '↑' : '↓'} ${title} ${amountText(String(Number(price.toFixed(BEYOND_DECIMALS))))}`,
    )
    .join('   ');
}

function orderLevels(order: Order): PriceLevel[] {
  const quantity = amountText(order.quantity);
  const trigger = order.trigger?.price ?? null;
  if (trigger !== null) {
    const isTarget = order.type === 'take_profit';
    const title = `${isTarget ? 'target' : 'stop'} ${quantity}`;
    return [
      { key: `${order.order_id} trigger`, price: Number(trigger), role: isTarget ? 'target' : 'stop', title },
    ];
  }
  if (order.price === null) return [];
  const price = Number(order.price);
  return [{ key: order.order_id, price, role: order.side, title: `${order.side} ${quantity}` }];
}
