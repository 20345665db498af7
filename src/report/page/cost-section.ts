/** What the session paid, part by part, and what its profit is the sum of. Both add up to the last digit. */

import { parseBigDecimal } from '../../core/base/fixed-point.ts';
import { formatMoney, parseMoney } from '../../core/domain/instrument.ts';
import type { LedgerKind } from '../../core/domain/outputs.ts';
import { money } from '../../core/domain/units.ts';
import { UNKNOWN_TEXT, displayMoney, displayNumber } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import { sumMoney } from '../performance-statistics.ts';
import type { LedgerFacts } from '../session-facts.ts';
import { decimalsOf, exactAmount, figure, section, table, tone } from './figures.ts';
import type { PageFill, PageRows } from './page-facts.ts';

/** Finest grid of prices and of quantities. */
const EXACT_DECIMALS = 18;
const BPS = 10_000;
const BAR_WIDTH = 100;

type CostName =
  | 'spread_cost'
  | 'latency_cost'
  | 'impact_cost'
  | 'slippage_cost'
  | 'fees_paid'
  | 'funding_paid'
  | 'liquidation_fees';

/** In the prices of the fills, then on the ledger. */
const PRICE_COSTS: readonly (readonly [CostName, string, string])[] = [
  ['spread_cost', 'Spread', 'half the spread, crossed at the decision'],
  ['latency_cost', 'Latency', 'what the market moved while the order travelled'],
  ['impact_cost', 'Impact', 'levels of the book that the order walked through'],
  ['slippage_cost', 'Slippage', 'random part of parametric fills'],
];
const LEDGER_COSTS: readonly (readonly [CostName, string, string])[] = [
  ['fees_paid', 'Fees', 'maker and taker, on every fill'],
  ['funding_paid', 'Funding', 'settled at the mark; negative = received'],
  ['liquidation_fees', 'Liquidation fees', 'charged by the venue for closing by force'],
];

const LEDGER_WORDS: Readonly<Record<Exclude<LedgerKind, 'deposit'>, string>> = {
  realized_pnl: 'Profit realized by closing, at the prices of the fills',
  fee: 'Fees',
  funding: 'Funding',
  liquidation_fee: 'Liquidation fees',
  insurance: 'Losses that the insurance fund bore',
};

export function costSection(report: FinalReport, { fills, ledger }: PageRows): HtmlText {
  return section('costs', 'Costs', [costTable(report, fills), profitTable(report, ledger)]);
}

function costTable(report: FinalReport, fills: readonly PageFill[]): HtmlText {
  const costs = [...PRICE_COSTS, ...LEDGER_COSTS];
  const amounts = costs.map(([name]) => report[name]);
  const total = totalOf(amounts);
  const decimals = decimalsOf([...amounts, total]);
  const turnover = turnoverOf(fills);
  const largest = Math.max(...amounts.map((amount) => Math.abs(Number(amount ?? 0))));
  const rows = costs.map(([name, label, words]) => {
    const amount = report[name];
    return [
      label,
      html`<span class="soft">${words}</span>`,
      drawBar(amount, largest),
      figure(name, amount, exactAmount(amount, decimals)),
      bpsOf(amount, turnover),
    ];
  });
  const sum = [
    html`<strong>Together</strong>`,
    html`<span class="soft">on ${displayMoney(formatMoney(money(turnover)))} USDT of turnover</span>`,
    '',
    html`<strong>${exactAmount(total, decimals)}</strong>`,
    html`<strong>${bpsOf(total, turnover)}</strong>`,
  ];
  const columns = [
    { head: 'Paid for' },
    { head: '' },
    { head: '' },
    { head: 'USDT', isNumber: true },
    { head: 'bps', isNumber: true },
  ];
  return html`<div class="sums">${table(columns, [...rows, sum])}</div>
    <p class="note">
      Positive = paid. The first four lie in the prices of the fills: together they are the distance of every
      fill from the mid that its order was decided on. Fees and funding are movements of the ledger. bps of
      what was traded.
    </p>`;
}

/** The session's profit as the sum of the ledger's kinds and of what open positions changed by. */
function profitTable(report: FinalReport, ledger: readonly LedgerFacts[]): HtmlText {
  const kinds = Object.entries(LEDGER_WORDS).map(([kind, words]) => {
    const entries = ledger.filter((entry) => entry.kind === kind);
    return { words, count: entries.length, amount: sumMoney(entries.map(({ amount }) => amount)) };
  });
  const moved = kinds.reduce((sum, { amount }) => sum + amount, 0n);
  const unrealized = money(parseMoney(report.pnl_absolute) - moved);
  const lines = [
    ...kinds.filter(({ count }) => count > 0),
    ...(unrealized === 0n
      ? []
      : [{ words: 'Change of what open positions are worth', count: null, amount: unrealized }]),
  ].map(({ words, count, amount }) => ({ words, count, amount: formatMoney(amount) }));
  const decimals = decimalsOf([...lines.map(({ amount }) => amount), report.pnl_absolute]);
  const rows = lines.map(({ words, count, amount }) => [
    words,
    count === null ? '' : String(count),
    html`<span class="${tone(amount)}">${exactAmount(amount, decimals)}</span>`,
  ]);
  const sum = [
    html`<strong>Profit</strong>`,
    '',
    html`<strong class="${tone(report.pnl_absolute)}">${exactAmount(report.pnl_absolute, decimals)}</strong>`,
  ];
  const columns = [
    { head: 'The profit is the sum of' },
    { head: 'Entries', isNumber: true },
    { head: 'USDT', isNumber: true },
  ];
  return html`<div class="sums">${table(columns, [...rows, sum])}</div>
    <p class="note">
      Worked out anew from the ledger’s entries; difference to the wallet:
      ${figure('ledger_difference', report.ledger_difference, report.ledger_difference)} USDT.
    </p>`;
}

/** Exact; null as soon as one part is not known. */
function totalOf(amounts: readonly (string | null)[]): string | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === amounts.length ? formatMoney(sumMoney(known)) : null;
}

/** Sum of price x quantity of all fills, rounded down to 10^-8 USDT. */
function turnoverOf(fills: readonly PageFill[]): bigint {
  const exact = fills.reduce(
    (sum, { price, quantity }) =>
      sum + parseBigDecimal(price, EXACT_DECIMALS) * parseBigDecimal(quantity, EXACT_DECIMALS),
    0n,
  );
  return exact / 10n ** BigInt(2 * EXACT_DECIMALS - 8);
}

function bpsOf(amount: string | null, turnover: bigint): string {
  if (amount === null || turnover === 0n) return UNKNOWN_TEXT;
  return displayNumber((Number(parseMoney(amount)) / Number(turnover)) * BPS);
}

function drawBar(amount: string | null, largest: number): HtmlText {
  if (amount === null || largest === 0) return html``;
  const width = (Math.abs(Number(amount)) / largest) * BAR_WIDTH;
  return html`<svg class="bar" viewBox="0 0 ${BAR_WIDTH} 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="${amount.startsWith('-') ? 'gained' : 'paid'}" width="${width.toFixed(1)}" height="8" />
  </svg>`;
}
