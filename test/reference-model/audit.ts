/**
 * An auditor of what the engine said: orders, fills, money. It believes nothing but the outputs and the scenario.
 *
 * It knows no rule of matching; it adds up, and holds each fill against the order and the market. Apart from the engine's
 * own assertions and from the reference model, so that a fault in one of the three shows in another.
 */

import type { LedgerEntry, Output } from '../../src/core/domain/outputs.ts';
import type { FillRecord, OrderRecord } from '../../src/core/domain/order.ts';
import { START_MS } from '../builders/session.ts';
import { auditMarket } from './audit-market.ts';
import { auditMoney } from './audit-money.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

const TERMINAL: ReadonlySet<string> = new Set(['filled', 'canceled', 'rejected', 'denied', 'expired']);
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  new: ['new', 'partially_filled', 'filled', 'canceled', 'rejected', 'expired'],
  partially_filled: ['partially_filled', 'filled', 'canceled', 'rejected', 'expired'],
};
const RATE_WINDOW_MS = 1_000;

export interface AuditedRun {
  readonly outputs: readonly Output[];
  readonly outcome: Pick<Outcome, 'wallet' | 'equity' | 'holdings'>;
}

/** One sentence for each thing that cannot be. */
export function audit({ outputs, outcome }: AuditedRun, scenario: Scenario): string[] {
  const orders: OrderRecord[] = [];
  const fills: FillRecord[] = [];
  const entries: LedgerEntry[] = [];
  for (const output of outputs) {
    if (output.type === 'order') orders.push(output.order);
    else if (output.type === 'fill') fills.push(output.fill);
    else if (output.type === 'ledger') entries.push(output.entry);
  }
  const seen = fills.map((fill) => ({
    ...{ id: fill.id, orderId: fill.orderId, instrument: fill.instrument, price: fill.price },
    ...{ quantity: fill.quantity, liquidity: fill.liquidity, evidence: fill.evidenceSequence },
    sign: fill.side === 'buy' ? (1 as const) : (-1 as const),
    timeMs: fill.timeMs - START_MS,
    arrivalMs: fill.arrivalTimeMs - START_MS,
  }));
  return [
    ...auditOrder(outputs),
    ...auditTransitions(orders, fills),
    ...auditFills(outputs, scenario),
    ...auditRate(orders, scenario),
    ...auditMarket(seen, scenario),
    ...auditMoney(fills, entries, outcome, scenario),
  ];
}

/** Time and numbers go forward. */
function auditOrder(outputs: readonly Output[]): string[] {
  const findings: string[] = [];
  let [timeMs, fill, entry] = [0, 0, 0];
  for (const output of outputs) {
    if (output.timeMs < timeMs) findings.push(`${output.type} at ${output.timeMs} after ${timeMs}`);
    timeMs = output.timeMs;
    if (output.type === 'fill' && output.fill.id !== `s1-f${++fill}`)
      findings.push(`fill ${output.fill.id} is not number ${fill}`);
    if (output.type === 'ledger' && output.entry.id !== ++entry)
      findings.push(`ledger entry ${output.entry.id} is not number ${entry}`);
  }
  return findings;
}

function auditTransitions(orders: readonly OrderRecord[], fills: readonly FillRecord[]): string[] {
  const findings: string[] = [];
  const last = new Map<string, OrderRecord>();
  for (const order of orders) {
    const before = last.get(order.id);
    last.set(order.id, order);
    const { id, status, filled, quantity } = order;
    if (before === undefined) {
      if (status !== 'new' && status !== 'denied') findings.push(`${id} begins as ${status}`);
    } else if (LEGAL[before.status]?.includes(status) !== true) {
      findings.push(`${id} went from ${before.status} to ${status}`);
    }
    if (filled < (before?.filled ?? 0)) findings.push(`${id} was filled ${before?.filled}, then ${filled}`);
    // What is amended below its fills is cancelled.
    if (filled > quantity || filled < 0) findings.push(`${id} filled ${filled} of ${quantity}`);
    if ((status === 'filled') !== (filled === quantity && quantity > 0))
      findings.push(`${id} is ${status} with ${filled} of ${quantity}`);
    if (order.timeInForce === 'fok' && TERMINAL.has(status) && filled !== 0 && filled !== quantity)
      findings.push(`${id}: fill-or-kill, filled ${filled} of ${quantity}`);
    if (TERMINAL.has(status) !== (order.closedTimeMs !== null))
      findings.push(`${id}: ${status}, closed or not`);
  }
  for (const { id, filled, filledNotional, instrument } of last.values()) {
    const own = fills.filter(({ orderId }) => orderId === id);
    const sum = own.reduce((total, { quantity }) => total + quantity, 0);
    if (sum !== filled) findings.push(`${id}: its fills add up to ${sum}, not ${filled}`);
    const unit = 10n ** BigInt(8 - (instrument === 0 ? 5 : 4));
    const value = own.reduce((total, one) => total + BigInt(one.price) * BigInt(one.quantity) * unit, 0n);
    if (value !== filledNotional) findings.push(`${id}: its fills are worth ${value}, not ${filledNotional}`);
  }
  for (const { id, orderId } of fills) if (!last.has(orderId)) findings.push(`${id} belongs to no order`);
  return findings;
}

