/** Tells whoever watches the alerts what the engine did on its own account, also where the session goes on after it. */

import type { Output } from '../core/domain/outputs.ts';
import type { AlertChannel, AlertLevel } from '../ports/alert-channel.ts';
import type { OutputSink } from '../ports/output-sink.ts';

/** Log lines of the engine that are alerts; the event is the alert's reason. */
const ALERTS: ReadonlyMap<string, AlertLevel> = new Map([
  ['liquidation', 'critical'],
  ['risk_limit', 'warning'],
  ['strategy_overrun', 'error'],
  ['strategy_disabled', 'critical'],
]);

export class EngineAlerts implements OutputSink {
  readonly #alerts: AlertChannel;

  constructor(alerts: AlertChannel) {
    this.#alerts = alerts;
  }

  deliver(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type !== 'log') continue;
      const level = ALERTS.get(output.event);
      if (level !== undefined) this.#alerts.raise(level, output.event, output.msg);
    }
  }
}
