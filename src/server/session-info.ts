/** What does not change while a session runs, and its contracts, as the protocol shows them; from the start document alone. */

import { type Interval, intervalMs, isInterval } from '../core/base/time.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { SessionInfo } from '../protocol/messages.ts';
import type { Instrument } from '../protocol/rows.ts';

/** `startedTimeMs`: venue time of the first event; null while unknown. */
export function describeSession(
  start: SessionStart,
  programVersion: string,
  mode: SessionInfo['mode'],
  startedTimeMs: number | null,
): SessionInfo {
  return {
    session_id: start.session_id,
    program_version: programVersion,
    mode,
    source: start.source,
    strategy: start.strategy.name,
    params: start.strategy.params,
    seed: start.seed,
    symbols: start.instruments.map(({ symbol }) => symbol),
    interval: start.interval,
    interval_ms: isInterval(start.interval) ? intervalMs(start.interval satisfies Interval) : 0,
    started_time_ms: startedTimeMs,
    duration_ms: start.duration_ms,
    leverage: start.leverage,
    margin_mode: start.margin_mode,
    fill_model: start.fill_model,
    maker_fee_rate: start.maker_fee_rate,
    taker_fee_rate: start.taker_fee_rate,
    on_end: start.on_end,
  };
}

export function describeInstruments(start: SessionStart): Instrument[] {
  return start.instruments.map((spec) => ({
    symbol: spec.symbol,
    base: spec.base,
    quote: spec.quote,
    price_decimals: spec.price_decimals,
    quantity_decimals: spec.quantity_decimals,
    min_quantity: spec.min_quantity,
    max_leverage: spec.max_leverage,
    tiers: spec.tiers.map((tier) => ({ ...tier })),
  }));
}
