/** The engine's state for people (status) and for comparison (hash). */

import { StateHash } from '../base/state-hash.ts';
import type { LifecycleState } from '../domain/outputs.ts';
import type { PositionSide } from '../domain/order.ts';
import type { Lots, MarkPrice, Money } from '../domain/units.ts';
import type { Account } from '../ledger/account.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { type MarginOutlook, nearestOutlook } from '../exchange/margin-outlook.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Lifecycle } from './lifecycle.ts';

/** A position that is open; `quantity` and `cost` are signed alike, `mark` is null before the first one. */
export interface OpenPosition {
  readonly instrument: number;
  readonly side: PositionSide;
  readonly quantity: Lots;
  readonly cost: Money;
  readonly mark: MarkPrice | null;
  readonly unrealizedPnl: Money | null;
}

/** The session as the heartbeat shows it. `startedTimeMs` is NaN before the first event. */
export interface EngineStatus {
  readonly lifecycle: LifecycleState;
  readonly reason: string | null;
  /** An operator keeps new orders from leaving. */
  readonly isPaused: boolean;
  readonly timeMs: number;
  readonly startedTimeMs: number;
  /** null for a session without an end of its own; NaN before the first event. */
  readonly plannedEndMs: number | null;
  readonly remainingMs: number | null;
  readonly equity: Money;
  readonly wallet: Money;
  readonly unrealizedPnl: Money;
  /** Signed position of the first instrument. */
  readonly position: Lots;
  /** Every open position, by instrument; long before short. */
  readonly positions: readonly OpenPosition[];
  readonly openOrders: number;
  readonly events: number;
  /** Best bid of the first instrument, in ticks; null without a valid book. */
  readonly bestBid: number | null;
  readonly strategyErrors: number;
  /** Of the position nearest to its liquidation; null while none is open. */
  readonly margin: MarginOutlook | null;
}

export function describeStatus(
  parts: EngineParts,
  lifecycle: Lifecycle,
  nowMs: number,
  events: number,
  strategyErrors: number,
): EngineStatus {
  const { account, exchange, markets } = parts;
  const { plannedEndMs } = lifecycle;
  const market = markets[0];
  return {
    lifecycle: lifecycle.state,
    reason: lifecycle.reason,
    isPaused: lifecycle.isPaused,
    timeMs: nowMs,
    startedTimeMs: lifecycle.startedMs,
    plannedEndMs,
    remainingMs: plannedEndMs === null ? null : Math.max(0, plannedEndMs - nowMs),
    equity: account.equity,
    wallet: account.wallet,
    unrealizedPnl: account.unrealized,
    position: account.netQuantity(0),
    positions: openPositions(account, markets),
    openOrders: exchange.workingCount,
    events,
    bestBid: market !== undefined && market.isBookValid ? market.book.bestBid : null,
    strategyErrors,
    margin: nearestOutlook(account, markets, exchange.margin, parts.intervalMs),
  };
}

function openPositions(account: Account, markets: readonly InstrumentMarket[]): OpenPosition[] {
  return account.positions.flatMap((position) => {
    const { instrument, quantity, cost } = position;
    if (quantity === 0) return [];
    const mark = markets[instrument.index]?.valuationPrice ?? null;
    return {
      instrument: instrument.index,
      side: quantity > 0 ? ('long' as const) : ('short' as const),
      quantity,
      cost,
      mark,
      unrealizedPnl: mark === null ? null : position.unrealized(mark),
    };
  });
}

/** Hash of what was said (`outputsDigest`) and of the state that decides what comes next. */
export function hashState(
  outputsDigest: string,
  parts: EngineParts,
  lifecycle: Lifecycle,
  nowMs: number,
  events: number,
): string {
  const { account, exchange, markets, random } = parts;
  exchange.assertConsistent();
  const hash = new StateHash();
  hash.addText(outputsDigest);
  hash.addNumber(nowMs);
  hash.addNumber(events);
  hash.addText(lifecycle.state);
  hash.addBigint(account.wallet);
  for (const position of account.positions) {
    hash.addNumber(position.quantity);
    hash.addBigint(position.cost);
    hash.addBigint(position.drawn);
    hash.addNumber(position.owed);
  }
  for (const order of exchange.working()) {
    hash.addText(order.id);
    hash.addNumber(order.filled);
    hash.addNumber(order.queueAhead);
  }
  for (const { book, bars, lastPrice, mark } of markets) {
    for (const value of [
      book.bestBid,
      book.bestAsk,
      book.levelCount(true),
      book.levelCount(false),
      bars.total,
    ]) {
      hash.addNumber(value);
    }
    hash.addNumber(lastPrice);
    hash.addNumber(mark ?? -1);
  }
  // Only where one is set: sessions without keep the hash they had before there were any.
  const breakers = parts.breakers.describe();
  if (breakers !== null) hash.addText(JSON.stringify(breakers));
  for (const stream of [random.slippage, random.latency]) {
    for (const word of stream.state()) hash.addUint32(word);
  }
  return hash.digest();
}
