/** The stretches of bars that the venue leaves out, on its sockets, at REST or both. */

import { KLINE_INTERVALS, nextOpenTimeMs, openTimeMs, type KlineInterval } from '../market/kline-grid.ts';
import type { FaultOf } from './fault-spec.ts';

export interface MissingStretch {
  readonly interval: string;
  /** Open time of the first missing bar. */
  readonly from_ms: number;
  /** End of the last one. */
  readonly to_ms: number;
  readonly at_rest: boolean;
  readonly on_socket: boolean;
}

export class MissingBars {
  readonly #stretches: MissingStretch[] = [];

  /** Takes out the bars that open after `nowMs` (venue time). */
  skip(fault: FaultOf<'skip_bar'>, nowMs: number): void {
    const interval = KLINE_INTERVALS.find(({ restName }) => restName === fault.interval);
    if (interval === undefined) return;
    const fromMs = nextOpenTimeMs(interval, openTimeMs(interval, nowMs));
    let toMs = fromMs;
    for (let bar = 0; bar < fault.bars; bar++) toMs = nextOpenTimeMs(interval, toMs);
    this.#stretches.push({
      interval: fault.interval,
      from_ms: fromMs,
      to_ms: toMs,
      at_rest: fault.rest_only !== false,
      on_socket: fault.rest_only !== true,
    });
  }

  /** Whether the bar of this interval that opened at `openMs` is left out there. */
  has(interval: KlineInterval, openMs: number, where: 'rest' | 'socket'): boolean {
    return this.#stretches.some(
      (stretch) =>
        stretch.interval === interval.restName &&
        openMs >= stretch.from_ms &&
        openMs < stretch.to_ms &&
        (where === 'rest' ? stretch.at_rest : stretch.on_socket),
    );
  }

  list(): readonly MissingStretch[] {
    return this.#stretches;
  }
}
