/**
 * `report.html`: one file that tells a session to a person, from the verdict down to the receipt of a fill.
 *
 * Invariants: it loads nothing and runs nothing, and its own content security policy forbids both (the style sheet is let in
 * by its hash); whatever a symbol, a strategy or an alert is called is text; its figures are those of final_report.json.
 */

import { createHash } from 'node:crypto';
import { HtmlText, html } from './html-text.ts';
import { chartSeries } from './page/chart-series.ts';
import { costSection } from './page/cost-section.ts';
import { section } from './page/figures.ts';
import { lessonSection } from './page/lesson-section.ts';
import { masthead } from './page/masthead.ts';
import type { PageFacts } from './page/page-facts.ts';
import { PAGE_STYLE } from './page/page-style.ts';
import { qualitySection } from './page/quality-section.ts';
import { reproductionSection } from './page/reproduction-section.ts';
import { riskSection } from './page/risk-section.ts';
import { drawSessionCharts } from './page/session-charts.ts';
import { statisticsSection } from './page/statistics-section.ts';
import { symbolSection } from './page/symbol-section.ts';
import { tradeSection } from './page/trade-section.ts';

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;
/** Made by itself: a formatter's blank would change the hash. */
const STYLE = new HtmlText(`<style>${PAGE_STYLE}</style>`);

export function renderReportHtml(facts: PageFacts): string {
  const { report, rows, alerts, identity } = facts;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${report.session_id}: ${report.status}</title>
        ${STYLE}
      </head>
      <body>
        <main>
          ${masthead(report)} ${chartSection(facts)} ${costSection(report, rows)} ${symbolSection(report)}
          ${tradeSection(rows)} ${statisticsSection(report, rows)} ${lessonSection(rows)}
          ${riskSection(report, rows, alerts)} ${qualitySection(report, rows.quality)}
          ${reproductionSection(report, identity)}
        </main>
      </body>
    </html> `;
  return page.markup;
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
