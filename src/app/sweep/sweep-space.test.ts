import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../config/config-error.ts';
import { parseSweepSpace, trialsOf } from './sweep-space.ts';

const read = (text: string) => parseSweepSpace(text, 'spaces/space.yaml');
const paramsOf = (text: string) => trialsOf(read(text)).map(({ params }) => params);

test('a grid has every combination once, the last parameter running fastest', () => {
  expect(paramsOf('params: {fast: [5, 10], slow: {from: 20, to: 40, step: 10}}')).toEqual([
    { fast: 5, slow: 20 },
    { fast: 5, slow: 30 },
    { fast: 5, slow: 40 },
    { fast: 10, slow: 20 },
    { fast: 10, slow: 30 },
    { fast: 10, slow: 40 },
  ]);
});

test('a range of decimals has no dust, and reaches its end', () => {
  const values = paramsOf('params: {stop: {from: 0.1, to: 0.7, step: 0.1}}').map(({ stop }) => stop);
  expect(values).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
});

test('a random search draws the same distinct trials from the same seed', () => {
  const text = 'params: {fast: {from: 2, to: 50, integer: true}, stop: {from: 0.5, to: 3}, side: [long]}';
  const drawn = paramsOf(`${text}\nsearch: {random: 40, seed: 3}`);
  expect(drawn).toEqual(paramsOf(`${text}\nsearch: {random: 40, seed: 3}`));
  expect(drawn).not.toEqual(paramsOf(`${text}\nsearch: {random: 40, seed: 4}`));
  expect(new Set(drawn.map((params) => JSON.stringify(params))).size).toBe(40);
  for (const { fast, stop, side } of drawn) {
    expect(Number.isInteger(fast) && Number(fast) >= 2 && Number(fast) <= 50).toBe(true);
    expect(Number(stop) >= 0.5 && Number(stop) <= 3).toBe(true);
    expect(side).toBe('long');
  }
});

test('a random search of a small space ends with all of it', () => {
  expect(paramsOf('params: {fast: [1, 2, 3]}\nsearch: {random: 50}')).toHaveLength(3);
});

test('paths count from the file, times are UTC, spans are spans', () => {
  const space = read(
    'data: ../bars.csv\nstrategy: ./mine.ts\nfrom: 2025-03-01\nto: 1740900000000\nparams: {}\nwalk_forward: {train: 30d, test: 12h}\nscore: pnl',
  );
  expect(space).toMatchObject({
    data: [path.resolve('bars.csv')],
    strategy: path.resolve('spaces/mine.ts'),
    fromMs: Date.UTC(2025, 2, 1),
    toMs: 1_740_900_000_000,
    walkForward: { trainMs: 30 * 86_400_000, testMs: 12 * 3_600_000 },
    score: 'pnl',
    random: null,
  });
  expect(read('data: [a.csv, b.csv]\nmark: c.csv\nparams: {}')).toMatchObject({
    data: [path.resolve('spaces/a.csv'), path.resolve('spaces/b.csv')],
    funding: [],
    mark: [path.resolve('spaces/c.csv')],
  });
});

test.each([
  ['params: {fast: }}', 'space.yaml:1:17: expected YAML'],
  ['score: best\nparams: {}', 'space.yaml:1:8: score: expected'],
  [
    'params:\n  fast: {from: 9, to: 3, step: 1}',
    'space.yaml:2:9: params.fast: expected "to" at or above "from"',
  ],
  ['params:\n  fast: []', 'space.yaml:2:9: params.fast: expected a list with a value'],
  ['params: {}\nspeed: 3', 'space.yaml:2:1: the sweep: expected data, funding'],
  ['score: pnl', 'space.yaml:1:1: params: expected parameters and their values, found nothing'],
  [
    'params: {}\nwalk_forward: {train: 1d, test: 1d, tset: 1d}',
    'space.yaml:2:37: walk_forward: expected only keys that are known, found tset',
  ],
  [
    'walk_forward: {train: soon, test: 1d}\nparams: {}',
    'space.yaml:1:23: walk_forward.train: expected a span',
  ],
])('%j is refused with its place', (text, finding) => {
  expect(() => read(text)).toThrow(ConfigError);
  expect(() => read(text)).toThrow(finding);
});

test.each([
  ['params: {fast: {from: 1, to: 2}}', 'a step for a grid'],
  ['params: {a: {from: 1, to: 1000, step: 1}, b: {from: 1, to: 1000, step: 1}}', 'found 1000000'],
])('%j has no grid', (text, finding) => {
  expect(() => paramsOf(text)).toThrow(finding);
});
