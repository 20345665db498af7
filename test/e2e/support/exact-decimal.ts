/** Decimal text as integers of 10^-8, written for the tests alone: they must not check the program with its own arithmetic. */

/** Parses plain decimal text (`-1.5`, `0.00000001`) of at most `decimals` places. */
export function exact(text: string, decimals = 8): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is no plain decimal`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const places = fraction.replace(/0+$/, '');
  if (places.length > decimals) throw new Error(`${text} has more than ${decimals} decimals`);
  const amount = BigInt(whole + places.padEnd(decimals, '0'));
  return sign === '-' ? -amount : amount;
}

export function sumExact(texts: readonly string[]): bigint {
  return texts.reduce((sum, text) => sum + exact(text), 0n);
}

/** Quotient rounded up, of a dividend that is not negative. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** Shows integers of 10^-8 as decimal text. */
export function decimalText(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(9, '0');
  const fraction = digits.slice(-8).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -8)}${fraction === '' ? '' : `.${fraction}`}`;
}
