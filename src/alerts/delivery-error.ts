/** Why a channel did not take a message. No part of an address, a header or an answer is in it: those hold secrets. */

export type DeliveryErrorCode =
  /** No connection, a timeout, an answer of 5xx: it may pass by itself. */
  | 'unreachable'
  /** The channel asked for a pause. */
  | 'rate_limited'
  /** The channel, or our own rules, refuse: it passes when somebody changes something. */
  | 'refused';

export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly code: DeliveryErrorCode;
  /** Everything is tried again; what is refused only seldom. */
  readonly retryable = true;
  /** How long the channel wants to be left alone; null where it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: DeliveryErrorCode, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
