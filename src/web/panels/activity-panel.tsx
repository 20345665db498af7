/** Orders, fills, trades, ledger and denials in tabs. A fill opens its receipt; everything else can be asked why. */

import { type ReactElement, memo } from 'react';
import type { Denial, Fill, LedgerEntry, Order, Trade } from '../../protocol/rows.ts';
import {
  addAmounts,
  amountText,
  moneyText,
  signOf,
  signedMoneyText,
  signedText,
} from '../display/amount-text.ts';
import { clockText, spanText } from '../display/time-text.ts';
import { ledgerWord, plainWord } from '../display/words.ts';
import { triggerText } from '../explain/explain-order.ts';
import { isWorking } from '../replica/replica.ts';
import { useReplica } from '../replica/use-replica.ts';
import { type Column, RowTable } from './row-table.tsx';
import { useScreen } from './screen-context.ts';
import { type Tab, Tabs } from './tabs.tsx';
import { Why, signClass } from './why.tsx';

const COUNTED = ['orders', 'fills', 'trades', 'account', 'denials'] as const;
export const ACTIVITY_TABS = ['Orders', 'Fills', 'Trades', 'Ledger', 'Denials'] as const;

interface ActivityProps {
  readonly selected: number;
  readonly onSelect: (index: number) => void;
}

export function ActivityPanel({ selected, onSelect }: ActivityProps): ReactElement {
  const { orders, account, denials, fills, trades } = useReplica(COUNTED);
  const working = [...orders.values()].filter(isWorking).length;
  const tabs: Tab[] = [
    { name: ACTIVITY_TABS[0], count: working, content: <OrderTable /> },
    { name: ACTIVITY_TABS[1], count: account?.fills ?? fills.length, content: <FillTable /> },
    { name: ACTIVITY_TABS[2], count: account?.trades ?? trades.length, content: <TradeTable /> },
    { name: ACTIVITY_TABS[3], content: <LedgerTable /> },
    { name: ACTIVITY_TABS[4], count: denials.length, content: <DenialTable /> },
  ];
  return (
    <section className="panel activity-panel" aria-label="Orders, fills, trades and ledger">
      <Tabs label="Activity" tabs={tabs} selected={selected} onSelect={onSelect} />
    </section>
  );
}

const ORDER_COLUMNS: readonly Column<Order>[] = [
  { name: 'Time', cell: (row) => clockText(row.decision_time_ms) },
  { name: 'Symbol', isMinor: true, cell: (row) => row.symbol },
  { name: 'Side', cell: (row) => <span className={row.side === 'buy' ? 'up' : 'down'}>{row.side}</span> },
  { name: 'Type', isMinor: true, cell: (row) => plainWord(row.type) },
  {
    name: 'Quantity',
    isNumber: true,
    cell: (row) => `${amountText(row.filled_quantity)} / ${amountText(row.quantity)}`,
  },
  {
    name: 'Price',
    isNumber: true,
    cell: (row) => (row.trigger === null ? amountText(row.price ?? row.average_price) : triggerText(row)),
  },
  { name: 'Ahead', isNumber: true, isMinor: true, cell: (row) => amountText(row.queue_ahead) },
  {
    name: 'Status',
    cell: (row) => (
      <Why topic={{ kind: 'order', orderId: row.order_id }} className={isWorking(row) ? 'strong' : ''}>
        {plainWord(row.status)}
        {row.reason === null ? '' : `: ${plainWord(row.reason)}`}
      </Why>
    ),
  },
];

const OrderTable = memo(function OrderTable(): ReactElement {
  const { orders } = useReplica(ORDERS);
  const all = [...orders.values()];
  // Working orders are what one looks for: they stand first in a table that shows its rows from the last to the first.
  const rows = [...all.filter((order) => !isWorking(order)), ...all.filter(isWorking)];
  return (
    <RowTable
      caption="Orders, working ones first"
      rows={rows}
      columns={ORDER_COLUMNS}
      keyOf={(row) => row.order_id}
      empty="No orders yet."
    />
  );
});
const ORDERS = ['orders'] as const;

function ReceiptLink({ fill }: { readonly fill: Fill }): ReactElement {
  const { openReceipt } = useScreen();
  return (
    <button type="button" className="why" title="Receipt" onClick={() => openReceipt(fill.fill_id)}>
      {clockText(fill.time_ms)}
      <span className="heard"> open receipt</span>
    </button>
  );
}

/** What the fill cost against the market that the strategy saw, without its fee. */
function costText(fill: Fill): string {
  const parts = [fill.spread_cost, fill.latency_cost, fill.impact_cost, fill.slippage_cost];
  const known = parts.filter((part) => part !== null);
  return known.length < parts.length ? moneyText(null) : moneyText(addAmounts(known));
}

