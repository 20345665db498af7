import { expect, test } from 'vitest';
import { BTCUSDT, TestMarket, sessionStart } from '../../test/builders/session.ts';
import { spellRows } from '../app/row-spelling.ts';
import { createInstrument, parseMoney } from '../core/domain/instrument.ts';
import type { Output } from '../core/domain/outputs.ts';
import { lots } from '../core/domain/units.ts';
import { SessionReadModel } from './session-read-model.ts';

const market = new TestMarket(sessionStart(), {});

function equityAt(timeMs: number): Output {
  const wallet = parseMoney('10000');
  const point = { timeMs, equity: wallet, wallet, unrealizedPnl: parseMoney('0'), position: lots(0) };
  return { type: 'equity', timeMs, point };
}

test('a point of equity carries the band of its moment, and null where the band said nothing', () => {
  const model = new SessionReadModel(market.engine, spellRows([createInstrument(BTCUSDT, 0)], 'test'));
  const band = { timeMs: 2_000, realistic: parseMoney('0'), pessimistic: parseMoney('-3.5'), hash: null };
  model.deliver([
    equityAt(1_000),
    equityAt(2_000),
    { type: 'band', timeMs: 2_000, point: { ...band, optimistic: parseMoney('2') } },
  ]);
  model.deliver([equityAt(3_000)]);
  expect(
    model
      .outputLists()
      .equity.map(({ time_ms: ms, optimistic, pessimistic }) => [ms, optimistic, pessimistic]),
  ).toEqual([
    [1_000, null, null],
    [2_000, '10002', '9996.5'],
    [3_000, null, null],
  ]);
});
