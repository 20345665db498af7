import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lots, ticks } from '../core/domain/units.ts';
import { limitOrder, marketOrder } from '../core/strategy/strategy.ts';
import { Journal } from '../storage/journal.ts';
import { createSessionFolder } from '../storage/session-folder.ts';
import { START_MS, TestMarket, sessionStart } from '../../test/builders/session.ts';
import { sampleManifest } from '../../test/builders/sample-manifest.ts';
import { explain } from './explain.ts';
import type { ProgramIo } from './program-io.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'explain-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Holds a small session in the workspace: a market order of two levels, and a bid that two prints reach. */
function holdSession(id: string): void {
  const start = sessionStart({ session_id: id, fee_tier: 0 });
  const run = new TestMarket(start, {
    onStart: () => [marketOrder(0, 'buy', lots(7)), limitOrder(0, 'buy', lots(10), ticks(1000_0))],
  })
    .mark(1_000, 1000_1)
    .book(
      1_000,
      [[1000_0, 20]],
      [
        [1000_2, 5],
        [1000_5, 40],
      ],
    )
    .time(1_500)
    .trade(2_000, 'sell', 1000_0, 8)
    .trade(3_000, 'sell', 1000_0, 15);
  const folder = createSessionFolder(root, sampleManifest(id));
  const journal = Journal.open(folder.journalFile, start);
  journal.deliver(run.outputs);
  journal.close();
}

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function ask(fillId: string, session: string | null = null, json = false): Told {
  const told = { out: '', err: '' };
  const io: ProgramIo = {
    stdout: { write: (text) => (told.out += text) },
    stderr: { write: (text) => (told.err += text) },
    ...{ isTty: false, color: false, json },
  };
  return { code: explain(root, fillId, session, io), ...told };
}

describe('la explain', () => {
  test('tells a taker’s fill: decision, arrival, level, costs, fee', () => {
    holdSession('s1');
    const { code, out, err } = ask('s1-f2');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      'Fill      s1-f2 of order s1-o1, market ioc 0.0007',
      'Result    taker buy of 0.0002 BTCUSDT at 1000.5 (0.2001 USDT)',
      'Decided   at 2026-01-01 00:00:01.000Z; the best ask was 1000.2 (best bid 1000, mid 1000.1)',
      'Arrived   your order reached the exchange 100 ms later, at 2026-01-01 00:00:01.100Z; there the best bid was 1000, the best ask 1000.2',
      'Filled    at 2026-01-01 00:00:01.100Z it took 0.0002 at 1000.5, level 2, which showed 0.004',
      'Learned   your strategy heard of it 50 ms later',
      'Cost      0.00008 USDT worse than the mid 1000.1 you saw: spread 0.00002, latency 0, impact 0.00006, slippage 0',
      'Fee       0.00012006 USDT: 0.0006 of the notional (taker, VIP 0)',
      'Mark      1000.1',
      expect.stringMatching(
        /^Evidence  event 2 of the event log, the book frame; book frame 2, digest [0-9a-f]{16}$/,
      ),
      'Model     book (queue_exponent 3, latency constant, request_latency_ms 100, response_latency_ms 50)',
      '',
    ]);
  });

  test('tells a maker’s fill with its queue', () => {
    holdSession('s1');
    const { out } = ask('s1-f3');
    expect(out).toContain(
      'Queue     0.002 stood ahead of it at 1000; of that 0.002 traded away by 2 prints, 0 counted as cancelled by the model, 0 gone because the book showed less',
    );
    expect(out).toContain(
      'a public trade of 0.0015 at 1000 was at your price, with 0.0012 still ahead of you; you got 0.0003',
    );
    expect(out).toContain('USDT better than the mid 1000.1 you saw: spread -0.00003, latency 0');
  });

  test('gives the receipt as one object with --json', () => {
    holdSession('s1');
    expect(JSON.parse(ask('s1-f3', null, true).out)).toMatchObject({
      ...{
        fill_id: 's1-f3',
        order_id: 's1-o2',
        side: 'buy',
        quantity: '0.0003',
        price: '1000',
        liquidity: 'maker',
      },
      decision: { time_ms: START_MS + 1_000, best_bid: '1000', best_ask: '1000.2', mid: '1000.1' },
      latency: { request_ms: 100, response_ms: 50 },
      queue: { ahead_at_acceptance: '0.002', traded_ahead: '0.002', ahead_before_print: '0.0012' },
      print: { sequence: 5, price: '1000', quantity: '0.0015' },
      fee: { tier: 0, rate: '0.0002' },
      costs: { total: '-0.00003', spread: '-0.00003', latency: '0', impact: '0', slippage: '0' },
    });
  });

  test('looks through the latest session and then all others, or only where it is told to', () => {
    for (const id of ['s1', 's2', 's3']) holdSession(id);
    expect(ask('s1-f1').code).toBe(0);
    expect(ask('s1-f1', 's1').code).toBe(0);
    expect(ask('s1-f1', 'latest')).toEqual({
      ...{ code: 2, out: '' },
      err: `"s1-f1" is no fill: looked through s3 in ${root}\n`,
    });
  });

  test('refuses an unknown fill by name, with what it looked through', () => {
    expect(ask('x-f1')).toEqual({
      code: 2,
      out: '',
      err: `"x-f1" is no fill: there are no sessions in ${root}\n`,
    });
    for (const id of ['s1', 's2']) holdSession(id);
    expect(ask('x-f1')).toEqual({
      ...{ code: 2, out: '' },
      err: `"x-f1" is no fill: looked through s2, s1 in ${root}\n`,
    });
    expect(ask('x-f1', 'nowhere').code).toBe(2);
  });
});
