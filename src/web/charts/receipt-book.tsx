/** The book at the moment of a fill, drawn: a bar a level, and over it what the fill took or where it stood. */

import type { ReactElement } from 'react';
import type { Receipt } from '../../protocol/rest.ts';
import type { Book, Fill } from '../../protocol/rows.ts';
import { amountText } from '../display/amount-text.ts';

const LEVELS_SHOWN = 8;
const ROW_PX = 20;
const WIDTH_PX = 420;
const PRICE_PX = 110;

interface ReceiptBookProps {
  readonly book: Book;
  readonly fill: Fill;
  readonly used: Receipt['levels_used'];
  readonly label: string;
}

export function ReceiptBook({ book, fill, used, label }: ReceiptBookProps): ReactElement {
  const taken = new Map(used.map(({ price, quantity }) => [Number(price), quantity]));
  const rows = [
    ...book.asks
      .slice(0, Math.max(LEVELS_SHOWN, used.length))
      .toReversed()
      .map(([price, quantity]) => ({ side: 'asks', price, quantity })),
    ...book.bids
      .slice(0, Math.max(LEVELS_SHOWN, used.length))
      .map(([price, quantity]) => ({ side: 'bids', price, quantity })),
  ];
  const priceDecimals = mostDecimals(rows.map(({ price }) => price));
  const quantityDecimals = mostDecimals(rows.map(({ quantity }) => quantity));
  const most = Math.max(1e-12, ...rows.map(({ quantity }) => Number(quantity)));
  const scale = (quantity: string): number => (Number(quantity) / most) * (WIDTH_PX - PRICE_PX - 90);
  return (
    <figure className="receipt-book">
      <figcaption>
        {label}; the framed level is the price of the fill, the solid part is what it took.
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH_PX} ${rows.length * ROW_PX}`} role="img" aria-label={summaryOf(book, fill)}>
        {rows.map(({ side, price, quantity }, index) => {
          const y = index * ROW_PX;
          const took = taken.get(Number(price));
          const isFillPrice = Number(price) === Number(fill.price);
          return (
            <g key={`${side} ${price}`} className={side}>
              {isFillPrice ? (
                <rect className="at" x="1" y={y + 1} width={WIDTH_PX - 2} height={ROW_PX - 2} />
              ) : null}
              <text x={PRICE_PX - 8} y={y + 14} textAnchor="end">
                {amountText(price, priceDecimals)}
              </text>
              <rect className="level" x={PRICE_PX} y={y + 3} width={scale(quantity)} height={ROW_PX - 6} />
              {took === undefined ? null : (
                <rect
                  className="took"
                  x={PRICE_PX}
                  y={y + 3}
                  width={Math.max(2, scale(took))}
                  height={ROW_PX - 6}
                />
              )}
              <text className="quantity" x={WIDTH_PX - 6} y={y + 14} textAnchor="end">
                {took === undefined
                  ? amountText(quantity, quantityDecimals)
                  : `${amountText(took)} of ${amountText(quantity, quantityDecimals)}`}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

/** So that digits stand below each other. */
function mostDecimals(amounts: readonly string[]): number {
  return Math.max(0, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0));
}

function summaryOf(book: Book, fill: Fill): string {
  return `Best bid ${book.bids[0]?.[0] ?? 'none'}, best ask ${book.asks[0]?.[0] ?? 'none'}, filled at ${fill.price}`;
}