/** Each fill against the order as it stood: the record that follows it. */
function auditFills(outputs: readonly Output[], { terms }: Scenario): string[] {
  const findings: string[] = [];
  const held = [0, 0];
  const firstMs = new Map<string, number>();
  const withFills = new Set<string>();
  for (const [at, output] of outputs.entries()) {
    if (output.type !== 'fill') continue;
    const { fill } = output;
    const find = (what: string): void => void findings.push(`${fill.id}: ${what}`);
    const order = outputs
      .slice(at)
      .find((later) => later.type === 'order' && later.order.id === fill.orderId) as
      | (Output & { readonly type: 'order' })
      | undefined;
    if (order === undefined) {
      find('its order was never heard of again');
      continue;
    }
    const { price, timeInForce, reduceOnly, side, type } = order.order;
    const sign = side === 'buy' ? 1 : -1;
    if (fill.side !== side) find('not of the side of its order');
    if (fill.quantity <= 0) find(`quantity ${fill.quantity}`);
    if (price !== null && (price - fill.price) * sign < 0) find(`beyond the limit ${price}`);
    if (fill.liquidity === 'maker' && fill.price !== price) find(`made at another price than ${price}`);
    if (fill.liquidity === 'taker' && timeInForce === 'post_only') find('post-only, and took');
    const isPatient = price !== null && (timeInForce === 'gtc' || timeInForce === 'post_only');
    if (fill.liquidity === 'maker' && !isPatient) find('its order cannot rest');
    const once = firstMs.get(fill.orderId) ?? fill.timeMs;
    firstMs.set(fill.orderId, once);
    if (!isPatient && once !== fill.timeMs) find('a second time, of an order that does not wait');
    const before = held[fill.instrument] ?? 0;
    const after = before + sign * fill.quantity;
    held[fill.instrument] = after;
    if (reduceOnly && (Math.abs(after) >= Math.abs(before) || after * before < 0))
      find(`reduce-only, ${before} became ${after}`);
    // Exits of brackets and the venue's own orders come into being at the exchange.
    const isBornThere = /-(?:tp|sl|l\d+-\d+)$/.test(fill.orderId);
    if (!isBornThere && fill.timeMs < fill.decisionTimeMs + terms.requestMs)
      find('before its order can have arrived');
    if (fill.timeMs < fill.arrivalTimeMs) find('before its order arrived');
    const mayWait =
      isPatient || type.startsWith('stop') || type === 'take_profit' || type === 'trailing_stop';
    if (!mayWait && fill.timeMs !== fill.arrivalTimeMs) find('not when its order arrived');
    withFills.add(fill.orderId);
  }
  for (const id of withFills) {
    if (id.endsWith('-tp') && withFills.has(id.replace(/tp$/, 'sl')))
      findings.push(`${id}: both exits filled`);
  }
  return findings;
}

/** No more orders leave in any second than the gate allows. */
function auditRate(orders: readonly OrderRecord[], { terms }: Scenario): string[] {
  const sent = new Map(
    orders
      .filter(({ id, status }) => status !== 'denied' && /-o\d+$/.test(id))
      .map(({ id, decisionTimeMs }) => [id, decisionTimeMs]),
  );
  const times = [...sent.values()].toSorted((one, other) => one - other);
  const limit = terms.ordersPerSecond;
  return times.flatMap((timeMs, at) => {
    const earlier = times[at - limit];
    return earlier !== undefined && timeMs - earlier < RATE_WINDOW_MS
      ? [`more than ${limit} orders in the second before ${timeMs}`]
      : [];
  });
}
