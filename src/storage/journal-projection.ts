/** Turns what the engine said into rows of the journal: names, decimal text, flags. */

import {
  type Instrument,
  formatMarkPrice,
  formatMoney,
  formatPrice,
  formatQuantity,
  formatRate,
} from '../core/domain/instrument.ts';
import type { FillRecord, OrderRecord, Trigger, TriggerSource } from '../core/domain/order.ts';
import { describeReceipt } from '../core/domain/receipt-document.ts';
import type { BandPoint, EquityPoint, LedgerEntry, Output, TradeRecord } from '../core/domain/outputs.ts';
import type { QualityRecord } from '../core/domain/commands.ts';
import { type Money, markPrice } from '../core/domain/units.ts';
import type { AgentVerdict } from '../core/domain/verdict.ts';
import { averagePriceText } from './average-price.ts';
import type {
  BandRow,
  DenialRow,
  EquityRow,
  FillRow,
  LedgerRow,
  LifecycleRow,
  OrderRow,
  PositionRow,
  QualityRow,
  TradeRow,
  TriggerRow,
  VerdictRow,
} from '../ports/journal-rows.ts';
import type { HeldPosition } from './position-projection.ts';

/** A row as SQLite holds it: flags as 0 or 1, documents as JSON text. */
type Stored<Row> = {
  readonly [Key in keyof Row]: Row[Key] extends boolean
    ? number
    : Row[Key] extends object
      ? string
      : Row[Key];
};

/** What fires a conditional order, as columns; all null for the others. */
interface StoredTrigger {
  readonly trigger_on: TriggerSource | null;
  readonly trigger_price: string | null;
  readonly trigger_trail_bps: number | null;
}

/** The stored row of each table. */
export interface StoredRows {
  readonly instruments: {
    readonly symbol: string;
    readonly instrument_index: number;
    readonly strategy: string;
  };
  readonly orders: Stored<OrderRow> & StoredTrigger & { readonly tag: string };
  readonly fills: Stored<FillRow>;
  readonly receipts: { readonly fill_id: string; readonly receipt: string };
  readonly ledger: Stored<LedgerRow>;
  readonly positions: Stored<PositionRow>;
  readonly trades: Stored<TradeRow>;
  readonly equity: Stored<EquityRow>;
  readonly band: Stored<BandRow>;
  readonly denials: Stored<DenialRow>;
  readonly quality: Stored<QualityRow>;
  readonly lifecycle: Stored<LifecycleRow>;
  readonly verdicts: Stored<VerdictRow>;
}

export function orderRow(order: OrderRecord, instrument: Instrument): StoredRows['orders'] {
  return {
    order_id: order.id,
    client_order_id: order.clientOrderId,
    symbol: instrument.symbol,
    side: order.side,
    type: order.type,
    quantity: formatQuantity(instrument, order.quantity),
    price: order.price === null ? null : formatPrice(instrument, order.price),
    time_in_force: order.timeInForce,
    reduce_only: Number(order.reduceOnly),
    status: order.status,
    reason: order.reason,
    decision_time_ms: order.decisionTimeMs,
    arrival_time_ms: order.arrivalTimeMs,
    closed_time_ms: order.closedTimeMs,
    filled_quantity: formatQuantity(instrument, order.filled),
    average_price: averagePriceText(instrument, order.filledNotional, order.filled),
    ...triggerColumns(order.trigger, instrument),
    tag: order.tag,
  };
}

function triggerColumns(trigger: Trigger | null, instrument: Instrument): StoredTrigger {
  return {
    trigger_on: trigger?.on ?? null,
    trigger_price: trigger === null || trigger.price === null ? null : formatPrice(instrument, trigger.price),
    trigger_trail_bps: trigger?.trailBps ?? null,
  };
}

/** The columns as one object again; null where there is no trigger, or a journal of an older version has no such columns. */
export function triggerOf(row: Partial<StoredTrigger>): TriggerRow | null {
  const { trigger_on: on = null, trigger_price: price = null, trigger_trail_bps: trailBps = null } = row;
  return on === null ? null : { on, price, trail_bps: trailBps };
}

export function fillRow(fill: FillRecord, instrument: Instrument): StoredRows['fills'] {
  const queueAhead = fill.queueAheadAtAcceptance;
  return {
    fill_id: fill.id,
    order_id: fill.orderId,
    symbol: instrument.symbol,
    side: fill.side,
    quantity: formatQuantity(instrument, fill.quantity),
    price: formatPrice(instrument, fill.price),
    liquidity: fill.liquidity,
    fee: formatMoney(fill.fee),
    fee_rate: formatRate(fill.feeRate),
    time_ms: fill.timeMs,
    decision_time_ms: fill.decisionTimeMs,
    arrival_time_ms: fill.arrivalTimeMs,
    mark_price: fill.markPrice === null ? null : formatMarkPrice(markPrice(fill.markPrice)),
    spread_cost: moneyOrNull(fill.spreadCost),
    latency_cost: moneyOrNull(fill.latencyCost),
    impact_cost: moneyOrNull(fill.impactCost),
    slippage_cost: moneyOrNull(fill.slippageCost),
    queue_ahead_at_acceptance: queueAhead === null ? null : formatQuantity(instrument, queueAhead),
    extrapolated_quantity: formatQuantity(instrument, fill.extrapolatedQuantity),
    reconstructed: Number(fill.reconstructed),
    model: fill.model,
    evidence_sequence: fill.evidenceSequence,
  };
}

