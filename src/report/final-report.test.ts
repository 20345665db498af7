import { describe, expect, test } from 'vitest';
import { type FinalReportInputs, buildFinalReport, ledgerDifference } from './final-report.ts';
import { SHARPE_SAMPLES_MIN, exposurePercent, maxDrawdown, sharpeRatio } from './performance-statistics.ts';
import { SAMPLE_INPUTS, T0, equityPoint, fill, gap, trade } from '../../test/builders/sample-facts.ts';

function report(changes: Partial<FinalReportInputs> = {}): ReturnType<typeof buildFinalReport> {
  return buildFinalReport({ ...SAMPLE_INPUTS, ...changes });
}

describe('final report', () => {
  test('has exactly the fields of the contract, in its order', () => {
    expect(Object.keys(report())).toEqual(
      (
        'session_id status stopped_reason exit_code symbol symbols strategy source seed started_at ended_at duration_seconds ' +
        'starting_equity ending_equity pnl_absolute pnl_percent trades fills wins losses win_rate fees_paid funding_paid liquidation_fees ' +
        'spread_cost impact_cost latency_cost slippage_cost max_drawdown max_drawdown_percent sharpe profit_factor exposure_percent ' +
        'by_symbol positions liquidations orders_denied orders_rejected reconnects gaps gap_seconds gaps_backfilled doubtful_seconds doubtful_pnl error_count events ' +
        'state_hash band ledger_difference'
      ).split(' '),
    );
  });

  test('adds amounts exactly and turns payments positive', () => {
    expect(report()).toMatchObject({
      ...{ status: 'success', stopped_reason: 'duration_reached', exit_code: 0, duration_seconds: 600 },
      ...{ started_at: '2024-11-22T15:40:00.000Z', ended_at: '2024-11-22T15:50:00.000Z' },
      ...{ starting_equity: '10000', ending_equity: '10000.3', pnl_absolute: '0.3', pnl_percent: 0.003 },
      ...{ trades: 3, wins: 1, losses: 1, win_rate: 0.333333, profit_factor: 4 },
      ...{
        fees_paid: '0.3',
        funding_paid: '-0.2',
        spread_cost: '0.2',
        latency_cost: '-0.1',
        impact_cost: '0',
      },
      ...{ orders_denied: 1, orders_rejected: 1, gaps: 0, gap_seconds: 0, liquidations: 0 },
      ...{ band: { optimistic: null, realistic: '0.3', pessimistic: null }, ledger_difference: '0' },
    });
  });

  test('tells the contracts of a session apart: what each brought, and what of it is open', () => {
    const positions = [
      { symbol: 'ETHUSDT', side: 'short', quantity: '-2', average_price: '3000' } as const,
    ].map((held) => ({ ...held, mark_price: '2990', unrealized_pnl: '20' }));
    const result = report({
      ...{ symbols: ['BTCUSDT', 'ETHUSDT'], positions },
      fills: [...SAMPLE_INPUTS.fills, { ...fill(95_000, 'sell', '2'), symbol: 'ETHUSDT' }],
      ledger: [...SAMPLE_INPUTS.ledger, { kind: 'fee', symbol: 'ETHUSDT', amount: '-3.6' }],
    });
    expect(result).toMatchObject({ symbol: 'BTCUSDT', symbols: ['BTCUSDT', 'ETHUSDT'], positions });
    expect(result.by_symbol).toEqual([
      {
        ...{ symbol: 'BTCUSDT', trades: 3, fills: 2, fees_paid: '0.3', funding_paid: '-0.2' },
        net_pnl: '0.3',
      },
      {
        ...{ symbol: 'ETHUSDT', trades: 0, fills: 1, fees_paid: '3.6', funding_paid: '0' },
        net_pnl: '-3.6',
      },
    ]);
  });

  test('tells what liquidations cost apart from the fees of fills', () => {
    const forced = { kind: 'liquidation_fee', symbol: 'BTCUSDT', amount: '-29.85' } as const;
    expect(report({ ledger: [...SAMPLE_INPUTS.ledger, forced] })).toMatchObject({
      ...{ fees_paid: '0.3', liquidation_fees: '29.85' },
    });
    expect(report()).toMatchObject({ liquidation_fees: '0' });
  });

  test('gaps of two contracts at one time are two, and their time counts once', () => {
    const quality = [gap(60_000, false), { ...gap(60_000, false), symbol: 'ETHUSDT' }];
    expect(report({ quality })).toMatchObject({ gaps: 2, gap_seconds: 60 });
  });

  test('says null where nothing was measured', () => {
    expect(
      report({
        ...{
          trades: [],
          fills: [],
          ledger: [],
          equity: [],
          quality: [],
          orders: [],
          endingWallet: '0',
        },
        ...{
          startingEquity: '0',
          endingEquity: '0',
          endedMs: T0,
          reconnects: null,
          errorCount: null,
          stateHash: null,
        },
      }),
    ).toMatchObject({
      ...{ pnl_percent: null, win_rate: null, profit_factor: null, sharpe: null, exposure_percent: null },
      ...{
        max_drawdown: '0',
        max_drawdown_percent: null,
        reconnects: null,
        error_count: null,
        state_hash: null,
      },
      ...{ spread_cost: '0', fees_paid: '0' },
    });
    const unmeasured = { ...fill(1, 'buy', '1'), impact_cost: null };
    expect(report({ fills: [unmeasured, fill(2, 'sell', '1')] })).toMatchObject({
      ...{ impact_cost: null, spread_cost: '0.2' },
    });
  });

  test('works the ledger difference out anew', () => {
    const ledger = [
      { kind: 'deposit', symbol: null, amount: '100' } as const,
      { kind: 'fee', symbol: 'BTCUSDT', amount: '-0.00000001' } as const,
    ];
    expect(ledgerDifference('0', '99.99999999', ledger)).toBe('0');
    expect(ledgerDifference('5', '105', ledger)).toBe('0.00000001');
  });

  const withoutStrategy = { time_ms: T0, state: 'running', reason: 'strategy_disabled' } as const;

  test.each([
    ['duration_reached', {}, 'success', 0],
    ['stop_requested', {}, 'success', 0],
    ['signal', {}, 'success', 0],
    ['duration_reached', { lifecycle: [{ time_ms: T0, state: 'halted', reason: null }] }, 'degraded', 0],
    ['duration_reached', { lifecycle: [withoutStrategy] }, 'degraded', 0],
    ['duration_reached', { quality: [gap(60_000, false)] }, 'degraded', 0],
    ['duration_reached', { quality: [gap(60_000, true)] }, 'success', 0],
    ['duration_reached', { endingWallet: '9' }, 'error', 7],
    ['crashed', {}, 'error', 1],
    ['venue_fatal', {}, 'error', 3],
    ['disk_full', {}, 'error', 4],
    ['market_data_lost', { quality: [gap(60_000, false)] }, 'error', 5],
    ['max_loss', {}, 'error', 6],
    ['invariant_violated', {}, 'error', 7],
    ['kill_switch', {}, 'killed', 99],
  ] satisfies [FinalReportInputs['stoppedReason'], Partial<FinalReportInputs>, string, number][])(
    '%s with %j is %s, exit %i',
    (stoppedReason, changes, status, exitCode) => {
      expect(report({ stoppedReason, ...changes })).toMatchObject({ status, exit_code: exitCode });
    },
  );

  test('counts gaps, their seconds and how many were backfilled', () => {
    const stale = { ...gap(5_000, false), kind: 'stale' as const };
    const later = { ...gap(1_500, false), from_ms: T0 + 90_000, to_ms: T0 + 91_500 };
    expect(report({ quality: [gap(60_000, true), later, stale] })).toMatchObject({
      ...{ gaps: 2, gap_seconds: 61.5, gaps_backfilled: 1 },
    });
  });
});

