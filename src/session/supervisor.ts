/**
 * Keeps a session alive from outside: starts it, watches its heartbeat, starts it again after a crash, ends as it ended.
 *
 * `restart-policy.ts` has the table of what is started again. A frozen session (its process lives, its heartbeat or its
 * event count stands still) is killed, which makes it a crash. Only time in which the supervisor itself ran counts as
 * standing still, so a laptop that slept kills nothing.
 * A session that had begun is continued, as the same session; one that had not is replaced by another.
 * Limits: a supervisor that is killed leaves its session running; the time between two processes is not traded.
 */

import type { AlertChannel } from '../ports/alert-channel.ts';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { WallClock } from '../ports/wall-clock.ts';
import {
  type ProcessEnd,
  RESTARTS_MAXIMUM,
  RESTART_WINDOW_MS,
  RestartBudget,
  isSelfReported,
  judgeEnd,
} from './restart-policy.ts';
import { StallJudge } from './stall-judge.ts';

const LOOK_INTERVAL_MS = 1_000;

/** A longer pause between two looks means that the supervisor itself did not run. */
const LONGEST_STEP_MS = 3 * LOOK_INTERVAL_MS;

/** A heartbeat that stands still for so long is that of a frozen session. */
export const FROZEN_AFTER_MS = 15_000;

/** The same for one that has not beaten yet, and for one that writes its results, which is long synchronous work. */
export const STARTING_PATIENCE_MS = 30_000;
export const STOPPING_PATIENCE_MS = 120_000;

/** The same for one that is continued: it replays all of its log before its first heartbeat. */
const RECOVERING_PATIENCE_MS = 3_600_000;

/** Less than this left of the duration is not worth a session. */
const REMAINING_MINIMUM_MS = 1_000;

/** Exit code of a process that signal n ended, as shells have it: this and n. */
const SIGNAL_CODE_BASE = 128;

