import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import fc from 'fast-check';
import {
  DecimalError,
  divideCeiling,
  divideFloor,
  formatBigDecimal,
  formatDecimal,
  parseBigDecimal,
  parseDecimal,
} from './fixed-point.ts';

describe('parseDecimal', () => {
  test.each([
    ['0', 1, 0],
    ['86699.6', 1, 866_996],
    ['68590', 1, 685_900],
    ['-0.00001191', 12, -11_910_000],
    ['0.10', 1, 1],
    ['9007199254740991', 0, 9_007_199_254_740_991],
    ['-0', 2, 0],
  ])('reads %s on a grid of %i decimals as %i', (text, decimals, value) => {
    expect(parseDecimal(text, decimals)).toBe(value);
  });

  test.each([
    '',
    ' ',
    '.',
    '-',
    '1.',
    '.5',
    '+1',
    '1e3',
    '0x10',
    '1,0',
    ' 1',
    '1 ',
    '--1',
    '1.2.3',
    'NaN',
    'Infinity',
    '１',
  ])('refuses %o', (text) => {
    expect(() => parseDecimal(text, 2)).toThrow(DecimalError);
    expect(() => parseBigDecimal(text, 2)).toThrow(DecimalError);
  });

  test('refuses what the grid cannot hold instead of rounding it', () => {
    expect(() => parseDecimal('0.15', 1)).toThrow('finer than 1 decimals');
    expect(() => parseDecimal('9007199254740992', 0)).toThrow('too large');
    expect(() => parseDecimal('9007199254740991', 1)).toThrow('too large');
    expect(() => parseBigDecimal('0.000000001', 8)).toThrow('finer than 8 decimals');
  });

  test('shows at most 40 characters of what it refused', () => {
    expect(() => parseDecimal('x'.repeat(500), 0)).toThrow(`"${'x'.repeat(40)}…"`);
  });
});

test('formatting and parsing are inverse on every grid', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 12 }), (value, decimals) => {
      expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value === 0 ? 0 : value);
      expect(parseBigDecimal(formatBigDecimal(BigInt(value), decimals), decimals)).toBe(BigInt(value));
      expect(formatDecimal(value, decimals)).toBe(formatBigDecimal(BigInt(value), decimals));
    }),
    { seed: PROOF_SEED },
  );
});

test('a long amount is read as a short one is', () => {
  expect(parseBigDecimal('-1234567.5', 8)).toBe(-123_456_750_000_000n);
  expect(parseBigDecimal('-12345678901.50', 8)).toBe(-1_234_567_890_150_000_000n);
  for (const text of ['123456789012345x', '1.', '123456789012345.', '12345678901.000000001'])
    expect(() => parseBigDecimal(text, 8)).toThrow(DecimalError);
});

test('trailing zeros are trimmed and zero has no sign', () => {
  expect([
    formatDecimal(685_900, 1),
    formatDecimal(-5, 2),
    formatDecimal(0, 4),
    formatDecimal(-0, 4),
  ]).toEqual(['68590', '-0.05', '0', '0']);
});

test('divisions round to the side their name says', () => {
  expect([divideCeiling(7n, 2n), divideCeiling(-7n, 2n), divideCeiling(6n, 2n)]).toEqual([4n, -3n, 3n]);
  expect([divideFloor(7n, 2n), divideFloor(-7n, 2n), divideFloor(-6n, 2n)]).toEqual([3n, -4n, -3n]);
});
