import { describe, expect, test } from 'vitest';
import { parseAlertLines } from './alert-lines.ts';
import { formatSummary } from './console-summary.ts';
import { displayMoney, displaySpan } from './display-text.ts';
import { formatEquityCsv } from './equity-csv.ts';
import { buildFinalReport } from './final-report.ts';
import { html } from './html-text.ts';
import { type HtmlReportInputs, renderReportHtml } from './report-html.ts';
import { buildReportDocument, formatReportJson } from './report-json.ts';
import { SAMPLE_INPUTS, T0, equityPoint, gap, trade } from '../../test/builders/sample-facts.ts';
import { formatTradesCsv } from './trades-csv.ts';
import { describeVerdict } from './verdict.ts';

const report = buildFinalReport(SAMPLE_INPUTS);

const inputs: HtmlReportInputs = {
  report,
  trades: SAMPLE_INPUTS.trades,
  equity: SAMPLE_INPUTS.equity,
  quality: [],
  alerts: [],
  programVersion: '0.1.0',
  nodeVersion: 'v26.10.0',
  logChain: 'abcdef',
  strategyParams: { fast: 5 },
};

describe('trades.csv', () => {
  test('has the header of the contract and one row a round trip', () => {
    expect(formatTradesCsv([trade(1, '-0.4'), { ...trade(2, '1'), exit_price: null, r_multiple: 1.5 }])).toBe(
      'trade_id,symbol,side,quantity,entry_time,entry_price,exit_time,exit_price,exit_reason,gross_pnl,fees,funding,net_pnl,r_multiple,bars_held,strategy\n' +
        '1,BTCUSDT,long,0.01,2024-11-22T15:41:00.000Z,68590.1,2024-11-22T15:41:30.500Z,68600.33333333,signal,-0.4,0.1,-0.1,-0.4,,1,sma_cross\n' +
        '2,BTCUSDT,long,0.01,2024-11-22T15:42:00.000Z,68590.1,2024-11-22T15:42:30.500Z,,signal,1,0.1,-0.1,1,1.5,1,sma_cross\n',
    );
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['+x', "'+x"],
    ['-x', "'-x"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ['two, words', '"two, words"'],
    ['a\nb', '"a\nb"'],
  ])('turns the text %j into a harmless cell', (text, cell) => {
    const row = formatTradesCsv([{ ...trade(1, '1'), strategy: text }])
      .split('\n')
      .slice(1)
      .join('\n');
    expect(row.endsWith(`,1,${cell}\n`)).toBe(true);
  });
});

test('equity.csv has its header and one row a sample', () => {
  expect(formatEquityCsv([{ ...equityPoint(1, '9999.5'), unrealized_pnl: '-0.5', position: '-0.01' }])).toBe(
    'time_ms,time,equity,wallet,unrealized_pnl,position\n' +
      '1732290001000,2024-11-22T15:40:01.000Z,9999.5,9999.5,-0.5,-0.01\n',
  );
});

test('the JSON report is one object with every list of the contract', () => {
  const rows = {
    orders: [{ a: 1 }],
    fills: [],
    ledger: [{ b: 'x"y' }, {}],
    equity: [],
    denials: [],
    quality: [],
    alerts: [],
  };
  const document = buildReportDocument(report, rows);
  expect(JSON.parse(formatReportJson(document))).toEqual({ report, ...rows });
  expect(Object.keys(document)).toEqual([
    ...['report', 'orders', 'fills', 'ledger', 'equity', 'denials', 'quality', 'alerts'],
  ]);
});

test('alert lines are read back, others passed over', () => {
  const text =
    '[2024-11-22T15:40:00.000Z] critical crashed: Test Crash\nrubbish\n[2024-11-22T15:41:00.000Z] warning degraded: a: b\n' +
    '[2024-11-22T15:42:00.000Z] fatal x: y\n[2024-11-23T00:00:00.000Z] info later: z\n';
  expect(parseAlertLines(text, T0, T0 + 600_000)).toEqual([
    { time_ms: T0, level: 'critical', reason: 'crashed', text: 'Test Crash' },
    { time_ms: T0 + 60_000, level: 'warning', reason: 'degraded', text: 'a: b' },
  ]);
});

describe('report.html', () => {
  test('shows verdict, numbers, trades, curve with markers, quality, alerts and how to reproduce', () => {
    const page = renderReportHtml({
      ...inputs,
      quality: [gap(65_000, false)],
      alerts: [{ time_ms: T0, level: 'warning', reason: 'degraded', text: 'gap' }],
    });
    for (const text of [
      ...['made 0.30 USDT (0.00 %) after 0.30 USDT of fees', '10,000.30 USDT', '68600.33333333', '1 min 5 s'],
      ...['la report s-1', '0011223344556677', 'abcdef', '{&quot;fast&quot;:5}', 'laptop-agents 0.1.0'],
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/class="entry"/g)).toHaveLength(3);
    expect(page.match(/class="exit (gain|loss)"/g)).toHaveLength(3);
    expect(page).toContain('<polyline');
  });

  test('loads nothing and runs nothing', () => {
    const page = renderReportHtml(inputs);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|https?:|url\(|@import|\son\w+=/i);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('prefers-color-scheme: dark');
  });

  test('escapes everything that comes from outside', () => {
    const evil = `"><script>alert('x')</script>&`;
    const page = renderReportHtml({
      ...inputs,
      report: { ...report, session_id: evil, symbol: evil, strategy: evil, source: evil, state_hash: evil },
      trades: [{ ...trade(1, '1'), symbol: evil, exit_reason: evil, exit_price: evil, entry_price: evil }],
      quality: [{ ...gap(1, false), feed: evil, kind: evil, detail: evil, symbol: evil }],
      alerts: [{ time_ms: T0, level: 'info', reason: evil, text: evil }],
      logChain: evil,
      strategyParams: { [evil]: evil },
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain("alert('x')");
    expect(html`<a title="${evil}">${html`<b>${evil}</b>`}</a>`.markup).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"><b>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</b></a>',
    );
  });

  test('stays small for long sessions and says what it leaves out', () => {
    const equity = Array.from({ length: 100_000 }, (_, index) =>
      equityPoint(index, String(10_000 + (index === 54_321 ? 777 : Math.sin(index / 500) * 10))),
    );
    const trades = Array.from({ length: 2_000 }, (_, index) => trade(index, '1'));
    const page = renderReportHtml({ ...inputs, equity, trades });
    expect(page.length).toBeLessThan(600_000);
    expect(page).toContain('The last 500 of 2,000 trades');
    const curve = /points="([^"]+)" \/>/.exec(page.slice(page.indexOf('<polyline')))?.[1] ?? '';
    const heights = curve.split(' ').map((point) => Number(point.split(',')[1]));
    expect(Math.min(...heights)).toBeLessThan(40);
  });

  test('of a session without samples and trades is still a page', () => {
    const page = renderReportHtml({ ...inputs, equity: [], trades: [] });
    expect(page).toContain('Too few samples');
    expect(page).toContain('No round trip was closed');
  });
});