describe('statistics', () => {
  test('drawdown counts from the highest peak before it, amount and share each at their worst', () => {
    expect(maxDrawdown(['100', '50', '1000', '800', '1000'])).toEqual({ amount: '200', percent: 50 });
    expect(maxDrawdown([])).toEqual({ amount: '0', percent: null });
    expect(report({ equity: [equityPoint(1, '10010'), equityPoint(2, '9999')] })).toMatchObject({
      ...{ max_drawdown: '11', max_drawdown_percent: 0.10989 },
    });
  });

  test('Sharpe needs a day, 30 samples and a variance, and does not depend on how often was sampled', () => {
    const curve = (samples: number, stepMs: number): { time_ms: number; equity: string }[] =>
      Array.from({ length: samples }, (_, index) => ({
        time_ms: T0 + index * stepMs,
        equity: String(1_000 + index + (index % 2)),
      }));
    expect(sharpeRatio(curve(SHARPE_SAMPLES_MIN - 1, 3_600_000))).toBeNull();
    expect(
      sharpeRatio(curve(SHARPE_SAMPLES_MIN, 3_600_000).map((point) => ({ ...point, equity: '5' }))),
    ).toBeNull();
    expect(sharpeRatio(curve(3_600, 1_000))).toBeNull();
    const hourly = sharpeRatio(curve(60, 3_600_000)) ?? Number.NaN;
    expect(hourly).toBeGreaterThan(0);
    expect((sharpeRatio(curve(60, 4 * 3_600_000)) ?? Number.NaN) * 2).toBeCloseTo(hourly, 3);

    // Two samples of return +1 % and -0.5 % alternate, one a day: mean 0.25 %, deviation known by hand.
    let equity = 100;
    const daily = [{ time_ms: 0, equity: '100' }];
    for (let day = 1; day <= 40; day++) {
      equity *= day % 2 === 1 ? 1.01 : 0.995;
      daily.push({ time_ms: day * 86_400_000, equity: String(equity) });
    }
    const deviation = Math.sqrt((40 * 0.0075 ** 2) / 39);
    expect(sharpeRatio(daily)).toBeCloseTo((0.0025 / deviation) * Math.sqrt(365), 4);
  });

  test('exposure is the time with any position open, over all instruments and from what was carried in', () => {
    const fills = [fill(60_000, 'buy', '0.1'), fill(120_000, 'sell', '0.1')];
    expect(exposurePercent([], fills, T0, T0 + 600_000)).toBe(10);
    const other = { ...fill(90_000, 'sell', '2'), symbol: 'ETHUSDT' };
    expect(exposurePercent([], [...fills, other], T0, T0 + 600_000)).toBe(90);
    expect(
      exposurePercent([{ symbol: 'BTCUSDT', quantity: '-0.1' }], fills.slice(0, 1), T0, T0 + 600_000),
    ).toBe(10);
    expect(exposurePercent([], [], T0, T0 + 1)).toBe(0);
  });

  test('a trade of exactly zero is neither win nor loss', () => {
    expect(report({ trades: [trade(1, '0')] })).toMatchObject({
      wins: 0,
      losses: 0,
      win_rate: 0,
      profit_factor: null,
    });
  });
});
