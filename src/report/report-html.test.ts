import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SAMPLE_INPUTS, equityPoint, gap, trade } from '../../test/builders/sample-facts.ts';
import { SAMPLE_PAGE } from '../../test/builders/sample-page.ts';
import { buildFinalReport } from './final-report.ts';
import { html } from './html-text.ts';
import type { PageFacts } from './page/page-facts.ts';
import { flatten } from './page/reproduction-section.ts';
import { renderReportHtml } from './report-html.ts';

function pageWith(rows: Partial<PageFacts['rows']>): string {
  return renderReportHtml({ ...SAMPLE_PAGE, rows: { ...SAMPLE_PAGE.rows, ...rows } });
}

/** Figures by their names in final_report.json; one may stand in several places. */
function figuresOf(page: string): Map<string, Set<string>> {
  const figures = new Map<string, Set<string>>();
  for (const [tag] of page.matchAll(/<data\b[^>]*>/g)) {
    const name = /data-field="([^"]*)"/.exec(tag)?.[1] ?? '';
    figures.set(name, (figures.get(name) ?? new Set()).add(/value="([^"]*)"/.exec(tag)?.[1] ?? ''));
  }
  return figures;
}

function textOf(markup: string): string {
  return markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

const page = renderReportHtml(SAMPLE_PAGE);
const text = textOf(page);

describe('report.html', () => {
  test('has every figure of final_report.json, each with its exact value wherever it stands', () => {
    const report = { ...SAMPLE_PAGE.report, resumed: 2, downtime_seconds: 12.5, doubtful_seconds: 4 };
    const figures = figuresOf(renderReportHtml({ ...SAMPLE_PAGE, report }));
    const expected = new Map(flatten(report).map(([name, value]) => [name, new Set([String(value ?? '')])]));
    expect(figures).toEqual(expected);
    // Not only in the appendix: what a person looks for stands in the text too.
    const appendix = page.slice(page.indexOf('Every field of final_report.json'));
    const told = figuresOf(page.slice(0, -appendix.length));
    for (const name of Object.keys(SAMPLE_PAGE.report))
      if (!['symbols', 'by_symbol', 'positions', 'band'].includes(name))
        expect([...told.keys()]).toContain(name);
  });

  test('says the verdict with its band first', () => {
    expect(/<h1>(.*?)<\/h1>/s.exec(page)?.[1]).toBe(
      'It made 0.30 USDT (0.00 %) after 0.30 USDT of fees, in 3 closed trades; not profitable under all three exchanges, ' +
        'from -2.00 (pessimistic) to +0.90 USDT (optimistic).',
    );
    expect(text).toContain('pessimistic -2.00');
  });

  test('shows curves with marks, receipts, refusals, halts, statistics and how to reproduce', () => {
    expect(page.match(/class="entry"/g)).toHaveLength(6);
    expect(page.match(/class="exit (gain|loss)"/g)).toHaveLength(6);
    for (const shape of ['class="curve"', 'class="band"', 'class="down"', 'class="long"'])
      expect(page).toContain(shape);
    for (const part of [
      ...['it took 0.01 at 68590.1, the best ask', 'no receipt was kept', '68600.33333333'],
      ...['our gate leverage 2', 'BTCUSDT, leverage 8, limit 5', 'the exchange insufficient_balance 1'],
      ...['market_data_stale', '42.5 s', '3 trades do not tell whether this strategy makes money'],
      ...['la verify s-1', '0011223344556677', 'abcdef', '{&quot;fast&quot;:5}', 'laptop-agents 0.1.0'],
    ])
      expect(text).toContain(part);
  });

  test('tells the contracts apart and what is open at the end', () => {
    const held = { symbol: 'ETHUSDT', side: 'short', quantity: '-2', average_price: '3000' } as const;
    const both = buildFinalReport({
      ...SAMPLE_INPUTS,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      positions: [{ ...held, mark_price: '2990', unrealized_pnl: '20' }],
    });
    const told = textOf(renderReportHtml({ ...SAMPLE_PAGE, report: both }));
    for (const part of [
      'BTCUSDT, ETHUSDT ·',
      'BTCUSDT 3 2 0.30 -0.20 +0.30',
      'ETHUSDT short -2 3000 2990 +20.00',
    ])
      expect(told).toContain(part);
  });

  test('adds the costs up to the last digit, and the ledger to the profit', () => {
    expect(text).toMatch(/Spread half the spread[^0-9]*0\.20 /);
    expect(text).toMatch(/Latency [^0-9]* -0\.10 /);
    // 0.2 - 0.1 + 0 + 0 + 0.3 - 0.2, on 685.901 + 686.003 USDT.
    expect(text).toMatch(/Together on 1,371\.90 USDT of turnover 0\.20 1\.46/);
    expect(text).toMatch(/Profit realized by closing[^0-9]*1 0\.40/);
    // Of the ledger 0.4 - 0.3 + 0.2 = 0.3, which is the profit: nothing is left for open positions.
    expect(text).toMatch(/Funding 1 0\.20 Profit 0\.30/);
    expect(text).not.toContain('Change of what open positions');
    const fine = pageWith({
      ledger: [...SAMPLE_PAGE.rows.ledger, { kind: 'fee', symbol: null, amount: '-0.00000001' }],
    });
    expect(textOf(fine)).toMatch(/Change of what open positions are worth 0\.00 000001 Profit 0\.30 000000/);
  });

  test('shades bad stretches in every chart and tells the agents’ lessons', () => {
    const lesson = {
      ...{ time_ms: 1, symbol: 'BTCUSDT', verdict: 'loser', reason: 'One ordinary loss.' },
      numbers: { r_multiple: -1.02, tags: 'loser stopped' },
    };
    const shaded = pageWith({
      quality: [gap(65_000, false), gap(30_000, true)],
      lessons: [lesson, { ...lesson, numbers: { r_multiple: 2, tags: 'winner' } }],
      verdictCounts: [
        { agent: 'supervisor', verdict: 'wait', times: 3 },
        { agent: 'supervisor', verdict: 'enter', times: 12 },
      ],
    });
    expect(shaded.match(/class="doubt"/g)).toHaveLength(2);
    const told = textOf(shaded);
    for (const part of [
      '1 min 5 s',
      'stopped 1 -1.02 -1.02',
      'One ordinary loss.',
      'supervisor enter 12, wait 3',
    ])
      expect(told).toContain(part);
  });

  test('tells a fill that only the optimist had apart from trouble of the data', () => {
    const touch = { ...gap(0, false), feed: 'band', kind: 'late' as const, detail: 'without a print' };
    const told = pageWith({ quality: [touch, touch] });
    expect(told).toContain('Nothing to report: no gap');
    expect(told).toContain('2 fills were given by the optimistic exchange alone');
    expect(told).not.toContain('without a print</td>');
  });

  test('loads nothing, runs nothing, and lets in its own style sheet alone', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|https?:|url\(|@import|\son\w+=|\sstyle=/i);
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.replaceAll('&#39;', "'")).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).not.toContain('unsafe');
  });

  test('escapes everything that comes from outside', () => {
    const evil = `"><script>alert('x')</script>&`;
    const amount = /^[-+]?\d+(\.\d+)?$|^\d{4}-\d\d-\d\dT/;
    const poison = (value: unknown): unknown => {
      if (typeof value === 'string') return amount.test(value) ? value : evil;
      if (Array.isArray(value)) return value.map(poison);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]: [string, unknown]) => [name, poison(inner)]),
      );
    };
    const { receiptOf, ...rows } = SAMPLE_PAGE.rows;
    const { report, identity } = SAMPLE_PAGE;
    const facts = poison({
      report,
      identity: { ...identity, strategyParams: { [evil]: evil } },
      alerts: [{ time_ms: 1, level: evil, reason: evil, text: evil }],
      rows: {
        ...rows,
        quality: [gap(1_000, false)],
        lessons: [
          { time_ms: 1, symbol: evil, verdict: evil, reason: evil, numbers: { r_multiple: 1, tags: evil } },
        ],
        verdictCounts: [{ agent: evil, verdict: evil, times: 1 }],
      },
    }) as PageFacts;
    const receipt = (fillId: string): ReturnType<typeof receiptOf> =>
      poison(receiptOf(fillId === evil ? 's1-f1' : fillId)) as ReturnType<typeof receiptOf>;
    const poisoned = renderReportHtml({ ...facts, rows: { ...facts.rows, receiptOf: receipt } });
    expect(poisoned.split('&lt;script&gt;').length).toBeGreaterThan(60);
    expect(poisoned).not.toContain('<script');
    expect(poisoned).not.toContain("alert('x')");
    expect(html`<a title="${evil}">${html`<b>${evil}</b>`}</a>`.markup).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"><b>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</b></a>',
    );
  });

  test('stays small for long sessions and says what it leaves out', () => {
    const equity = Array.from({ length: 100_000 }, (_, index) =>
      equityPoint(index / 200, String(10_000 + (index === 54_321 ? 777 : Math.sin(index / 500) * 10))),
    );
    const trades = Array.from({ length: 2_000 }, (_, index) => trade(index, '1'));
    const long = pageWith({ equity, trades });
    expect(long.length).toBeLessThan(900_000);
    expect(long).toContain('The last 500 of 2,000 trades');
    // No extreme is lost by drawing fewer points.
    const curve = /class="curve" d="([^"]+)"/.exec(long)?.[1] ?? '';
    const heights = curve
      .split(/[ML]/)
      .slice(1)
      .map((point) => Number(point.split(' ')[1]));
    expect(Math.min(...heights)).toBeLessThan(60);
    expect(heights.filter((height) => height < 150)).toHaveLength(1);
  });

  test('of a session without samples and trades is still a page', () => {
    const empty = pageWith({
      equity: [],
      trades: [],
      fills: [],
      ledger: [],
      band: [],
      denials: [],
      orders: [],
      lifecycle: [],
    });
    for (const part of [
      'Too few samples',
      'No round trip was closed',
      'No order was refused',
      'never halted',
    ])
      expect(empty).toContain(part);
  });
});
