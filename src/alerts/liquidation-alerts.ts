/** Tells whoever watches the alerts of every liquidation, also where the session goes on after it. */

import type { Output } from '../core/domain/outputs.ts';
import type { AlertChannel } from '../ports/alert-channel.ts';
import type { OutputSink } from '../ports/output-sink.ts';

export class LiquidationAlerts implements OutputSink {
  readonly #alerts: AlertChannel;

  constructor(alerts: AlertChannel) {
    this.#alerts = alerts;
  }

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === 'log' && output.event === 'liquidation')
        this.#alerts.raise('critical', 'liquidation', output.msg);
    }
  }
}
