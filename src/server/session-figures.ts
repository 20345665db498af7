/** The session's figures for monitoring, each with its name (unit last), its help text and its labels. */

import type { SessionAccess } from './session-access.ts';
import type { StreamCounts } from './stream-hub.ts';

const BYTES_PER_MIB = 1_048_576;
const MS_PER_SECOND = 1_000;

const STATES = ['starting', 'warming', 'running', 'halted', 'stopping', 'ended'] as const;

type Labels = Readonly<Record<string, string>>;

export interface Figure {
  readonly name: string;
  readonly help: string;
  /** Prometheus type of what the value is. */
  readonly type: 'gauge' | 'counter';
  readonly labelNames: readonly string[];
  /** Empty = not known now. */
  readonly values: readonly { readonly labels: Labels; readonly value: number }[];
}

/** Every figure, also those without a value now. */
export function listFigures(session: SessionAccess, stream: StreamCounts): Figure[] {
  return [
    ...sessionFigures(session),
    ...feedFigures(session),
    ...engineFigures(session),
    ...streamFigures(stream),
  ];
}

function one(type: Figure['type'], name: string, help: string, value: number | null): Figure {
  const values = value === null ? [] : [{ labels: {}, value }];
  return { name: `laptop_agents_${name}`, help, type, labelNames: [], values };
}

function many(
  type: Figure['type'],
  name: string,
  help: string,
  label: string,
  values: readonly (readonly [string, number | null])[],
): Figure {
  return {
    name: `laptop_agents_${name}`,
    help,
    type,
    labelNames: [label],
    values: values.flatMap(([word, value]) => (value === null ? [] : [{ labels: { [label]: word }, value }])),
  };
}

function amount(text: string | null): number | null {
  return text === null ? null : Number(text);
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / MS_PER_SECOND;
}

function sessionFigures(session: SessionAccess): Figure[] {
  const status = session.status();
  const isPaused = session.model()?.engine.status().isPaused ?? false;
  return [
    {
      name: 'laptop_agents_session_info',
      help: 'Always 1; the labels name the session',
      type: 'gauge',
      labelNames: ['session_id', 'version', 'symbol'],
      values: [
        {
          labels: {
            session_id: session.sessionId,
            version: session.programVersion,
            symbol: status.symbol ?? '',
          },
          value: 1,
        },
      ],
    },
    many(
      'gauge',
      'session_state',
      '1 for the state that the session is in, 0 for the others',
      'state',
      STATES.map((state) => [state, Number(state === status.state)]),
    ),
    one('gauge', 'session_paused', '1 while an operator keeps new orders from leaving', Number(isPaused)),
    one('gauge', 'session_elapsed_seconds', 'Time since the first event of the session', status.elapsed),
    one('gauge', 'session_remaining_seconds', 'Time until the session ends by itself', status.remaining),
    one('gauge', 'equity_usdt', 'Wallet balance and unrealized profit', amount(status.equity)),
    one('gauge', 'wallet_balance_usdt', 'Realized balance of the account', amount(status.wallet_balance)),
    one(
      'gauge',
      'unrealized_pnl_usdt',
      'Profit of open positions at the mark',
      amount(status.unrealized_pnl),
    ),
    one('gauge', 'open_orders', 'Working orders, in flight or at the exchange', status.open_orders),
    one('counter', 'events_total', 'Events that the engine has processed', status.events),
    one('counter', 'errors_total', 'Lines of level error and critical in the system log', status.errors),
    one(
      'gauge',
      'clock_offset_seconds',
      'Clock of the venue minus the local one',
      seconds(status.clock_offset_ms),
    ),
    one(
      'gauge',
      'round_trip_seconds',
      'Time of a request to the venue and back',
      seconds(status.round_trip_ms),
    ),
    one(
      'gauge',
      'resident_memory_bytes',
      'Memory of the process',
      status.ram_mb === null ? null : status.ram_mb * BYTES_PER_MIB,
    ),
    one('gauge', 'cpu_percent', 'CPU of the last second, 100 = one core', status.cpu_percent),
    one(
      'gauge',
      'event_loop_delay_seconds',
      'Longest delay of the event loop in the last second',
      seconds(status.event_loop_lag_ms),
    ),
  ];
}

