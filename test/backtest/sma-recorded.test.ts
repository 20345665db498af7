/** The program's backtest of the SMA cross over a recorded year against a loop of its own, to the last unit of money. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { type OracleTrade, smaOracle } from './sma-oracle.ts';

const DATA = process.env['LA_DATA_DIR'];
const workspace = mkdtempSync(path.join(tmpdir(), 'la-backtest-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** No random slippage, so that the loop need not draw it; limits that do not end the year early. */
const CONFIG = `
parametric: { half_spread_bps: 0.5, max_slippage_bps: 0 }
risk: { max_day_loss_percent: 100, max_account_loss_percent: 100 }
`;

interface Report {
  readonly exit_code: number;
  readonly folder: string;
  readonly fills: number;
  readonly fees_paid: string;
  readonly funding_paid: string;
  readonly ending_equity: string;
  readonly ledger_difference: string;
}

test.skipIf(DATA === undefined)(
  'a year of five-minute candles gives the trades, fees and funding of an independent loop',
  { timeout: 120_000 },
  async () => {
    const folder = DATA ?? '';
    const files = {
      bars: path.join(folder, 'klines/binance-um-btcusdt-5m-20241231.csv.gz'),
      funding: path.join(folder, 'funding/binance-um-btcusdt-funding-20190910.csv.gz'),
      mark: path.join(folder, 'mark/binance-um-btcusdt-mark-1h-20191223.csv.gz'),
    };
    writeFileSync(path.join(workspace, 'laptop-agents.yaml'), CONFIG);
    const out: string[] = [];
    const err: string[] = [];
    const code = await runProgram(
      [
        ...['--json', '-w', workspace, 'backtest', '--data', files.bars, '--funding', files.funding],
        ...['--mark', files.mark, '--strategy', 'sma_cross'],
        ...['--params', '{"fast": 24, "slow": 96, "equity_percent": 50}'],
      ],
      {
        stdout: { write: (text) => out.push(text) },
        stderr: { write: (text) => err.push(text) },
        isTty: false,
        environment: {},
      },
    );
    expect(err.join('')).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(out.join('')) as Report;
    const oracle = smaOracle(files, {
      ...{ fast: 24, slow: 96, equityPercent: 50, balance: 10_000, halfSpreadBps: 0.5 },
      ...{ simulatedLiquidity: 1_000_000, volumeShare: 0.1 },
    });
    expect(oracle.trades.length).toBeGreaterThan(300);
    const rows = readTrades(path.join(report.folder, 'trades.csv'));
    // The last trade is closed by the session's end, some milliseconds behind the last candle.
    expect(rows.map(withoutEnd)).toEqual(oracle.trades.map(withoutEnd));
    expect(rows.slice(0, -1).map(({ exitMs }) => exitMs)).toEqual(
      oracle.trades.slice(0, -1).map(({ exitMs }) => exitMs),
    );
    expect(report.fills).toBe(oracle.fills);
    expect(units(report.fees_paid)).toBe(oracle.fees);
    expect(units(report.funding_paid)).toBe(-oracle.funding);
    expect(units(report.ending_equity)).toBe(oracle.wallet);
    expect(report.ledger_difference).toBe('0');
  },
);

function withoutEnd({ exitMs: _exitMs, ...trade }: OracleTrade): Omit<OracleTrade, 'exitMs'> {
  return trade;
}

function readTrades(file: string): OracleTrade[] {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    return {
      side: cell('side') === 'long' ? 'long' : 'short',
      entryMs: Date.parse(cell('entry_time')),
      exitMs: Date.parse(cell('exit_time')),
      gross: units(cell('gross_pnl')),
      fees: units(cell('fees')),
      funding: units(cell('funding')),
    };
  });
}

/** Decimal text as an integer of 10^-8. */
function units(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(8, '0'));
  return text.startsWith('-') ? -value : value;
}
