import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { describeBeyond, listPriceLevels, viewWithLevels } from './price-lines.ts';

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

test('a line near the bars comes into view, one far away is named with its side', () => {
  const level = (title: string, price: number) => ({ key: title, price, role: 'stop', title }) as const;
  const levels = [level('liquidation', 69_044.1), level('stop', 85_441.5), level('target', 87_900)];
  const view = viewWithLevels({ low: 85_850, high: 86_560 }, levels);
  expect(view).toEqual({ low: 85_441.5, high: 86_560 });
  expect(describeBeyond(levels, view).replaceAll(/\s+/g, ' ')).toBe('↑ target 87 900 ↓ liquidation 69 044.1');
  expect(describeBeyond(levels, { low: 60_000, high: 90_000 })).toBe('');
});
