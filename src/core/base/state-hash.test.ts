import { expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import { StateHash } from './state-hash.ts';

const hashOf = (...parts: readonly (number | string | bigint)[]): string => {
  const hash = new StateHash();
  for (const part of parts) {
    if (typeof part === 'number') hash.addNumber(part);
    else if (typeof part === 'string') hash.addText(part);
    else hash.addBigint(part);
  }
  return hash.digest();
};

test('tells values, kinds, order and boundaries apart', () => {
  const digests = [
    hashOf(),
    hashOf(0),
    hashOf(1),
    hashOf('1'),
    hashOf(1, 2),
    hashOf(2, 1),
    hashOf('ab', 'c'),
    hashOf('a', 'bc'),
    hashOf(10n ** 30n),
    hashOf(10n ** 30n + 1n),
    hashOf(0.1 + 0.2),
    hashOf(0.3),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/);
});

test('a digest can be taken at any time without changing what follows', () => {
  const hash = new StateHash();
  hash.addText('x');
  hash.digest();
  hash.addNumber(5);
  expect(hash.digest()).toBe(hashOf('x', 5));
});

test('one changed number changes the digest', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.nat(),
      (numbers, pick) => {
        const changed = numbers.map((value, index) =>
          index === pick % numbers.length ? value + 1e300 : value,
        );
        fc.pre(changed.some((value, index) => !Object.is(value, numbers[index])));
        expect(hashOf(...changed)).not.toBe(hashOf(...numbers));
      },
    ),
    { seed: PROOF_SEED },
  );
});
