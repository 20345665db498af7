import { expect, test } from 'vitest';
import { fillOf } from '../../../test/builders/made-up-rows.ts';
import { groupFills } from './fill-groups.ts';

test('fills of one bar and side are one mark, with the newest of them to open', () => {
  const fills = [
    fillOf('f1', 'o1', 'buy', '100', '0.1', 60_000),
    fillOf('f2', 'o2', 'sell', '101', '0.1', 61_000),
    fillOf('f3', 'o3', 'buy', '102', '0.1', 62_000),
    fillOf('f4', 'o4', 'buy', '103', '0.1', 120_000),
  ];
  expect(groupFills(fills, 60_000)).toEqual([
    { openMs: 60_000, side: 'buy', quantity: '0.04', count: 2, fillId: 'f3' },
    { openMs: 60_000, side: 'sell', quantity: '0.02', count: 1, fillId: 'f2' },
    { openMs: 120_000, side: 'buy', quantity: '0.02', count: 1, fillId: 'f4' },
  ]);
});
