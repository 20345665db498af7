/**
 * A recorded session as it stood at one moment: what the stream's snapshot would have said then.
 *
 * Pure. Built from the rows of the journal, so it knows what they know: bars appear once they are closed, the book is asked
 * for apart, margin and health are not recorded and stay null. Averages of positions are floats, for display.
 */

import { type Snapshot, type Status, PROTOCOL_VERSION, ROWS_MAX } from '../../protocol/messages.ts';
import type { Recording } from '../../protocol/rest.ts';
import type { Account, EquityPoint, Fill, LedgerEntry, Order, Position } from '../../protocol/rows.ts';
import { addAmounts, subtractAmounts } from '../display/amount-text.ts';
import { lowerBound } from './row-list.ts';

/** First and last moment of a recording, ms; equal where it holds nothing. */
export function recordingSpan({ session, equity, lifecycle, candles }: Recording): readonly [number, number] {
  const first = session.started_time_ms ?? lifecycle[0]?.time_ms ?? equity[0]?.time_ms ?? 0;
  const last = Math.max(lifecycle.at(-1)?.time_ms ?? first, equity.at(-1)?.time_ms ?? first);
  const bar = candles.at(-1);
  return [first, Math.max(last, bar === undefined || last > first ? last : bar.open_time_ms)];
}

export function snapshotAt(recording: Recording, atMs: number, seq: number): Snapshot {
  const { session, instruments } = recording;
  const until = <Row>(rows: readonly Row[], timeOf: (row: Row) => number, max: number): Row[] => {
    const end = lowerBound(rows, atMs + 1, timeOf);
    return rows.slice(Math.max(0, end - max), end);
  };
  const fills = recording.fills.filter(({ time_ms: timeMs }) => timeMs <= atMs);
  const equity = recording.equity.slice(
    0,
    lowerBound(recording.equity, atMs + 1, ({ time_ms: timeMs }) => timeMs),
  );
  const ledger = recording.ledger.filter(({ time_ms: timeMs }) => timeMs <= atMs);
  return {
    type: 'snapshot',
    version: PROTOCOL_VERSION,
    seq,
    session,
    status: statusAt(recording, atMs, equity.at(-1)),
    instruments,
    account: accountAt(recording, atMs, equity.at(-1), ledger, fills),
    candles: recording.candles
      .filter(({ open_time_ms: openMs }) => openMs + session.interval_ms <= atMs)
      .slice(-ROWS_MAX.candles),
    markets: [],
    books: [],
    orders: ordersAt(recording.orders, atMs, fills),
    positions: positionsAt(recording, fills, equity.at(-1)),
    fills: fills.slice(-ROWS_MAX.fills),
    trades: recording.trades.filter(({ exit_time_ms: exitMs }) => exitMs <= atMs).slice(-ROWS_MAX.trades),
    ledger: ledger.slice(-ROWS_MAX.ledger),
    equity: thin(equity, ROWS_MAX.equity),
    denials: until(recording.denials, ({ time_ms: timeMs }) => timeMs, ROWS_MAX.denials),
    quality: recording.quality
      .filter(({ from_ms: fromMs }) => fromMs <= atMs)
      .map((row) => ({ ...row, to_ms: Math.min(row.to_ms, atMs) }))
      .slice(-ROWS_MAX.quality),
    verdicts: until(recording.verdicts, ({ time_ms: timeMs }) => timeMs, ROWS_MAX.verdicts),
    logs: until(recording.logs, ({ time_ms: timeMs }) => timeMs, ROWS_MAX.logs),
  };
}

function statusAt(recording: Recording, atMs: number, point: EquityPoint | undefined): Status {
  const { session, lifecycle } = recording;
  const state = lifecycle.findLast(({ time_ms: timeMs }) => timeMs <= atMs);
  const startMs = session.started_time_ms;
  const elapsed = startMs === null ? null : (atMs - startMs) / 1_000;
  return {
    ts: new Date(atMs).toISOString(),
    unix_ts: atMs / 1_000,
    session_time_ms: atMs,
    pid: 0,
    session_id: session.session_id,
    state: stateWord(state?.state),
    reason: state?.reason ?? null,
    is_paused: false,
    symbol: session.symbols[0] ?? null,
    elapsed,
    remaining:
      elapsed === null || session.duration_ms === null ? null : session.duration_ms / 1_000 - elapsed,
    equity: point?.equity ?? null,
    wallet_balance: point?.wallet ?? null,
    unrealized_pnl: point?.unrealized_pnl ?? null,
    position: point?.position ?? null,
    open_orders: null,
    ram_mb: null,
    cpu_percent: null,
    event_loop_lag_ms: null,
    clock_offset_ms: null,
    round_trip_ms: null,
    events: null,
    errors: null,
    feeds: {},
    dashboard_url: null,
  };
}

