/**
 * Decides whether a session that has ended is started again.
 *
 *   how it ended                                            what the supervisor does
 *   0   duration_reached, recording_ended, stop_requested,  ends with it: a clean end
 *       signal
 *   1   crashed                                             starts it again
 *   1   already_running, workspace_unwritable               ends: a start would meet the same refusal
 *   2   config_invalid                                      ends: someone must correct it
 *   3   venue_fatal                                         ends: the venue has said no
 *   4   memory_limit, disk_full                             ends: a limit that someone set, or a disk that someone must free
 *   5   market_data_lost                                    ends: the session had waited for the data long enough
 *   6   max_loss, liquidated                                ends: a limit of risk is not to be walked around by a restart
 *   7   invariant_violated                                  ends: the books may be wrong, and trading on would build on them
 *   99  kill_switch                                         ends: it is meant
 *   a signal (kill -9, out of memory, a fault in native     starts it again: the session could not report itself
 *   code, the supervisor's own after a freeze),
 *   any other code
 *
 * A supervisor that was asked to end itself starts nothing any more.
 */

import { EXIT_CODES } from '../core/domain/reasons.ts';

/** How a process ended, as its parent learns it: one of the two is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type RestartVerdict = 'end' | 'restart';

const CRASHED = EXIT_CODES.crashed;
const REPORTED_CODES: ReadonlySet<number> = new Set(Object.values(EXIT_CODES));

/** Whether the session could say itself how it ended: report, alert and last heartbeat are its own. */
export function isSelfReported({ code }: ProcessEnd): boolean {
  return code !== null && REPORTED_CODES.has(code);
}

/** `stoppedReason`: what the session's last heartbeat gave; null where it had none. */
export function judgeEnd(end: ProcessEnd, stoppedReason: string | null): RestartVerdict {
  if (!isSelfReported(end)) return 'restart';
  if (end.code !== CRASHED) return 'end';
  return stoppedReason === null || stoppedReason === 'crashed' ? 'restart' : 'end';
}

/** Restarts that may fall into {@link RESTART_WINDOW_MS}. */
export const RESTARTS_MAXIMUM = 5;
export const RESTART_WINDOW_MS = 600_000;

/** Before the first restart of a window; doubled with each further one. */
const FIRST_DELAY_MS = 1_000;

/** Counts restarts, so that a session that cannot live is not started for ever. */
export class RestartBudget {
  #restartsMs: readonly number[] = [];

  /** Takes one restart out of the budget. Returns how long to wait before it, ms; null when there is none left. */
  take(nowMs: number): number | null {
    this.#restartsMs = this.#restartsMs.filter((atMs) => nowMs - atMs < RESTART_WINDOW_MS);
    const taken = this.#restartsMs.length;
    if (taken >= RESTARTS_MAXIMUM) return null;
    this.#restartsMs = [...this.#restartsMs, nowMs];
    return FIRST_DELAY_MS * 2 ** taken;
  }
}
