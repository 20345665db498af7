/** The log lines about a strategy that misbehaves. */

import type { Output } from '../domain/outputs.ts';

/** Of a reason, so many characters are kept: each failure is a line of the log. */
const MAX_REASON = 1_000;

/** A call threw, or returned nonsense. */
export function failureLine(timeMs: number, name: string, handler: string, error: unknown): Output {
  const msg = `Strategy ${name} failed in ${handler}; its signal is lost`;
  return line(timeMs, 'error', 'strategy_error', msg, { handler, error: reasonOf(error) });
}

/** In words, whatever it was that was thrown. */
function reasonOf(error: unknown): string {
  try {
    const text: unknown = error instanceof Error ? error.message : error;
    return String(text).slice(0, MAX_REASON);
  } catch {
    return 'something that has no text';
  }
}

/** A call was cut off. `call`: its number; `limit`: how many may be before the strategy is disabled. */
export function overrunLine(
  timeMs: number,
  name: string,
  handler: string,
  numbers: { readonly call: number; readonly overruns: number; readonly limit: number },
): Output {
  const msg = `Strategy ${name} took too long in ${handler}; its signal is lost`;
  return line(timeMs, 'error', 'strategy_overrun', msg, { handler, ...numbers });
}

export function disabledLine(timeMs: number, name: string, overruns: number): Output {
  const msg = `Strategy ${name} is disabled after ${overruns} calls that took too long; its position is closed`;
  return line(timeMs, 'critical', 'strategy_disabled', msg, { overruns });
}

function line(
  timeMs: number,
  level: 'error' | 'critical',
  event: string,
  msg: string,
  fields: Readonly<Record<string, string | number>>,
): Output {
  return { type: 'log', timeMs, level, event, msg, fields };
}
