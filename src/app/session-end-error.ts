/** A session that must end, or cannot begin, for a reason of the contract's list; the message is for people. */

import { InvariantViolation } from '../core/base/assert.ts';
import type { StoppedReason } from '../core/domain/reasons.ts';
import { VenueError } from '../ports/venue-error.ts';
import { toStorageError } from '../storage/storage-error.ts';
import { ConfigError } from './config/config-error.ts';

export class SessionEndError extends Error {
  override readonly name = 'SessionEndError';
  readonly reason: StoppedReason;

  constructor(reason: StoppedReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/** Classes whatever ended a session by what an operator must do about it. */
export function toSessionEnd(error: unknown): SessionEndError {
  if (error instanceof SessionEndError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InvariantViolation) return new SessionEndError('invariant_violated', message, error);
  if (error instanceof ConfigError) return new SessionEndError('config_invalid', message, error);
  if (error instanceof VenueError) {
    // What may pass was tried for as long as it is worth: the market data cannot be had.
    const reason = error.retryable ? 'market_data_lost' : 'venue_fatal';
    return new SessionEndError(reason, message, error);
  }
  // Also what a file or a database threw past the storage layer: what the operator must do about it is the same.
  const { code } = toStorageError(error, 'go on');
  // What was recorded was altered since: to go on would be to make the rest up.
  if (code === 'log_corrupt') return new SessionEndError('invariant_violated', message, error);
  if (code === 'disk_full') return new SessionEndError('disk_full', message, error);
  if (code === 'read_only') return new SessionEndError('workspace_unwritable', message, error);
  return new SessionEndError('crashed', message, error);
}
