/** Where a person is told that something needs them. */

export type AlertLevel = 'critical' | 'error' | 'warning' | 'info';

export interface AlertChannel {
  /** `reason`: a snake_case word, the `stopped_reason` for ends. Durable when it returns; never throws. */
  raise(level: AlertLevel, reason: string, text: string): void;
}