export function receiptRow(fill: FillRecord, instrument: Instrument): StoredRows['receipts'] {
  return { fill_id: fill.id, receipt: JSON.stringify(describeReceipt(fill, instrument)) };
}

export function ledgerRow(entry: LedgerEntry, symbol: string | null): StoredRows['ledger'] {
  return {
    entry_id: entry.id,
    time_ms: entry.timeMs,
    kind: entry.kind,
    symbol,
    amount: formatMoney(entry.amount),
    fill_id: entry.fillId,
    settlement_time_ms: entry.settlementTimeMs,
    rate: entry.rate === null ? null : formatRate(entry.rate),
    mark_price: entry.markPrice === null ? null : formatMarkPrice(entry.markPrice),
  };
}

const R_SCALE = 10_000n;

export function tradeRow(trade: TradeRecord, instrument: Instrument, strategy: string): StoredRows['trades'] {
  return {
    trade_id: trade.id,
    symbol: instrument.symbol,
    side: trade.side,
    // What was traded, not the most that was held: only so do prices and quantity give the profit.
    quantity: formatQuantity(instrument, trade.exitQuantity),
    entry_time_ms: trade.entryTimeMs,
    entry_price: averagePriceText(instrument, trade.entryNotional, trade.entryQuantity),
    exit_time_ms: trade.exitTimeMs,
    exit_price: averagePriceText(instrument, trade.exitNotional, trade.exitQuantity),
    exit_reason: trade.exitReason,
    gross_pnl: formatMoney(trade.grossPnl),
    fees: formatMoney(trade.fees),
    funding: formatMoney(trade.funding),
    net_pnl: formatMoney(trade.netPnl),
    r_multiple: rMultiple(trade),
    bars_held: trade.barsHeld,
    strategy,
  };
}

/** Result in units of what the entry risked, to four decimals; null where it had no stop to measure by. */
function rMultiple({ netPnl, risk }: TradeRecord): number | null {
  if (risk === null || risk === 0n) return null;
  return Number((netPnl * R_SCALE) / risk) / Number(R_SCALE);
}

export function positionRow(
  held: HeldPosition,
  instrument: Instrument,
  timeMs: number | null,
): StoredRows['positions'] {
  return {
    symbol: instrument.symbol,
    quantity: formatQuantity(instrument, held.quantity),
    entry_notional: formatMoney(held.entryNotional),
    average_price: averagePriceText(instrument, held.entryNotional, held.quantity),
    time_ms: timeMs,
  };
}

/** `first`: the session's first instrument, whose position the point carries. */
export function equityRow(point: EquityPoint, first: Instrument): StoredRows['equity'] {
  return {
    time_ms: point.timeMs,
    equity: formatMoney(point.equity),
    wallet: formatMoney(point.wallet),
    unrealized_pnl: formatMoney(point.unrealizedPnl),
    position: formatQuantity(first, point.position),
  };
}

export function bandRow(point: BandPoint): StoredRows['band'] {
  return {
    time_ms: point.timeMs,
    optimistic: moneyOrNull(point.optimistic),
    realistic: formatMoney(point.realistic),
    pessimistic: moneyOrNull(point.pessimistic),
    hash: point.hash,
  };
}

/** `instrument`: that of the intent; null where there was no intent (a cancel). */
export function denialRow(
  denial: Extract<Output, { type: 'denial' }>,
  instrument: Instrument | null,
): StoredRows['denials'] {
  const { intent } = denial;
  const { code, ...numbers } = denial.reason;
  const base = {
    time_ms: denial.timeMs,
    order_id: denial.orderId,
    reason: code,
    numbers: JSON.stringify(numbers),
  };
  if (intent === null || instrument === null) {
    return {
      ...base,
      client_order_id: null,
      symbol: null,
      side: null,
      type: null,
      quantity: null,
      price: null,
    };
  }
  return {
    ...base,
    client_order_id: intent.clientOrderId,
    symbol: instrument.symbol,
    side: intent.side,
    type: intent.type,
    quantity: formatQuantity(instrument, intent.quantity),
    price: intent.price === null ? null : formatPrice(instrument, intent.price),
  };
}

export function qualityRow(record: QualityRecord, instrument: Instrument): StoredRows['quality'] {
  return {
    from_ms: record.fromMs,
    to_ms: record.toMs,
    symbol: instrument.symbol,
    feed: record.feed,
    kind: record.kind,
    detail: record.detail,
    backfilled: Number(record.backfilled),
  };
}

export function verdictRow(
  timeMs: number,
  verdict: AgentVerdict,
  instrument: Instrument,
): StoredRows['verdicts'] {
  return {
    time_ms: timeMs,
    symbol: instrument.symbol,
    bar_open_time_ms: verdict.barOpenTimeMs,
    agent: verdict.agent,
    verdict: verdict.verdict,
    confidence: verdict.confidence,
    reason: verdict.reason,
    numbers: JSON.stringify(verdict.numbers),
  };
}

function moneyOrNull(amount: Money | null): string | null {
  return amount === null ? null : formatMoney(amount);
}