export interface SupervisedSession {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** What is started: the first session, the one that crashed once more, or another one in its place. */
export interface NextSession {
  readonly kind: 'first' | 'resumed' | 'another';
  /** Its duration where it is not resumed; null = for ever. */
  readonly remainingMs: number | null;
}

export interface SupervisorOptions {
  /** null = for ever. */
  readonly durationMs: number | null;
  /** Whether the session that ended last can be continued. */
  readonly canResume: () => boolean;
  readonly start: (next: NextSession) => SupervisedSession;
  readonly readHeartbeat: () => HeartbeatFields | null;
  /** Marks the last heartbeat of a dead session as ended, so that its end is reported once. */
  readonly markEnded: (last: HeartbeatFields) => void;
  /** Whether another living process holds the workspace. */
  readonly isHeldByOther: () => boolean;
  /** What a last heartbeat said, for an alert. */
  readonly lastWords: (last: HeartbeatFields | null) => string;
  /** The session that is watched is alive; told with each look. */
  readonly onAlive: () => void;
  readonly signalNumber: (signal: NodeJS.Signals) => number;
  readonly alerts: AlertChannel;
  /** A line for the person who watches. */
  readonly note: (text: string) => void;
  readonly clock: WallClock;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #budget = new RestartBudget();
  #session: SupervisedSession | null = null;
  #isStopping = false;
  #isFrozen = false;
  /** When the session should end, UTC ms; null before a heartbeat told. */
  #plannedEndMs: number | null = null;
  #cutShort: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Runs until a session has ended for good; returns its exit code. */
  async run(): Promise<number> {
    const { durationMs, start, canResume, alerts, note, clock } = this.#options;
    let next: NextSession = { kind: 'first', remainingMs: durationMs };
    for (;;) {
      const session = start(next);
      const end = await this.#attend(session, next.kind === 'resumed');
      const code = this.#exitCode(end);
      if (this.#isStopping || judgeEnd(end, this.#reasonOf(session.pid)) === 'end') return code;
      const remainingMs = this.#remainingMs();
      const isTooLate = remainingMs !== null && remainingMs < REMAINING_MINIMUM_MS;
      // A session that is resumed after its time still closes what is open, and reports.
      if (isTooLate && !canResume()) return code;
      const delayMs = this.#budget.take(clock.monotonicMs());
      if (delayMs === null) {
        const text = `gave up after ${RESTARTS_MAXIMUM} restarts in ${RESTART_WINDOW_MS / 60_000} minutes`;
        alerts.raise('critical', 'watch_gave_up', text);
        note(`la watch: ${text}`);
        return code;
      }
      note(`la watch: the session crashed; starting it again in ${delayMs / 1_000} s`);
      if (!(await this.#wait(delayMs))) return code;
      next = { kind: canResume() ? 'resumed' : 'another', remainingMs };
    }
  }

  /** Passes a signal on to the session; nothing is started after it. */
  signal(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    this.#cutShort();
    this.#session?.kill(signal);
  }

  /** Watches a session until its process has ended, and reports the end where it could not do so itself. */
  async #attend(session: SupervisedSession, isResumed: boolean): Promise<ProcessEnd> {
    this.#session = session;
    this.#isFrozen = false;
    const judge = new StallJudge(LONGEST_STEP_MS);
    const firstPatienceMs = isResumed ? RECOVERING_PATIENCE_MS : STARTING_PATIENCE_MS;
    const timer = setInterval(() => this.#look(session, judge, firstPatienceMs), LOOK_INTERVAL_MS);
    const end = await session.ended;
    clearInterval(timer);
    this.#session = null;
    const last = this.#heartbeatOf(session.pid);
    this.#notePlan(last);
    if (isSelfReported(end)) return end;
    // What froze was told before it was killed; what was asked to end before it could listen did as asked.
    const isAsked = this.#isStopping && last === null;
    const isReported = last?.state === 'ended';
    if (!this.#isFrozen && !isAsked && !isReported) {
      const how = end.signal === null ? `code ${end.code ?? 'unknown'}` : end.signal;
      this.#tellDeath(session.pid, last, `ended without a report (${how})`);
    }
    if (last !== null && !isReported) this.#options.markEnded(last);
    return end;
  }

  #look(session: SupervisedSession, judge: StallJudge, firstPatienceMs: number): void {
    const beat = this.#heartbeatOf(session.pid);
    this.#notePlan(beat);
    if (this.#isFrozen) return;
    const stillMs = judge.observe(beatText(beat), this.#options.clock.monotonicMs());
    const patienceMs = beat === null ? firstPatienceMs : patienceWith(beat);
    if (stillMs < patienceMs) {
      this.#options.onAlive();
      return;
    }
    this.#isFrozen = true;
    this.#tellDeath(
      session.pid,
      beat,
      `is frozen: no sign of life for ${patienceMs / 1_000} s; it is killed`,
    );
    session.kill('SIGKILL');
  }

  /** The first session that tells when it will end settles it for those after it. */
  #notePlan(beat: HeartbeatFields | null): void {
    if (beat === null || beat.remaining === null) return;
    this.#plannedEndMs ??= (beat.unix_ts + beat.remaining) * 1_000;
  }

  #tellDeath(pid: number, last: HeartbeatFields | null, what: string): void {
    const { alerts, lastWords, note } = this.#options;
    const text = `session ${last?.session_id ?? 'of unknown id'} (pid ${pid}) ${what}; ${lastWords(last)}`;
    alerts.raise('critical', 'crashed', text);
    note(`la watch: ${text}`);
  }

  /** The last heartbeat, where it is that of process `pid`. */
  #heartbeatOf(pid: number): HeartbeatFields | null {
    const heartbeat = this.#options.readHeartbeat();
    return heartbeat?.pid === pid ? heartbeat : null;
  }

  #reasonOf(pid: number): string | null {
    const last = this.#heartbeatOf(pid);
    if (last !== null) return last.reason;
    return this.#options.isHeldByOther() ? 'already_running' : null;
  }

  #remainingMs(): number | null {
    const { durationMs, clock } = this.#options;
    if (durationMs === null || this.#plannedEndMs === null) return durationMs;
    return Math.max(0, Math.round(this.#plannedEndMs - clock.nowMs()));
  }

  #exitCode({ code, signal }: ProcessEnd): number {
    return signal === null ? (code ?? 1) : SIGNAL_CODE_BASE + this.#options.signalNumber(signal);
  }

  /** Returns whether the time passed without a signal. */
  #wait(delayMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), delayMs);
      this.#cutShort = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }
}

/** Changes with every sign of life: the clock of the heartbeat, and once the engine counts events, those too. */
function beatText(beat: HeartbeatFields | null): string {
  if (beat === null) return '';
  return beat.state === 'starting' || beat.state === 'stopping' || beat.events === null
    ? `${beat.unix_ts}`
    : `${beat.events}`;
}

function patienceWith(beat: HeartbeatFields): number {
  return beat.state === 'stopping' || beat.state === 'ended' ? STOPPING_PATIENCE_MS : FROZEN_AFTER_MS;
}
