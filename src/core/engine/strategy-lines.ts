/** The log lines about a strategy that misbehaves. */

import type { Output } from '../domain/outputs.ts';

/** A call threw, or returned nonsense. */
export function failureLine(timeMs: number, name: string, handler: string, error: unknown): Output {
  const msg = `Strategy ${name} failed in ${handler}; its signal is lost`;
  const text = error instanceof Error ? error.message : String(error);
  return line(timeMs, 'error', 'strategy_error', msg, { handler, error: text });
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
