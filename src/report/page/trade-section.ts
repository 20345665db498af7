/** The closed trades, each with its fills and their receipts behind a press; needs no script. */

import {
  UNKNOWN_TEXT,
  displayCount,
  displayMoney,
  displaySignedMoney,
  displaySpan,
  displayTime,
} from '../display-text.ts';
import { tellFillStory } from '../explain-fill.ts';
import { type HtmlText, html } from '../html-text.ts';
import type { TradeRow } from '../../ports/journal-rows.ts';
import { omitted, section, tone } from './figures.ts';
import type { PageFill, PageOrder, PageRows } from './page-facts.ts';

/** Trades shown; trades.csv has all. */
const TRADES_SHOWN_MAX = 500;
/** Of those, the last ones that carry their receipts, which are long; `la explain` tells the others. */
const RECEIPTED_TRADES_MAX = 150;
/** Fills told of one trade. */
const FILLS_TOLD_MAX = 20;

export function tradeSection(rows: PageRows): HtmlText {
  const { trades } = rows;
  if (trades.length === 0)
    return section('trades', 'Trades', [html`<p class="empty">No round trip was closed.</p>`]);
  const orders = new Map(rows.orders.map((order) => [order.order_id, order]));
  const shown = trades.slice(-TRADES_SHOWN_MAX);
  const receiptedFrom = shown.length - RECEIPTED_TRADES_MAX;
  return section('trades', 'Trades', [
    omitted(trades.length, TRADES_SHOWN_MAX, 'trades; all are in trades.csv'),
    html`<div class="trades">
      <div class="trade-row heads" aria-hidden="true">
        ${['#', 'Position', 'Entered, UTC', 'Entry', 'Exit', 'Held', 'Left by', 'Fees', 'Net, USDT'].map(
          (head) => html`<span>${head}</span>`,
        )}
      </div>
      ${shown.map((trade, place) =>
        place < receiptedFrom
          ? html`<div class="trade-row">${tradeCells(trade)}</div>`
          : html`<details>
              <summary class="trade-row">${tradeCells(trade)}</summary>
              ${tradeStory(trade, rows, orders)}
            </details>`,
      )}
    </div>`,
    html`<p class="note">Press a trade for its fills and why each of them happened.</p>`,
  ]);
}

function tradeCells(trade: TradeRow): HtmlText[] {
  return [
    html`<span class="id">${trade.trade_id}</span>`,
    html`<span class="what">${trade.side} ${trade.quantity} ${trade.symbol}</span>`,
    html`<span class="when">${displayTime(trade.entry_time_ms)}</span>`,
    html`<span class="entry-price">${trade.entry_price ?? UNKNOWN_TEXT}</span>`,
    html`<span class="exit-price">${trade.exit_price ?? UNKNOWN_TEXT}</span>`,
    html`<span class="held">${displaySpan((trade.exit_time_ms - trade.entry_time_ms) / 1_000)}</span>`,
    html`<span class="why">${trade.exit_reason}</span>`,
    html`<span class="fees">${displayMoney(trade.fees)}</span>`,
    html`<span class="net ${tone(trade.net_pnl)}">${displaySignedMoney(trade.net_pnl)}</span>`,
  ];
}

function tradeStory(trade: TradeRow, rows: PageRows, orders: ReadonlyMap<string, PageOrder>): HtmlText {
  const fills = fillsOf(trade, rows.fills);
  const r = trade.r_multiple === null ? '' : `, ${trade.r_multiple} R`;
  const sum =
    `Gross ${trade.gross_pnl}, fees ${trade.fees}, funding ${trade.funding}: net ${trade.net_pnl} USDT${r}. ` +
    `Left ${displayTime(trade.exit_time_ms)} UTC after ${displayCount(trade.bars_held)} bars.`;
  return html`<div class="story">
    <p>${sum}</p>
    ${omitted(fills.length, FILLS_TOLD_MAX, 'fills; la explain tells the others')}
    ${fills.slice(-FILLS_TOLD_MAX).map((fill) => fillStory(fill, rows, orders))}
  </div>`;
}

function fillStory(fill: PageFill, rows: PageRows, orders: ReadonlyMap<string, PageOrder>): HtmlText {
  const receipt = rows.receiptOf(fill.fill_id);
  if (receipt !== null) {
    const story = tellFillStory(receipt, orders.get(fill.order_id) ?? null);
    return html`<dl>
      ${story.map(
        ([label, text]) =>
          html`<dt>${label}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>`;
  }
  return html`<p>
    ${fill.liquidity} ${fill.side} of ${fill.quantity} at ${fill.price}, ${displayTime(fill.time_ms)} UTC, fee
    ${fill.fee}; no receipt was kept.
  </p>`;
}

/** What was filled in a trade's contract while it was held. In hedge mode both sides of the contract are among them. */
function fillsOf(trade: TradeRow, fills: readonly PageFill[]): PageFill[] {
  return fills.filter(
    ({ symbol, time_ms: timeMs }) =>
      symbol === trade.symbol && timeMs >= trade.entry_time_ms && timeMs <= trade.exit_time_ms,
  );
}
