/** A public L2 order book: displayed quantity by price, per side. */

/** No such price. */
export const NO_PRICE = -1;

export interface OrderBook {
  /** Highest bid in ticks, or {@link NO_PRICE}. */
  readonly bestBid: number;
  /** Lowest ask in ticks, or {@link NO_PRICE}. */
  readonly bestAsk: number;
  /** Removes every level. */
  clear(): void;
  /** Sets the displayed quantity (lots) at a price (ticks, >= 0); 0 removes the level. */
  set(isBid: boolean, price: number, quantity: number): void;
  /** Displayed quantity in lots, 0 where there is no level. */
  quantityAt(isBid: boolean, price: number): number;
  /** The next level away from the touch strictly worse than `price`, or {@link NO_PRICE}. */
  nextWorse(isBid: boolean, price: number): number;
  /** Levels on a side. */
  levelCount(isBid: boolean): number;
}
