import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineStrategy, instantiateStrategy } from './strategy.ts';

const whole = {
  name: 'mine',
  params: z.strictObject({ length: z.int().default(3) }),
  historyBars: () => 3,
  create: () => ({ onBar: () => [] }),
};

/** What an author may write, types or not. */
const make = (parts: object): unknown => instantiateStrategy(defineStrategy({ ...whole, ...parts }), {});

describe('a strategy that lacks something is refused by the name of it', () => {
  test.each<[object, string]>([
    [{ name: '' }, 'defineStrategy: expected name to be a text, found ""'],
    [{ params: { length: 3 } }, 'defineStrategy: expected params to be a zod schema, found a object'],
    [{ historyBars: 3 }, 'expected historyBars to be a function that gives a number of bars, found 3'],
    [{ create: undefined }, 'expected create to be a function that gives the handlers, found nothing'],
    [{ state: {} }, 'expected state to be a function, found a object'],
    [{ historyBars: () => Number.NaN }, 'historyBars: expected a whole number from 0 to 1000000, found NaN'],
    [{ historyBars: () => -1 }, 'found -1'],
    [{ historyBars: () => 1e9 }, 'found 1000000000'],
    [{ historyBars: async () => 3 }, 'found a promise'],
    [{ create: () => null }, 'create: expected an object of handlers, found null'],
    [{ create: async () => ({}) }, 'create: expected an object of handlers, found a promise'],
    [{ create: () => ({ onBar: 5 }) }, 'create: expected onBar to be a function, found 5'],
    [{ create: () => ({ onbar: () => [] }) }, 'onOrder, onTimer, found onbar'],
  ])('%o', (parts, message) => {
    expect(() => make(parts)).toThrow(message);
  });

  test('and one whose handlers are methods of a class, beside what it keeps, is not', () => {
    class Handlers {
      seen = 0;
      onBar(): [] {
        this.seen++;
        return [];
      }
    }
    expect(() => make({ create: () => new Handlers() })).not.toThrow();
  });
});
