/** What was refused, when trading stood still, and what people were told of. */

import type { LifecycleRow } from '../../ports/journal-rows.ts';
import { displayCount, displaySpan, displayTime } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import type { AlertFacts } from '../alert-lines.ts';
import { figure, omitted, section, table } from './figures.ts';
import type { PageRows } from './page-facts.ts';

const HALTS_SHOWN_MAX = 100;
const ALERTS_SHOWN_MAX = 100;

/** Refusals of one kind. */
interface Refused {
  readonly by: string;
  readonly reason: string;
  times: number;
  readonly firstMs: number;
  lastMs: number;
  /** The numbers that decided the last one. */
  example: string;
}

export function riskSection(report: FinalReport, rows: PageRows, alerts: readonly AlertFacts[]): HtmlText {
  return section('risk', 'Risk events', [
    html`<p class="soft">
      ${figure('orders_denied', report.orders_denied, displayCount(report.orders_denied))} denied by our gate,
      ${figure('orders_rejected', report.orders_rejected, displayCount(report.orders_rejected))} orders
      rejected by the exchange,
      ${figure('liquidations', report.liquidations, displayCount(report.liquidations))} liquidations.
    </p>`,
    refusals(rows),
    halts(rows.lifecycle, Date.parse(report.ended_at)),
    alertList(alerts),
  ]);
}

function refusals({ denials, orders }: PageRows): HtmlText {
  const kinds = new Map<string, Refused>();
  const note = (by: string, reason: string, timeMs: number, example: string): void => {
    const key = `${by} ${reason}`;
    const known = kinds.get(key);
    if (known === undefined)
      kinds.set(key, { by, reason, times: 1, firstMs: timeMs, lastMs: timeMs, example });
    else Object.assign(known, { times: known.times + 1, lastMs: timeMs, example });
  };
  for (const { reason, numbers, symbol, time_ms: timeMs } of denials) {
    const parts = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
    note('our gate', reason, timeMs, [...(symbol === null ? [] : [symbol]), ...parts].join(', '));
  }
  for (const { status, reason, symbol, side, quantity, price, decision_time_ms: timeMs } of orders) {
    if (status !== 'rejected') continue;
    const at = price === null ? '' : ` at ${price}`;
    note('the exchange', reason ?? 'unknown', timeMs, `${side} ${quantity} ${symbol}${at}`);
  }
  if (kinds.size === 0) return html`<p class="empty">No order was refused.</p>`;
  const columns = [
    ...[{ head: 'Refused by' }, { head: 'because' }, { head: 'Times', isNumber: true }],
    ...[{ head: 'First, UTC' }, { head: 'Last, UTC' }, { head: 'The last one', isProse: true }],
  ];
  const shown = kinds
    .values()
    .toArray()
    .toSorted((a, b) => b.times - a.times);
  return table(
    columns,
    shown.map(({ by, reason, times, firstMs, lastMs, example }) => [
      ...[by, reason, displayCount(times), displayTime(firstMs), displayTime(lastMs), example],
    ]),
  );
}

function halts(lifecycle: readonly LifecycleRow[], endMs: number): HtmlText {
  const found = lifecycle.flatMap(({ state, reason, time_ms: fromMs }, place) => {
    if (state !== 'halted') return [];
    const untilMs = lifecycle[place + 1]?.time_ms ?? endMs;
    return [[displayTime(fromMs), displaySpan((untilMs - fromMs) / 1_000), reason ?? '']];
  });
  if (found.length === 0) return html`<p class="empty">Trading was never halted.</p>`;
  const columns = [{ head: 'Halted, UTC' }, { head: 'for', isNumber: true }, { head: 'because' }];
  return html`${omitted(found.length, HALTS_SHOWN_MAX, 'halts')}${table(columns, found.slice(-HALTS_SHOWN_MAX))}`;
}

function alertList(alerts: readonly AlertFacts[]): HtmlText {
  if (alerts.length === 0) return html`<p class="empty">No alert was raised.</p>`;
  const rows = alerts
    .slice(-ALERTS_SHOWN_MAX)
    .map(({ time_ms: timeMs, level, reason, text }) => [displayTime(timeMs), level, reason, text]);
  const columns = [
    { head: 'Alert, UTC' },
    { head: 'Level' },
    { head: 'Reason' },
    { head: 'Text', isProse: true },
  ];
  return html`${omitted(alerts.length, ALERTS_SHOWN_MAX, 'alerts; all are in logs/alert.txt')}${table(columns, rows)}`;
}
