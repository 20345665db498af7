/** The order book ladder: displayed quantity by price, our orders in it, and how much stands before them. */

import type { ReactElement } from 'react';
import type { Book, Market, Order } from '../../protocol/rows.ts';
import { amountText, subtractAmounts, UNKNOWN_TEXT } from '../display/amount-text.ts';
import { clockText } from '../display/time-text.ts';
import { isWorking } from '../replica/replica.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';
import { Why } from './why.tsx';

const SLICES = ['books', 'markets', 'orders', 'session'] as const;
const LEVELS_SHOWN = 10;

export function BookPanel({ symbol }: { readonly symbol: string }): ReactElement {
  const replica = useReplica(SLICES);
  const book = replica.books.get(symbol);
  const market = replica.markets.get(symbol);
  if (book === undefined) {
    return (
      <Panel title="Order book" className="book-panel">
        <p className="empty">
          No order book
          {replica.session?.fill_model === 'parametric'
            ? ': this session fills by the parametric model'
            : ' yet'}
          .
        </p>
      </Panel>
    );
  }
  const ours = [...replica.orders.values()].filter(
    (order) => order.symbol === symbol && isWorking(order) && order.price !== null && order.trigger === null,
  );
  const instrument = replica.instrument(symbol);
  const decimals = instrument?.price_decimals ?? null;
  return (
    <Panel
      title="Order book"
      className={`book-panel ${book.is_valid ? '' : 'invalid'}`}
      aside={
        <span className="soft">{book.is_valid ? clockText(book.time_ms) : '▲ not valid, nothing fills'}</span>
      }
    >
      <Ladder
        book={book}
        orders={ours}
        decimals={decimals}
        quantityDecimals={instrument?.quantity_decimals ?? null}
        middle={<Middle book={book} market={market} decimals={decimals} />}
      />
    </Panel>
  );
}

interface LadderProps {
  readonly book: Book;
  readonly orders: readonly Order[];
  readonly decimals: number | null;
  readonly quantityDecimals: number | null;
  readonly middle: ReactElement;
}

function Ladder({ book, orders, decimals, quantityDecimals, middle }: LadderProps): ReactElement {
  const asks = withOurs(book.asks.slice(0, LEVELS_SHOWN), orders, 'sell').toReversed();
  const bids = withOurs(book.bids.slice(0, LEVELS_SHOWN), orders, 'buy');
  const most = Math.max(1e-12, ...[...asks, ...bids].map(({ quantity }) => Number(quantity)));
  const row = (level: LadderLevel, side: 'bids' | 'asks'): ReactElement => (
    <tr key={level.price} className={`${side} ${level.orders.length > 0 ? 'ours' : ''}`}>
      <td className="bar">
        <span style={{ width: `${(Number(level.quantity) / most) * 100}%` }} />
        <Why
          topic={{ kind: 'book', symbol: book.symbol, side, price: level.price }}
          className={side === 'bids' ? 'up' : 'down'}
        >
          {amountText(level.price, decimals)}
        </Why>
      </td>
      <td>{level.quantity === '0' ? UNKNOWN_TEXT : amountText(level.quantity, quantityDecimals)}</td>
      <td>
        {level.orders.map((order) => (
          <Why
            key={order.order_id}
            topic={{ kind: 'order', orderId: order.order_id }}
            name={`Our ${order.side}`}
            className="mine"
          >
            {amountText(subtractAmounts(order.quantity, order.filled_quantity))}
            {order.queue_ahead === null ? '' : ` ‹ ${amountText(order.queue_ahead)}`}
          </Why>
        ))}
      </td>
    </tr>
  );
  return (
    <table className="ladder">
      <thead>
        <tr>
          <th scope="col">Price</th>
          <th scope="col">Displayed</th>
          <th scope="col">Ours ‹ ahead</th>
        </tr>
      </thead>
      <tbody>{asks.map((level) => row(level, 'asks'))}</tbody>
      <tbody>
        <tr className="middle">
          <td colSpan={3}>{middle}</td>
        </tr>
      </tbody>
      <tbody>{bids.map((level) => row(level, 'bids'))}</tbody>
    </table>
  );
}

interface LadderLevel {
  readonly price: string;
  readonly quantity: string;
  readonly orders: readonly Order[];
}

/** The displayed levels, and those of our orders that stand where nothing is displayed. Best first. */
function withOurs(
  levels: readonly (readonly [string, string])[],
  orders: readonly Order[],
  side: Order['side'],
): LadderLevel[] {
  const mine = orders.filter((order) => order.side === side);
  const rows: LadderLevel[] = levels.map(([price, quantity]) => ({
    price,
    quantity,
    orders: mine.filter((order) => Number(order.price) === Number(price)),
  }));
  for (const order of mine) {
    if (order.price === null || rows.some(({ orders: known }) => known.includes(order))) continue;
    rows.push({ price: order.price, quantity: '0', orders: [order] });
  }
  const direction = side === 'buy' ? -1 : 1;
  return rows.toSorted((a, b) => direction * (Number(a.price) - Number(b.price)));
}

interface MiddleProps {
  readonly book: Book;
  readonly market: Market | undefined;
  readonly decimals: number | null;
}

function Middle({ book, market, decimals }: MiddleProps): ReactElement {
  const bid = book.bids[0]?.[0];
  const ask = book.asks[0]?.[0];
  const spread = bid === undefined || ask === undefined ? null : subtractAmounts(ask, bid);
  return (
    <span className="middle-line">
      <Why topic={{ kind: 'market', symbol: book.symbol, field: 'last' }} name="Last price">
        {amountText(market?.last_price, decimals)}
      </Why>
      <span className="soft">
        spread {amountText(spread)} · mark{' '}
        <Why topic={{ kind: 'market', symbol: book.symbol, field: 'mark' }} name="Mark price">
          {amountText(market?.mark_price, decimals)}
        </Why>
      </span>
    </span>
  );
}
