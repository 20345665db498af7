/** The public face of the package: what a strategy file imports from `laptop-agents`. */

export { conditionalOrder, defineStrategy, limitOrder, marketOrder } from './strategy.ts';
export { shareOfEquity } from './share-of-equity.ts';
export type { PlainData } from '../base/saved-state.ts';
export type { Interval } from '../base/time.ts';
export type { BarSeries } from '../market/bar-series.ts';
export type { BookLevel, BookLevels } from '../market/book-levels.ts';
export type { Settlement } from '../market/instrument-market.ts';
export type { TradeTape } from '../market/trade-tape.ts';
export type { MarketView, PublicTrade, StrategyDefinition, StrategyHandlers } from './strategy.ts';
export type {
  Bracket,
  FillRecord,
  OrderIntent,
  OrderRecord,
  Side,
  TimeInForce,
  Trigger,
} from '../domain/order.ts';
export type { Instrument } from '../domain/instrument.ts';
export { parsePrice, parseQuantity } from '../domain/instrument.ts';
export { lots, ticks } from '../domain/units.ts';
export type { Lots, Ticks } from '../domain/units.ts';
