import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { listPriceLevels } from './price-lines.ts';

test('draws working orders, stops, targets, entry and liquidation, and nothing that is over', () => {
  const session = new MadeUpSession(2, Date.UTC(2026, 10, 22));
  for (let step = 0; step < 60; step++) session.step(500);
  const { orders, positions } = session.snapshot(0);
  const resting = orders.find(({ queue_ahead: ahead }) => ahead !== null);
  const stop = orders.find(({ trigger }) => trigger !== null);
  if (resting === undefined || stop === undefined) throw new Error('no working orders');
  const target = { ...stop, order_id: 'target', type: 'take_profit' as const };
  const over = { ...resting, order_id: 'over', status: 'canceled' as const };
  const trailing = {
    ...stop,
    order_id: 'trail',
    trigger: { on: 'last' as const, price: null, trail_bps: 20 },
  };
  const levels = listPriceLevels('BTCUSDT', [resting, stop, target, over, trailing], positions[0]);
  expect(levels.map(({ role }) => role)).toEqual(['buy', 'stop', 'target', 'entry', 'liquidation']);
  expect(listPriceLevels('ETHUSDT', orders, undefined)).toEqual([]);
});
