/** Says in the log how a session was brought back. */

import type { Logger } from '../ports/logger.ts';
import type { RecoveryCourse } from './recover-session.ts';

export function logRecovery({ events, skipped, ignored, durationMs }: RecoveryCourse, logger: Logger): void {
  for (const { sequence, reason } of ignored) {
    const text = `The snapshot of event ${sequence} is not used: ${reason}`;
    logger.log('warning', 'snapshot_ignored', text, { sequence, reason });
  }
  const from = skipped === 0 ? 'from its first event' : `from the snapshot of event ${skipped - 1}`;
  logger.log(
    'info',
    'session_recovered',
    `Brought back ${from}: ${events - skipped} of ${events} events were replayed in ${durationMs} ms`,
    { events, replayed: events - skipped, duration_ms: durationMs },
  );
}
