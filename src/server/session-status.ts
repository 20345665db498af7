/** The heartbeat's fields with what only the running process knows: the venue's time, and whether trading is paused. */

import type { Status } from '../protocol/messages.ts';
import type { SessionAccess } from './session-access.ts';

export function describeStatus(session: SessionAccess): Status {
  const engine = session.model()?.engine.status() ?? null;
  const { cpu_pct: _oldName, symbols, positions, ...fields } = session.status();
  return {
    ...fields,
    ...(symbols === undefined ? {} : { symbols: [...symbols] }),
    ...(positions === undefined ? {} : { positions: positions === null ? null : [...positions] }),
    feeds: { ...fields.feeds },
    session_time_ms: engine === null ? null : engine.timeMs,
    is_paused: engine?.isPaused ?? false,
  };
}
