import { expect, test } from 'vitest';
import { SeededRandom } from './random.ts';

test('a seed gives one stream, for ever', () => {
  const random = new SeededRandom(42);
  const first = Array.from({ length: 4 }, () => random.nextUint32());
  const again = new SeededRandom(42);
  expect(Array.from({ length: 4 }, () => again.nextUint32())).toEqual(first);
  expect(first).toMatchInlineSnapshot(`
    [
      2837322924,
      544945897,
      479756282,
      3500138142,
    ]
  `);
  expect(new SeededRandom(43).nextUint32()).not.toBe(first[0]);
  expect(new SeededRandom(42 + 2 ** 32).nextUint32()).not.toBe(first[0]);
});

test('a stream continues from its saved state', () => {
  const random = new SeededRandom(7);
  for (let draw = 0; draw < 10; draw++) random.nextFloat();
  const restored = new SeededRandom(0);
  restored.restore(random.state());
  expect(Array.from({ length: 20 }, () => restored.nextNormal())).toEqual(
    Array.from({ length: 20 }, () => random.nextNormal()),
  );
});

test('the deviates have the moments they should', () => {
  const random = new SeededRandom(1);
  const count = 20_000;
  const draws = { float: 0, normal: 0, square: 0, exponential: 0 };
  for (let draw = 0; draw < count; draw++) {
    const float = random.nextFloat();
    expect(float >= 0 && float < 1).toBe(true);
    const normal = random.nextNormal();
    draws.float += float;
    draws.normal += normal;
    draws.square += normal * normal;
    draws.exponential += random.nextExponential(3);
  }
  expect(draws.float / count).toBeCloseTo(0.5, 1);
  expect(draws.normal / count).toBeCloseTo(0, 1);
  expect(draws.square / count).toBeCloseTo(1, 1);
  expect(draws.exponential / count).toBeCloseTo(3, 0);
});

test('nextBelow covers its range and nothing else', () => {
  const random = new SeededRandom(3);
  const seen = new Set(Array.from({ length: 500 }, () => random.nextBelow(6)));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
});