const STATES: readonly Status['state'][] = ['starting', 'warming', 'running', 'halted', 'stopping', 'ended'];

function stateWord(word: string | undefined): Status['state'] {
  return STATES.find((state) => state === word) ?? 'starting';
}

function accountAt(
  recording: Recording,
  atMs: number,
  point: EquityPoint | undefined,
  ledger: readonly LedgerEntry[],
  fills: readonly Fill[],
): Account | null {
  const first = recording.equity[0];
  if (point === undefined || first === undefined) return null;
  const kinds = new Set(ledger.map(({ kind }) => kind));
  const bookedByFirst = recording.ledger
    .filter(({ time_ms: timeMs }) => timeMs <= first.time_ms)
    .map(({ amount }) => amount);
  const reported = recording.report?.['starting_equity'];
  return {
    time_ms: point.time_ms,
    starting_equity: typeof reported === 'string' ? reported : first.equity,
    equity: point.equity,
    wallet_balance: point.wallet,
    opening_wallet: subtractAmounts(first.wallet, addAmounts(bookedByFirst)),
    unrealized_pnl: point.unrealized_pnl,
    available_balance: null,
    initial_margin: null,
    // Entries booked after the newest sample of the equity would make the sum look wrong.
    ledger_totals: [...kinds].map((kind) => {
      const amounts = ledger
        .filter((entry) => entry.kind === kind && entry.time_ms <= point.time_ms)
        .map(({ amount }) => amount);
      return { kind, amount: addAmounts(amounts), entries: amounts.length };
    }),
    fills: fills.length,
    trades: recording.trades.filter(({ exit_time_ms: exitMs }) => exitMs <= atMs).length,
  };
}

/** Orders as they stood: one that closed later was still working, filled as far as its fills had come. */
function ordersAt(orders: readonly Order[], atMs: number, fills: readonly Fill[]): Order[] {
  const filled = new Map<string, string>();
  for (const { order_id: id, quantity } of fills)
    filled.set(id, addAmounts([filled.get(id) ?? '0', quantity]));
  return orders
    .filter(({ decision_time_ms: decidedMs }) => decidedMs <= atMs)
    .map((order) => {
      if (order.closed_time_ms !== null && order.closed_time_ms <= atMs) return order;
      const quantity = filled.get(order.order_id);
      const isArrived = order.arrival_time_ms !== null && order.arrival_time_ms <= atMs;
      return {
        ...order,
        status: quantity === undefined ? ('new' as const) : ('partially_filled' as const),
        reason: null,
        filled_quantity: quantity ?? '0',
        arrival_time_ms: isArrived ? order.arrival_time_ms : null,
        closed_time_ms: null,
        queue_ahead: null,
      };
    });
}

function positionsAt(
  recording: Recording,
  fills: readonly Fill[],
  point: EquityPoint | undefined,
): Position[] {
  return recording.session.symbols.map((symbol, index) => {
    let quantity = '0';
    let average = 0;
    for (const fill of fills) {
      if (fill.symbol !== symbol) continue;
      const before = Number(quantity);
      const change = fill.side === 'buy' ? fill.quantity : `-${fill.quantity}`;
      quantity = addAmounts([quantity, change]);
      const after = Number(quantity);
      const grows = Math.abs(after) > Math.abs(before) && before * Number(change) >= 0;
      if (grows) average = (average * before + Number(fill.price) * Number(change)) / after;
      else if (before * after < 0) average = Number(fill.price);
    }
    // The equity samples carry the first symbol's position, with what was held before the session.
    if (index === 0 && point !== undefined) quantity = point.position;
    const decimals =
      recording.instruments.find((instrument) => instrument.symbol === symbol)?.price_decimals ?? 2;
    return {
      symbol,
      quantity,
      average_price: Number(quantity) === 0 || average === 0 ? null : average.toFixed(decimals),
      mark_price: null,
      notional: null,
      unrealized_pnl: index === 0 && point !== undefined ? point.unrealized_pnl : '0',
      initial_margin: null,
      maintenance_margin: null,
      leverage: recording.session.leverage,
      margin_mode: recording.session.margin_mode,
      liquidation_price: null,
      liquidation_distance_percent: null,
    };
  });
}

/** Every nth row, and always the last one. */
function thin<Row>(rows: readonly Row[], max: number): Row[] {
  const step = Math.ceil(rows.length / max);
  return step <= 1
    ? [...rows]
    : rows.filter((_row, index) => index % step === 0 || index === rows.length - 1);
}
