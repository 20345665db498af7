/** Operating errors of a venue, classed by what to do about them. Source: section 4 of the venue's error tables. */

/**
 * fatal: stop and tell the operator. rate_limit: wait. transient: retry. request: our mistake or stale metadata.
 * order_reject: a trading decision was refused.
 */
export type VenueErrorClass = 'fatal' | 'rate_limit' | 'transient' | 'request' | 'order_reject';

export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly errorClass: VenueErrorClass;
  /** The venue's numeric code, an HTTP status, or null for transport trouble. */
  readonly code: number | null;
  /** What the venue asked us to wait, ms; null where it said nothing. */
  readonly retryAfterMs: number | null;

  constructor(
    errorClass: VenueErrorClass,
    code: number | null,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errorClass = errorClass;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  get retryable(): boolean {
    return this.errorClass === 'transient' || this.errorClass === 'rate_limit';
  }
}
