import { describe, expect, test } from 'vitest';
import { parseAlertLines } from './alert-lines.ts';
import { formatSummary } from './console-summary.ts';
import { displayMoney, displaySpan } from './display-text.ts';
import { formatEquityCsv } from './equity-csv.ts';
import { buildFinalReport } from './final-report.ts';
import { buildReportDocument, formatReportJson } from './report-json.ts';
import { SAMPLE_INPUTS, T0, equityPoint, trade } from '../../test/builders/sample-facts.ts';
import { formatTradesCsv } from './trades-csv.ts';
import { describeVerdict } from './verdict.ts';

const report = buildFinalReport(SAMPLE_INPUTS);

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

  test('the summary names every contract and what is open at the end', () => {
    const held = { symbol: 'ETHUSDT', side: 'short', quantity: '-2', average_price: '3000' } as const;
    const both = buildFinalReport({
      ...SAMPLE_INPUTS,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      positions: [{ ...held, mark_price: '2990', unrealized_pnl: '20' }],
    });
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
