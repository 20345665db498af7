/**
 * What a trade would leave: position, margin, liquidation price and fee after filling a quantity at a price, now.
 *
 * It is worked out by the session's own rules on a copy of the account; the session is not touched. Assumption: the whole
 * quantity fills at that one price as a taker. Limits: what resting orders set aside counts as it is; in hedge mode a buy
 * opens the long and a sell the short.
 */

import {
  type Instrument,
  formatMarkPrice,
  formatMoney,
  formatPrice,
  formatQuantity,
  markNotional,
  notional,
  parseMoney,
  parsePrice,
  parseQuantity,
  timesRateUp,
} from '../core/domain/instrument.ts';
import { type Lots, type Money, type Ticks, lots, money, ticks } from '../core/domain/units.ts';
import { OutputBuffer } from '../core/domain/output-buffer.ts';
import type { Engine } from '../core/engine/engine.ts';
import {
  crossLine,
  crossMaintenance,
  isUsedUp,
  isolatedLine,
  liquidationMark,
  positionMaintenance,
} from '../core/exchange/maintenance.ts';
import { availableMoney } from '../core/exchange/margin.ts';
import { tierLimit } from '../core/exchange/risk-tiers.ts';
import { Account } from '../core/ledger/account.ts';
import { NO_PRICE } from '../core/market/order-book.ts';
import type { WhatIf } from '../protocol/rest.ts';

/** What is asked, in the units of the wire. */
export interface WhatIfQuestion {
  readonly symbol: string;
  /** Signed: positive buys. */
  readonly quantity: string;
  /** Absent: the best price of the other side. */
  readonly price?: string | undefined;
}

/** Answers for an instrument of the session; null where it trades none of that name. Throws RangeError for what is no such quantity or price. */
export function describeWhatIf(engine: Engine, { symbol, quantity, price }: WhatIfQuestion): WhatIf | null {
  const { markets, account, exchange } = engine.view;
  const market = markets.find(({ instrument }) => instrument.symbol === symbol);
  if (market === undefined) return null;
  const { instrument } = market;
  const signed = readQuantity(instrument, quantity);
  const isBuy = signed > 0;
  const touch = isBuy ? market.book.bestAsk : market.book.bestBid;
  const at = price === undefined ? touch : readPrice(instrument, price);
  if (at === NO_PRICE)
    return unpriced(symbol, formatQuantity(instrument, account.netQuantity(instrument.index)));
  const traded = lots(Math.abs(signed));
  const terms = exchange.margin.terms;
  const fee = timesRateUp(notional(instrument, ticks(at), traded), terms.takerFeeRate);
  const copy = copyAccount(account, markets);
  const position = copy.position(instrument.index, isBuy ? 'long' : 'short');
  const held = position.quantity;
  const { realized } = position.applyFill(isBuy ? 'buy' : 'sell', ticks(at), traded, fee, 0, 0, 0, 'what_if');
  copy.ledger.carry(money(account.wallet + (realized ?? 0n) - fee));

  const isIsolated = copy.modes.marginMode === 'isolated';
  const line = isIsolated
    ? isolatedLine(position, copy, terms)
    : crossLine(copy, markets, instrument.index, terms, exchange.margin.pending());
  const mark = market.valuationPrice;
  const liquidation = line === null ? null : liquidationMark(line);
  const available = availableMoney(copy, exchange.reserved);
  const grows = Math.abs(position.quantity) > Math.abs(held) || position.quantity * held < 0;
  return {
    symbol,
    quantity: formatQuantity(instrument, position.quantity),
    average_price: averagePrice(instrument, position.cost, position.quantity),
    notional: mark === null ? null : formatMoney(absolute(markNotional(instrument, mark, position.quantity))),
    initial_margin: formatMoney(position.isolatedMargin(copy.modes.leverage)),
    maintenance_margin: formatMoney(
      isIsolated
        ? positionMaintenance(position, copy, terms.tierRule)
        : crossMaintenance(copy, terms.tierRule),
    ),
    available_balance: formatMoney(available),
    liquidation_price: liquidation === null ? null : formatMarkPrice(liquidation),
    liquidation_distance_percent:
      liquidation === null || mark === null
        ? null
        : ((position.quantity > 0 ? mark - liquidation : liquidation - mark) / mark) * 100,
    fee: formatMoney(fee),
    refusal: refusalOf(engine, {
      value: notional(instrument, ticks(at), lots(Math.abs(position.quantity))),
      openValue: position.openValue,
      limit: tierLimit(instrument, copy.modes.leverage),
      isUsedUp: line !== null && mark !== null && isUsedUp(line, mark),
      isBroke: available < 0n,
      grows,
    }),
  };
}

/** What decides whether the trade would be let through. */
interface Outcome {
  readonly value: Money;
  readonly openValue: Money;
  readonly limit: Money | null;
  readonly isUsedUp: boolean;
  readonly isBroke: boolean;
  readonly grows: boolean;
}

/** The first code under which our gate, then the exchange, would refuse; null where it would pass. */
function refusalOf(engine: Engine, outcome: Outcome): string | null {
  const { lifecycle, isPaused, equity } = engine.status();
  if (lifecycle !== 'running') return 'not_running';
  if (isPaused) return 'paused';
  if (!outcome.grows) return null;
  const { max_notional: maxNotional, max_leverage: maxLeverage } = engine.start.risk;
  if (maxNotional !== null && outcome.value > parseMoney(maxNotional)) return 'position_notional';
  if (outcome.value * 100n > equity * BigInt(Math.floor(maxLeverage * 100))) return 'leverage';
  if (outcome.limit !== null && outcome.openValue > outcome.limit) return 'tier_limit_exceeded';
  if (outcome.isUsedUp) return 'would_be_liquidated';
  return outcome.isBroke ? 'insufficient_balance' : null;
}

/** The account's positions without its wallet, which is opened with what the trade leaves of it. */
function copyAccount(account: Account, markets: Engine['view']['markets']): Account {
  const copy = new Account(markets, account.modes, new OutputBuffer(() => undefined));
  for (const { instrument, slot, quantity, cost, drawn, openedTimeMs } of account.positions)
    if (quantity !== 0)
      copy.carryPosition(instrument.index, slot ?? undefined, quantity, cost, drawn, openedTimeMs ?? 0);
  return copy;
}

function unpriced(symbol: string, quantity: string): WhatIf {
  return {
    ...{
      symbol,
      quantity,
      average_price: null,
      notional: null,
      initial_margin: null,
      maintenance_margin: null,
    },
    ...{ available_balance: null, liquidation_price: null, liquidation_distance_percent: null, fee: null },
    refusal: 'no_market',
  };
}

/** To the digits that prices have, rounded to the nearest; null when flat. */
function averagePrice(instrument: Instrument, cost: Money, quantity: Lots): string | null {
  if (quantity === 0) return null;
  return formatPrice(
    instrument,
    ticks(Math.round(Number(cost) / quantity / Number(instrument.tickLotMoney))),
  );
}

function readQuantity(instrument: Instrument, text: string): Lots {
  const quantity = parsed(() => parseQuantity(instrument, text));
  if (quantity === 0) throw new RangeError('expected a quantity other than 0');
  return quantity;
}

function readPrice(instrument: Instrument, text: string): Ticks {
  const price = parsed(() => parsePrice(instrument, text));
  if (price <= 0) throw new RangeError('expected a price above 0');
  return price;
}

/** What does not fit the contract's grid is the asker's mistake. */
function parsed<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : 'expected a decimal number', {
      cause: error,
    });
  }
}

function absolute(amount: bigint): Money {
  return money(amount < 0n ? -amount : amount);
}
