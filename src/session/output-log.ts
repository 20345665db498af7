/** Writes the engine's outputs that people look for into the system log. */

import { type Instrument, formatMoney, formatPrice, formatQuantity } from '../core/domain/instrument.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { DenialReason } from '../core/domain/reasons.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutputSink } from '../ports/output-sink.ts';

export class OutputLog implements OutputSink {
  readonly #logger: Logger;
  readonly #instruments: readonly Instrument[];

  constructor(logger: Logger, instruments: readonly Instrument[]) {
    this.#logger = logger;
    this.#instruments = instruments;
  }

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) this.#write(output);
  }

  #write(output: Output): void {
    switch (output.type) {
      case 'log':
        this.#logger.log(output.level, output.event, output.msg, {
          time_ms: output.timeMs,
          ...output.fields,
        });
        break;
      case 'lifecycle':
        this.#logger.log('info', 'lifecycle', `Session is ${output.state}`, {
          time_ms: output.timeMs,
          state: output.state,
          reason: output.reason,
        });
        break;
      case 'fill': {
        const { fill } = output;
        const instrument = this.#instruments[fill.instrument];
        if (instrument === undefined) break;
        this.#logger.log('info', 'fill', 'Fill', {
          time_ms: output.timeMs,
          fill_id: fill.id,
          order_id: fill.orderId,
          symbol: instrument.symbol,
          side: fill.side,
          quantity: formatQuantity(instrument, fill.quantity),
          price: formatPrice(instrument, fill.price),
          liquidity: fill.liquidity,
          fee: formatMoney(fill.fee),
        });
        break;
      }
      case 'denial':
        this.#logger.log('warning', 'order_denied', denialText(output.reason), {
          time_ms: output.timeMs,
          order_id: output.orderId,
          ...output.reason,
        });
        break;
      case 'quality':
        this.#logger.log('warning', 'quality', 'Doubtful market data', {
          time_ms: output.timeMs,
          symbol: this.#instruments[output.record.instrument]?.symbol ?? null,
          feed: output.record.feed,
          kind: output.record.kind,
          from_ms: output.record.fromMs,
          to_ms: output.record.toMs,
          detail: output.record.detail,
          backfilled: output.record.backfilled,
        });
        break;
      case 'ended':
        this.#logger.log('info', 'session_ended', 'Session ended', {
          time_ms: output.timeMs,
          reason: output.reason,
          detail: output.detail,
        });
        break;
      case 'order':
      case 'ledger':
      case 'trade':
      case 'band':
      case 'equity':
      case 'verdict':
        break;
    }
  }
}

/** Says what denied it: not all rules are the risk gate's. */
function denialText({ code }: DenialReason): string {
  switch (code) {
    case 'order_unknown':
      return 'Cancel or amendment denied: there is no such order';
    case 'not_amendable':
      return 'Amendment denied: an order of that type or status cannot be amended';
    case 'not_running':
      return 'Order denied: the session is not trading';
    case 'paused':
      return 'Order denied: the session is paused';
    case 'market_data_stale':
    case 'bars_missing':
      return 'Order denied: its market data is not fresh';
    default:
      return 'Order denied by the risk gate';
  }
}
