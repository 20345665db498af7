import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROOF_SEED } from '../../../test/builders/proof-size.ts';
import { NotPlainError, decodeState, encodeState } from './saved-state.ts';

describe('saved state', () => {
  test('comes back as it was, whatever plain data it holds', () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.constantFrom(Number.NaN, -0, Infinity, -Infinity),
      fc.bigInt(),
      fc.string(),
      fc.string().map((text) => `~${text}`),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('tree'),
          { noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = encodeState(value);
        expect(decodeState(text)).toEqual(value);
        expect(encodeState(decodeState(text))).toBe(text);
      }),
      { seed: PROOF_SEED, numRuns: 500 },
    );
  });

  test('leaves out what is undefined', () => {
    expect(encodeState({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test.each([
    ['a map', { entries: new Map([[1, 2]]) }, 'state.entries is a Map'],
    ['a set in a list', [new Set()], 'state[0] is a Set'],
    ['a date', { at: { last: new Date(0) } }, 'state.at.last is a Date'],
    ['a function', { next: () => 1 }, 'state.next is function'],
    ['columns', { prices: new Float64Array(2) }, 'state.prices is a Float64Array'],
  ])('refuses %s by its place', (_what, value, text) => {
    expect(() => encodeState(value)).toThrow(NotPlainError);
    expect(() => encodeState(value)).toThrow(text);
  });
});
