/** The end of a session: as planned, or as asked for, with the steps of a stop until it has come. */

import type { StoppedReason } from '../domain/reasons.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { Due, type DuePayload } from './due.ts';
import type { EquitySampler } from './equity-sampler.ts';
import { type Lifecycle, STOP_STEP_MS } from './lifecycle.ts';
import type { MarketIntake } from './market-intake.ts';
import type { Schedule } from './schedule.ts';

export class SessionEnd {
  readonly #isFlattening: boolean;
  readonly #lifecycle: Lifecycle;
  readonly #intake: MarketIntake;
  readonly #sampler: EquitySampler;
  readonly #schedule: Schedule<DuePayload>;

  constructor(
    start: SessionStart,
    lifecycle: Lifecycle,
    intake: MarketIntake,
    sampler: EquitySampler,
    schedule: Schedule<DuePayload>,
  ) {
    this.#isFlattening = start.on_end === 'flatten';
    this.#lifecycle = lifecycle;
    this.#intake = intake;
    this.#sampler = sampler;
    this.#schedule = schedule;
  }

  /** Plans the ends that the session has from its start on. */
  begin({ duration_ms: durationMs, market_ends_after_ms: marketMs }: SessionStart, nowMs: number): void {
    this.plan(durationMs);
    if (marketMs !== null) this.#schedule.add(nowMs + marketMs, Due.sessionEnd, { end: 'recording_ended' });
  }

  /** A new plan replaces the former one, whose scheduled end then means nothing. */
  plan(durationMs: number | null): void {
    const endMs = this.#lifecycle.planEnd(durationMs);
    if (endMs !== null) this.#schedule.add(endMs, Due.sessionEnd, { end: 'duration_reached' });
  }

  /** Begins to stop; positions are closed where the session's terms say so, or whatever they say where it `mustFlatten`. */
  stop(nowMs: number, reason: StoppedReason, detail: string | null, mustFlatten = false): void {
    this.#intake.close(nowMs);
    this.#lifecycle.stop(nowMs, reason, detail, mustFlatten || this.#isFlattening);
    this.step(nowMs);
  }

  /** Looks whether a stop is done, and when to look again. */
  step(nowMs: number): void {
    if (this.#lifecycle.state !== 'stopping') return;
    if (this.#lifecycle.step(nowMs)) this.#sampler.point(nowMs);
    else this.scheduleStep(nowMs);
  }

  scheduleStep(nowMs: number): void {
    const nextMs = Math.max(nowMs + STOP_STEP_MS, this.#lifecycle.awayUntilMs);
    this.#schedule.add(nextMs, Due.stopStep, null);
  }

  /** Ends at once, whatever is open. */
  endNow(nowMs: number, reason: StoppedReason, detail: string | null): void {
    this.#lifecycle.end(nowMs, reason, detail);
    this.#sampler.point(nowMs);
  }
}
