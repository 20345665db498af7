/** Writes a binary float as the shortest decimal that means it, without an exponent. */

/** What sources print beyond is what a float made of a sum. */
const DECIMALS_MAX = 10;

export function decimalText(value: number): string {
  const text = String(value);
  if (!/[eE]/.test(text)) return text;
  return value.toFixed(DECIMALS_MAX).replace(/\.?0+$/, '');
}

/** Takes the exponent out of decimal text; other text passes as it is. */
export function plainText(text: string): string {
  return /^\d(\.\d+)?[eE][-+]?\d+$/.test(text) ? decimalText(Number(text)) : text;
}
