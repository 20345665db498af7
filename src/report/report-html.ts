/**
 * `report.html`: one file that tells a session to a person, from the verdict down to the receipt of a fill.
 *
 * Invariant: its figures are those of final_report.json.
 */

import { type HtmlText, html } from './html-text.ts';
import { chartSeries } from './page/chart-series.ts';
import { costSection } from './page/cost-section.ts';
import { section } from './page/figures.ts';
import { renderPage } from './page/html-page.ts';
import { lessonSection } from './page/lesson-section.ts';
import { masthead } from './page/masthead.ts';
import type { PageFacts } from './page/page-facts.ts';
import { qualitySection } from './page/quality-section.ts';
import { reproductionSection } from './page/reproduction-section.ts';
import { riskSection } from './page/risk-section.ts';
import { drawSessionCharts } from './page/session-charts.ts';
import { statisticsSection } from './page/statistics-section.ts';
import { symbolSection } from './page/symbol-section.ts';
import { tradeSection } from './page/trade-section.ts';

export function renderReportHtml(facts: PageFacts): string {
  const { report, rows, alerts, identity } = facts;
  const content = html`${masthead(report)} ${chartSection(facts)} ${costSection(report, rows)}
  ${symbolSection(report)} ${tradeSection(rows)} ${statisticsSection(report, rows)} ${lessonSection(rows)}
  ${riskSection(report, rows, alerts)} ${qualitySection(report, rows.quality)}
  ${reproductionSection(report, identity)}`;
  return renderPage(`${report.session_id}: ${report.status}`, content);
}

function chartSection(facts: PageFacts): HtmlText {
  const series = chartSeries(facts);
  if (series === null)
    return section('charts', 'Equity', [html`<p class="empty">Too few samples for a curve.</p>`]);
  const keys = [
    ...(series.band.length > 1
      ? ['Shaded around the curve: from the worst to the best of the three exchanges']
      : []),
    ...(series.doubtful.length > 0 ? ['Yellow: doubtful market data'] : []),
    'Triangles: entries; dots: exits',
  ];
  return html`<figure class="charts">
    ${drawSessionCharts(series, facts.rows.trades)}
    <figcaption>${keys.join('. ')}. Held at the price of each symbol’s latest fill.</figcaption>
  </figure>`;
}
