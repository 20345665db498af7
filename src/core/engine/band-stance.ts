/**
 * The other two exchanges of a session's band: what a start document becomes when doubt is decided in the account's favour,
 * and against it.
 *
 * Optimistic: orders and reports travel in no time, a resting order fills as soon as the opposite quote or a print touches
 * its price, nobody stands ahead of it. Pessimistic: every message takes its 99th percentile, only public trades shorten a
 * queue, and nothing fills beyond what was visible. A constant latency has the 99th percentile that the distribution names. Both keep fees, margin, limits, seed and account of the session.
 */

import type { SessionStart } from '../domain/session-start.ts';

export type Stance = 'optimistic' | 'pessimistic';

export function startOf(stance: Stance, start: SessionStart): SessionStart {
  const { latency } = start.fills;
  if (stance === 'optimistic') {
    return {
      ...start,
      request_latency_ms: 0,
      response_latency_ms: 0,
      fills: { ...start.fills, stance, latency: { ...latency, model: 'constant' } },
    };
  }
  return { ...start, fills: { ...start.fills, stance } };
}
