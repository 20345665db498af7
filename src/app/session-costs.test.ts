import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../test/builders/proof-size.ts';
import { recordSession } from '../../test/builders/recorded-session.ts';
import { TestMarket, sessionStart } from '../../test/builders/session.ts';
import { formatMoney, parseMoney } from '../core/domain/instrument.ts';
import type { FillRecord } from '../core/domain/order.ts';
import { lots, money } from '../core/domain/units.ts';
import { limitOrder, marketOrder } from '../core/strategy/strategy.ts';
import { sumCost } from '../report/performance-statistics.ts';
import type { FinalReport } from '../report/final-report.ts';
import { flatten } from '../report/page/reproduction-section.ts';
import { JournalReader } from '../storage/journal-reader.ts';

const COSTS = ['spread', 'latency', 'impact', 'slippage'] as const;
/** Of {@link sessionStart}: a tick of 0.1 USDT times a lot of 0.0001 BTC, in 10^-8 USDT. */
const UNIT = 1_000n;

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'costs-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Asserts that a fill's costs add up to its distance from the mid at its decision, worked out from the receipt alone. */
function expectWhole(fill: FillRecord): void {
  const { bestBid, bestAsk } = fill.receipt.decision;
  if (bestBid === null || bestAsk === null) return;
  const sign = fill.side === 'buy' ? 1n : -1n;
  const distance = sign * BigInt(2 * fill.price - bestBid - bestAsk) * BigInt(fill.quantity) * (UNIT / 2n);
  const parts = [fill.spreadCost, fill.latencyCost, fill.impactCost, fill.slippageCost];
  expect(parts.reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n)).toBe(distance);
  expect(fill.receipt.totalCost).toBe(distance);
}

describe('the costs of the fills', () => {
  test('add up to the distance of each fill, and to the report’s totals, in generated sessions', () => {
    const step = fc.record({
      gapMs: fc.integer({ min: 20, max: 600 }),
      isBook: fc.boolean(),
      price: fc.integer({ min: 9_980, max: 10_020 }),
      quantity: fc.integer({ min: 1, max: 30 }),
      isBuy: fc.boolean(),
    });
    let fills = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const run = new TestMarket(sessionStart(), {
          onBook: (_, view) => {
            const bid = view.bestBid(0);
            return bid === null || view.workingOrders() > 2
              ? []
              : [
                  limitOrder(0, 'buy', lots(3), bid),
                  marketOrder(0, view.position(0) > 0 ? 'sell' : 'buy', lots(7)),
                ];
          },
        }).mark(0, 1000_0);
        let atMs = 0;
        for (const { gapMs, isBook, price, quantity, isBuy } of steps) {
          atMs += gapMs;
          const asks = [
            [price + 1, quantity],
            [price + 4, 40],
          ] as const;
          if (isBook) run.book(atMs, [[price - 1, quantity]], asks);
          else run.trade(atMs, isBuy ? 'buy' : 'sell', price, quantity);
        }
        const records = run.of('fill').map(({ fill }) => fill);
        records.forEach(expectWhole);
        const rows = records.map((fill) => ({
          ...{ symbol: 'BTCUSDT', side: fill.side, quantity: '1', time_ms: fill.timeMs },
          spread_cost: formatMoney(fill.spreadCost ?? money(0n)),
          latency_cost: formatMoney(fill.latencyCost ?? money(0n)),
          impact_cost: formatMoney(fill.impactCost ?? money(0n)),
          slippage_cost: formatMoney(fill.slippageCost ?? money(0n)),
        }));
        const totals = COSTS.map((name) => parseMoney(sumCost(rows, (row) => row[`${name}_cost`]) ?? ''));
        const distances = records.reduce<bigint>((sum, { receipt }) => sum + (receipt.totalCost ?? 0n), 0n);
        expect(totals.reduce<bigint>((sum, total) => sum + total, 0n)).toBe(distances);
        fills += records.length;
      }),
      { seed: PROOF_SEED, numRuns: 40 },
    );
    expect(fills).toBeGreaterThan(100);
  });

  test('are the report’s totals, receipt by receipt, in a session on the synthetic venue', async () => {
    const folder = await recordSession(root);
    const report = JSON.parse(readFileSync(folder.finalReportFile, 'utf8')) as FinalReport;
    const journal = JournalReader.open(folder.journalFile);
    const fills = journal.fills();
    const receipts = fills.map(({ fill_id: id }) => journal.receipt(id));
    journal.close();
    expect(fills.length).toBeGreaterThan(5);
    expect(new Set(fills.map(({ liquidity }) => liquidity)).size).toBe(2);
    for (const name of COSTS) {
      const sum = receipts.reduce<bigint>(
        (total, receipt) => total + parseMoney(receipt?.costs[name] ?? ''),
        0n,
      );
      expect(formatMoney(money(sum))).toBe(report[`${name}_cost`]);
    }
    for (const receipt of receipts) {
      const parts = COSTS.map((name) => parseMoney(receipt?.costs[name] ?? ''));
      expect(parts.reduce<bigint>((sum, part) => sum + part, 0n)).toBe(
        parseMoney(receipt?.costs.total ?? ''),
      );
    }
    const fees = receipts.reduce<bigint>((sum, receipt) => sum + parseMoney(receipt?.fee.amount ?? ''), 0n);
    expect(formatMoney(money(fees))).toBe(report.fees_paid);
    expect(report.band).toMatchObject({ realistic: report.pnl_absolute });
    expect([report.band.optimistic, report.band.pessimistic]).not.toContain(null);

    // The page beside it says the same.
    const page = readFileSync(folder.htmlFile, 'utf8');
    const said = [...page.matchAll(/<data\b[^>]*data-field="([^"]*)"\s+value="([^"]*)"/g)];
    const figures = new Map(flatten(report).map(([name, value]) => [name, String(value ?? '')]));
    for (const [, name = '', value] of said) expect([name, value]).toEqual([name, figures.get(name)]);
    expect(new Set(said.map(([, name]) => name))).toEqual(new Set(figures.keys()));
    expect(page.split('<dt>Evidence</dt>').length).toBeGreaterThan(5);
  });
});