describe('words', () => {
  test('the verdict is as good or as bad as the session was', () => {
    expect(describeVerdict(report)).toMatch(
      /^The session ran 10 min and ended as asked \(duration_reached\)\. It made/,
    );
    expect(describeVerdict({ ...report, status: 'degraded', gaps: 2, gap_seconds: 65 })).toContain(
      'bad data: 2 gaps, 1 min 5 s in all',
    );
    expect(describeVerdict({ ...report, status: 'killed', fills: 0 })).toBe(
      'The kill switch ended the session after 10 min. Nothing was traded.',
    );
    const lost = {
      ...report,
      status: 'error' as const,
      stopped_reason: 'max_loss' as const,
      exit_code: 6,
      pnl_absolute: '-2000.555',
    };
    expect(describeVerdict(lost)).toMatch(/did not end well: max_loss \(exit 6\).*lost 2,000\.56 USDT/);
    expect(describeVerdict({ ...lost, ledger_difference: '0.01' })).toContain('Do not trust');
  });

  test.each([
    ['0', '0.00'],
    ['-0.004', '0.00'],
    ['-0.005', '-0.01'],
    ['1234567.895', '1,234,567.90'],
    ['-999.999', '-1,000.00'],
  ])('displays %s as %s', (amount, text) => {
    expect(displayMoney(amount)).toBe(text);
  });

  test.each([
    [0.25, '0.3 s'],
    [42, '42 s'],
    [600, '10 min'],
    [3_905, '1 h 5 min'],
    [90_000, '1 d 1 h'],
    [86_460, '1 d'],
  ])('says %d seconds as %s', (seconds, text) => {
    expect(displaySpan(seconds)).toBe(text);
  });

  test('page and summary name every contract and what is open at the end', () => {
    const held = { symbol: 'ETHUSDT', side: 'short', quantity: '-2', average_price: '3000' } as const;
    const both = buildFinalReport({
      ...SAMPLE_INPUTS,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      positions: [{ ...held, mark_price: '2990', unrealized_pnl: '20' }],
    });
    const page = renderReportHtml({ ...inputs, report: both });
    for (const text of ['BTCUSDT, ETHUSDT ·', 'By symbol', 'Open at the end', '<td>-2</td>'])
      expect(page).toContain(text);
    const summary = formatSummary(both, { color: false, reportPath: null });
    expect(summary).toContain('BTCUSDT, ETHUSDT from simulated');
    expect(summary).toMatch(/^ {2}BTCUSDT {3}\+0\.30 USDT net of what was closed, trades 3, fills 2$/m);
    expect(summary).toContain('ETHUSDT -2 at 3000, unrealized pnl 20.00 USDT');
  });

  test('the terminal summary is aligned and plain unless colour is asked for', () => {
    const plain = formatSummary(report, { color: false, reportPath: '/tmp/report.html' });
    expect(plain).not.toContain('\u001B');
    expect(plain).toContain('  Equity    10,000.00 -> 10,000.30 USDT\n');
    expect(plain).toContain('  Report    /tmp/report.html\n');
    const lines = plain.trimEnd().split('\n').slice(2);
    expect(new Set(lines.map((line) => line.search(/\S+ {2,}\S/)))).toEqual(new Set([2]));
    expect(formatSummary(report, { color: true, reportPath: null })).toContain('\u001B[32msuccess\u001B[0m');
  });
});
