import { expect, test } from 'vitest';
import {
  addAmounts,
  amountText,
  moneyText,
  percentOf,
  percentText,
  signOf,
  signedMoneyText,
} from './amount-text.ts';

test.each([
  ['10000', '10\u202F000.00'],
  ['9988.47699846', '9\u202F988.48'],
  ['-0.005', '−0.01'],
  ['-0.004', '0.00'],
  ['0.125', '0.13'],
  ['123456789012345678.999', '123\u202F456\u202F789\u202F012\u202F345\u202F679.00'],
  [null, '–'],
])('money %s reads %s', (amount, text) => {
  expect(moneyText(amount)).toBe(text);
});

test('keeps every digit where no number of decimals is asked for', () => {
  expect(amountText('85950.10000001')).toBe('85\u202F950.10000001');
  expect(amountText('-1234')).toBe('−1\u202F234');
});

test('a sign stands before what is not zero', () => {
  expect(signedMoneyText('1.5')).toBe('+1.50');
  expect(signedMoneyText('-1.5')).toBe('−1.50');
  expect(signedMoneyText('0')).toBe('0.00');
  expect(percentText(0.126)).toBe('+0.13 %');
  expect(percentText(null)).toBe('–');
});

test('sums are exact where floats are not', () => {
  expect(addAmounts(['0.1', '0.2', '-0.3'])).toBe('0');
  expect(addAmounts(['9007199254740993', '0.00000001'])).toBe('9007199254740993.00000001');
});

test('what is not known has no sign and no share', () => {
  expect(signOf(null)).toBeNull();
  expect(signOf('-0.00')).toBe(0);
  expect(percentOf('1', '0')).toBeNull();
  expect(percentOf('5', '200')).toBe(2.5);
});
