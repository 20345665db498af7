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
