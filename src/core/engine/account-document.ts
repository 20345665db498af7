/** The account as a document: what one session leaves and the next one finds. */

import { assert } from '../base/assert.ts';
import {
  formatMoney,
  formatPrice,
  formatQuantity,
  type Instrument,
  parseMoney,
  parsePrice,
  parseQuantity,
} from '../domain/instrument.ts';
import type { ApprovedOrder } from '../domain/order.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { AccountStart, CarriedOrder, SessionStart } from '../domain/session-start.ts';
import { lots } from '../domain/units.ts';
import { WorkingOrder } from '../exchange/working-order.ts';
import { carryApproval } from '../risk/risk-gate.ts';
import { refusedTermLine } from './account-terms.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StrategyHost } from './strategy-host.ts';

/**
 * Describes the account as it stands. Orders that rest or wait are carried; what is in flight dies with the session. Before
 * `hasTraded` the orders that it found are not with the exchange yet, and are carried as they were found.
 */
export function describeAccount(start: SessionStart, parts: EngineParts, hasTraded: boolean): AccountStart {
  const { account, losses } = parts;
  const breakers = parts.breakers.describe();
  const orders = hasTraded ? describeOrders(parts) : start.account.orders;
  return {
    kind: 'carried',
    wallet: formatMoney(account.wallet),
    opening_balance: start.account.opening_balance,
    day: losses.day,
    day_opening_equity: losses.day === null ? null : formatMoney(losses.dayOpening),
    ...(losses.isDayLost ? { day_loss_reached: true } : {}),
    ...(breakers === null ? {} : { breakers }),
    terms: {
      leverage: account.modes.leverage,
      margin_mode: account.modes.marginMode,
      position_mode: account.modes.positionMode,
    },
    positions: account.positions
      .filter((position) => position.quantity !== 0)
      .map((position) => ({
        symbol: position.instrument.symbol,
        ...(position.slot === null ? {} : { position_side: position.slot }),
        quantity: formatQuantity(position.instrument, position.quantity),
        cost: formatMoney(position.cost),
        opened_time_ms: position.openedTimeMs ?? 0,
        ...(position.drawn === 0n ? {} : { margin_drawn: formatMoney(position.drawn) }),
        ...(position.risk === null ? {} : { risk: formatMoney(position.risk) }),
      })),
    orders,
  };
}

function describeOrders({ exchange, markets }: EngineParts): CarriedOrder[] {
  const orders: CarriedOrder[] = [];
  for (const order of exchange.working()) {
    const market = markets[order.intent.instrument];
    if ((order.place === 'resting' || order.place === 'waiting') && market !== undefined)
      orders.push(describeOrder(order, market.instrument));
  }
  return orders;
}

/** Opens the session's account: a deposit for a new one, the carried wallet and positions for another. */
export function openAccount(
  start: SessionStart,
  parts: EngineParts,
  host: StrategyHost,
  outputs: OutputBuffer,
  nowMs: number,
): void {
  const { account } = start;
  if (account.kind === 'new') parts.account.deposit(nowMs, parseMoney(account.wallet));
  else parts.account.ledger.carry(parseMoney(account.wallet));
  for (const refused of parts.refusedTerms) outputs.push(refusedTermLine(nowMs, refused));
  for (const carried of account.positions) {
    const instrument = findInstrument(parts, carried.symbol);
    assert(instrument !== null, `the session has no instrument ${carried.symbol} for its carried position`);
    const quantity = parseQuantity(instrument, carried.quantity);
    parts.account.carryPosition(
      instrument.index,
      carried.position_side,
      quantity,
      parseMoney(carried.cost),
      parseMoney(carried.margin_drawn ?? '0'),
      carried.opened_time_ms,
      carried.risk === undefined ? null : parseMoney(carried.risk),
    );
    host.carryPosition(instrument.index, carried.position_side, quantity);
  }
}

/** Puts the carried orders back once there is a book to queue in. */
export function rejoinOrders(
  start: SessionStart,
  parts: EngineParts,
  host: StrategyHost,
  nowMs: number,
): void {
  for (const carried of start.account.orders) {
    const instrument = findInstrument(parts, carried.symbol);
    assert(instrument !== null, `the session has no instrument ${carried.symbol} for its carried order`);
    host.noteSubmitted(carried.id);
    parts.exchange.carry(carriedOrder(carried, instrument), nowMs);
  }
}

function findInstrument(parts: EngineParts, symbol: string): Instrument | null {
  return parts.markets.find(({ instrument }) => instrument.symbol === symbol)?.instrument ?? null;
}

/** Rebuilds a carried order; it was approved in the session that sent it. */
function carriedOrder(carried: CarriedOrder, instrument: Instrument): WorkingOrder {
  const approved: ApprovedOrder = carryApproval({
    id: carried.id,
    intent: {
      action: 'submit',
      instrument: instrument.index,
      side: carried.side,
      type: carried.type,
      quantity: parseQuantity(instrument, carried.quantity),
      price: carried.price === null ? null : parsePrice(instrument, carried.price),
      trigger:
        carried.trigger === null
          ? null
          : {
              on: carried.trigger.on,
              price: carried.trigger.price === null ? null : parsePrice(instrument, carried.trigger.price),
              trailBps: carried.trigger.trail_bps,
            },
      bracket: null,
      timeInForce: carried.time_in_force,
      reduceOnly: carried.reduce_only,
      ...(carried.position_side === undefined ? {} : { positionSide: carried.position_side }),
      clientOrderId: carried.client_order_id,
      tag: 'carried',
    },
    decisionTimeMs: carried.decision_time_ms,
    decisionMidX2: null,
    decisionBid: null,
  });
  const order = new WorkingOrder(approved);
  const filled = parseQuantity(instrument, carried.filled_quantity);
  if (filled > 0) order.addFill(lots(filled), parseMoney(carried.filled_notional));
  return order;
}

function describeOrder(order: WorkingOrder, instrument: Instrument): CarriedOrder {
  const { intent } = order;
  assert(intent.type !== 'market', `market order ${order.id} rests`);
  return {
    id: order.id,
    client_order_id: intent.clientOrderId,
    symbol: instrument.symbol,
    side: intent.side,
    type: intent.type,
    quantity: formatQuantity(instrument, intent.quantity),
    price: intent.price === null ? null : formatPrice(instrument, intent.price),
    trigger:
      intent.trigger === null
        ? null
        : {
            on: intent.trigger.on,
            price: intent.trigger.price === null ? null : formatPrice(instrument, intent.trigger.price),
            trail_bps: intent.trigger.trailBps,
          },
    time_in_force: intent.timeInForce,
    reduce_only: intent.reduceOnly,
    ...(intent.positionSide === undefined ? {} : { position_side: intent.positionSide }),
    filled_quantity: formatQuantity(instrument, order.filled),
    filled_notional: formatMoney(order.filledNotional),
    decision_time_ms: order.decisionTimeMs,
  };
}