function streamFigures({ clients, updates, dropped }: StreamCounts): Figure[] {
  return [
    one('gauge', 'stream_clients', 'Followers of the stream', clients),
    one('counter', 'stream_updates_total', 'Updates composed for the stream', updates),
    one(
      'counter',
      'stream_clients_dropped_total',
      'Followers given up because they were too slow or gone',
      dropped,
    ),
  ];
}

function feedFigures(session: SessionAccess): Figure[] {
  const feeds = Object.entries(session.status().feeds);
  return [
    many(
      'gauge',
      'feed_connected',
      '1 while the feed is connected',
      'feed',
      feeds.map(([name, { state }]) => [name, Number(state === 'connected')]),
    ),
    many(
      'gauge',
      'feed_age_seconds',
      'Age of the newest message of the feed',
      'feed',
      feeds.map(([name, { age_ms: ageMs }]) => [name, seconds(ageMs)]),
    ),
    many(
      'counter',
      'feed_reconnects_total',
      'Times that the feed has connected again',
      'feed',
      feeds.map(([name, { reconnects }]) => [name, reconnects]),
    ),
    many(
      'counter',
      'feed_gaps_total',
      'Gaps found in the feed',
      'feed',
      feeds.map(([name, { gaps }]) => [name, gaps]),
    ),
  ];
}

function engineFigures(session: SessionAccess): Figure[] {
  const model = session.model();
  const account = model?.account() ?? null;
  const markets = model?.markets() ?? [];
  const total = (kind: string): number | null => {
    if (account === null) return null;
    return amount(account.ledger_totals.find((entry) => entry.kind === kind)?.amount ?? '0');
  };
  const fees = total('fee');
  return [
    many(
      'gauge',
      'position_quantity',
      'Signed position, above 0 long, in units of the base coin',
      'symbol',
      (model?.positions() ?? []).map(({ symbol, quantity }) => [symbol, amount(quantity)]),
    ),
    many(
      'gauge',
      'last_price_usdt',
      'Newest public trade',
      'symbol',
      markets.map(({ symbol, last_price: price }) => [symbol, amount(price)]),
    ),
    many(
      'gauge',
      'mark_price_usdt',
      'Mark price of the venue',
      'symbol',
      markets.map(({ symbol, mark_price: price }) => [symbol, amount(price)]),
    ),
    many(
      'gauge',
      'book_valid',
      '1 while the order book can be traded on',
      'symbol',
      (model?.engine.view.markets ?? []).map(({ instrument, isBookValid }) => [
        instrument.symbol,
        Number(isBookValid),
      ]),
    ),
    one(
      'gauge',
      'available_balance_usdt',
      'Money left for new orders',
      amount(account?.available_balance ?? null),
    ),
    one(
      'gauge',
      'initial_margin_usdt',
      'Money bound by positions and working orders',
      amount(account?.initial_margin ?? null),
    ),
    one('counter', 'fills_total', 'Executions of the session', account?.fills ?? null),
    one('counter', 'trades_total', 'Closed round trips of the session', account?.trades ?? null),
    one('counter', 'denials_total', 'Intents that the risk gate refused', model?.denialCount ?? null),
    one('counter', 'fees_paid_usdt_total', 'Fees paid in the session', fees === null ? null : 0 - fees),
    one(
      'gauge',
      'funding_received_usdt',
      'Funding received in the session; below 0 = paid',
      total('funding'),
    ),
    one('gauge', 'realized_pnl_usdt', 'Profit realized in the session before fees', total('realized_pnl')),
  ];
}