const FILL_COLUMNS: readonly Column<Fill>[] = [
  { name: 'Time', cell: (row) => <ReceiptLink fill={row} /> },
  { name: 'Symbol', isMinor: true, cell: (row) => row.symbol },
  { name: 'Side', cell: (row) => <span className={row.side === 'buy' ? 'up' : 'down'}>{row.side}</span> },
  { name: 'Quantity', isNumber: true, cell: (row) => amountText(row.quantity) },
  { name: 'Price', isNumber: true, cell: (row) => amountText(row.price) },
  { name: 'As', cell: (row) => row.liquidity },
  { name: 'Fee', isNumber: true, cell: (row) => moneyText(row.fee) },
  { name: 'Cost', isNumber: true, isMinor: true, cell: costText },
  {
    name: 'Latency',
    isNumber: true,
    isMinor: true,
    cell: (row) => spanText(row.arrival_time_ms - row.decision_time_ms),
  },
  { name: '', isMinor: true, cell: (row) => (row.reconstructed ? 'reconstructed' : '') },
];

const FILLS = ['fills'] as const;
const FillTable = memo(function FillTable(): ReactElement {
  const { fills } = useReplica(FILLS);
  return (
    <RowTable
      caption="Fills, newest first"
      rows={fills}
      columns={FILL_COLUMNS}
      keyOf={(row) => row.fill_id}
      empty="No fills yet."
    />
  );
});

const TRADE_COLUMNS: readonly Column<Trade>[] = [
  { name: 'Left', cell: (row) => clockText(row.exit_time_ms) },
  { name: 'Symbol', isMinor: true, cell: (row) => row.symbol },
  { name: 'Side', cell: (row) => <span className={row.side === 'long' ? 'up' : 'down'}>{row.side}</span> },
  { name: 'Quantity', isNumber: true, isMinor: true, cell: (row) => amountText(row.quantity) },
  { name: 'Entry', isNumber: true, cell: (row) => amountText(row.entry_price, 2) },
  { name: 'Exit', isNumber: true, cell: (row) => amountText(row.exit_price, 2) },
  { name: 'Why left', cell: (row) => plainWord(row.exit_reason) },
  {
    name: 'R',
    isNumber: true,
    isMinor: true,
    cell: (row) => (row.r_multiple === null ? moneyText(null) : signedText(row.r_multiple.toFixed(2))),
  },
  {
    name: 'Net',
    isNumber: true,
    cell: (row) => (
      <Why topic={{ kind: 'trade', tradeId: row.trade_id }} className={signClass(signOf(row.net_pnl))}>
        {signedMoneyText(row.net_pnl)}
      </Why>
    ),
  },
];

const TRADES = ['trades'] as const;
const TradeTable = memo(function TradeTable(): ReactElement {
  const { trades } = useReplica(TRADES);
  return (
    <RowTable
      caption="Closed trades, newest first"
      rows={trades}
      columns={TRADE_COLUMNS}
      keyOf={(row) => row.trade_id}
      empty="No trade has been closed yet."
    />
  );
});

const LEDGER_COLUMNS: readonly Column<LedgerEntry>[] = [
  { name: 'Time', cell: (row) => clockText(row.time_ms) },
  { name: 'Kind', cell: (row) => ledgerWord(row.kind) },
  { name: 'Symbol', isMinor: true, cell: (row) => row.symbol ?? '' },
  { name: 'Fill', isMinor: true, cell: (row) => row.fill_id ?? '' },
  {
    name: 'Amount',
    isNumber: true,
    cell: (row) => (
      <Why topic={{ kind: 'ledger_entry', entryId: row.entry_id }} className={signClass(signOf(row.amount))}>
        {signedText(row.amount)}
      </Why>
    ),
  },
];

const LEDGER = ['ledger'] as const;
const LedgerTable = memo(function LedgerTable(): ReactElement {
  const { ledger } = useReplica(LEDGER);
  return (
    <RowTable
      caption="Ledger, newest first"
      rows={ledger}
      columns={LEDGER_COLUMNS}
      keyOf={(row) => row.entry_id}
      empty="The ledger is empty."
    />
  );
});

const DENIAL_COLUMNS: readonly Column<Denial>[] = [
  { name: 'Time', cell: (row) => clockText(row.time_ms) },
  { name: 'Wish', cell: (row) => `${row.side ?? ''} ${amountText(row.quantity)} ${row.symbol ?? ''}` },
  { name: 'Price', isNumber: true, isMinor: true, cell: (row) => amountText(row.price) },
  {
    name: 'Why',
    cell: (row) => <Why topic={{ kind: 'denial', timeMs: row.time_ms }}>{plainWord(row.reason)}</Why>,
  },
];

const DENIALS = ['denials'] as const;
const DenialTable = memo(function DenialTable(): ReactElement {
  const { denials } = useReplica(DENIALS);
  return (
    <RowTable
      caption="Wishes that the risk gate refused, newest first"
      rows={denials}
      columns={DENIAL_COLUMNS}
      keyOf={(row) => `${row.time_ms} ${row.order_id ?? ''} ${row.reason}`}
      empty="Nothing was denied."
    />
  );
});
