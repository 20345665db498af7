/** What a setting is: its schema, its words, its default, and how text becomes its value. */

import { z } from 'zod';

import { DecimalError, parseBigDecimal } from '../../core/base/fixed-point.ts';
import { parseSpanMs } from '../../core/base/time.ts';
import { MONEY_DECIMALS } from '../../core/domain/units.ts';

const WHOLE_DIGITS_MAXIMUM = 15;

/** How text of a flag or a variable becomes a value of the file's types. */
export type TextForm = 'text' | 'number' | 'list';

export interface SettingSpec<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** Completes "expected …". */
  readonly expected: string;
  /** In the file's spelling; null = not set. */
  readonly initial: z.input<Schema>;
  readonly textForm: TextForm;
  readonly flag: string | null;
}

export function setting<Schema extends z.ZodType>(spec: SettingSpec<Schema>): SettingSpec<Schema> {
  return spec;
}

export function words<const Words extends readonly [string, ...string[]]>(
  list: Words,
  initial: Words[number],
  flag: string | null,
): SettingSpec<z.ZodEnum<{ [Word in Words[number]]: Word }>> {
  return { schema: z.enum(list), expected: list.join(', '), initial, textForm: 'text', flag };
}

/** A span as typed (text, or a bare number of `bareUnitMs`), within bounds in ms. */
export function span(
  bareUnitMs: number,
  minimumMs: number,
  maximumMs: number,
): z.ZodType<string | number, string | number> {
  return z.union([z.string(), z.number()]).refine((value) => {
    const ms = parseSpanMs(String(value), bareUnitMs);
    return ms !== null && ms >= minimumMs && ms <= maximumMs;
  });
}

/** An amount (USDT, or a quantity), positive, exact to 8 decimals; numbers become their decimal text. */
export const positiveAmount = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => {
    try {
      return (
        parseBigDecimal(text, MONEY_DECIMALS) > 0n &&
        (text.split('.')[0] ?? '').length <= WHOLE_DIGITS_MAXIMUM
      );
    } catch (error) {
      if (error instanceof DecimalError) return false;
      throw error;
    }
  });
