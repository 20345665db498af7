/**
 * How long messages travel between us and the exchange, and when they arrive.
 *
 * The request latency includes the age of the book that is matched against: the feed is that late already. Three models:
 * `constant`; `distribution`, a shifted lognormal with the constant as its median; `measured`, one of the last
 * {@link MAX_ROUND_TRIPS} round trips of this session's own clock sync, whole for a request (the feed's way to us and the
 * order's way back) and half for a response, and the constant until the first is known. Draws come from a stream of their
 * own. Invariant: messages of one direction share one connection, so a later one never overtakes an earlier one.
 * Limit: a round trip of the clock sync is an HTTP request's; what the venue does between is in it.
 */

import type { SeededRandom } from '../base/random.ts';
import type { LatencyTerms } from '../domain/fill-terms.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';

/** Round trips drawn from: about two hours of the clock sync's samples. */
const MAX_ROUND_TRIPS = 256;
/** No drawn message is slower: one that is was lost, and a venue's client gives up before. */
const MAX_LATENCY_MS = 60_000;
/** The 99 % quantile of the standard normal distribution. */
const Z_99 = 2.326_347_874_040_841;

export class LatencyModel {
  readonly #terms: LatencyTerms;
  /** Every message takes the 99th percentile: the pessimistic exchange. */
  readonly #isSlow: boolean;
  readonly #requestMs: number;
  readonly #responseMs: number;
  readonly #random: SeededRandom;
  readonly #outputs: OutputBuffer;
  readonly #roundTrips = new Float64Array(MAX_ROUND_TRIPS);
  #samples = 0;
  #hasSaidUnmeasured = false;
  /** When the last message of each direction arrives. */
  #lastRequestMs = Number.NEGATIVE_INFINITY;
  #lastResponseMs = Number.NEGATIVE_INFINITY;

  /** `requestMs`, `responseMs`: the constants, the medians, and what stands in until something is measured. */
  constructor(
    terms: LatencyTerms,
    requestMs: number,
    responseMs: number,
    random: SeededRandom,
    outputs: OutputBuffer,
    isSlow = false,
  ) {
    this.#terms = terms;
    this.#isSlow = isSlow;
    this.#requestMs = requestMs;
    this.#responseMs = responseMs;
    this.#random = random;
    this.#outputs = outputs;
  }

  /** Takes a round trip of the clock sync, ms; one that is not known (NaN) or not positive is no sample. */
  noteRoundTrip(roundTripMs: number): void {
    if (!(roundTripMs > 0)) return;
    this.#roundTrips[this.#samples++ % MAX_ROUND_TRIPS] = roundTripMs;
  }

  /** When a message that leaves us now arrives at the exchange. */
  requestArrivalMs(nowMs: number): number {
    const travelMs = this.#draw(nowMs, this.#requestMs, this.#terms.request_p99_ms, 1);
    this.#lastRequestMs = Math.max(this.#lastRequestMs, nowMs + travelMs);
    return this.#lastRequestMs;
  }

  /** When a message that leaves the exchange now arrives at us. */
  responseArrivalMs(nowMs: number): number {
    const travelMs = this.#draw(nowMs, this.#responseMs, this.#terms.response_p99_ms, 0.5);
    this.#lastResponseMs = Math.max(this.#lastResponseMs, nowMs + travelMs);
    return this.#lastResponseMs;
  }

  /** One travel time, whole ms; `share`: part of a round trip that this direction takes. */
  #draw(nowMs: number, medianMs: number, p99Ms: number, share: number): number {
    if (this.#isSlow) return this.#slowMs(medianMs, p99Ms, share);
    switch (this.#terms.model) {
      case 'constant':
        return medianMs;
      case 'distribution': {
        const minimumMs = this.#terms.minimum_ms;
        const spread = Math.log((p99Ms - minimumMs) / (medianMs - minimumMs)) / Z_99;
        const aboveMs = (medianMs - minimumMs) * Math.exp(spread * this.#random.nextNormal());
        return Math.min(MAX_LATENCY_MS, Math.ceil(minimumMs + aboveMs));
      }
      case 'measured': {
        const known = Math.min(this.#samples, MAX_ROUND_TRIPS);
        if (known === 0) {
          this.#sayUnmeasured(nowMs, medianMs);
          return medianMs;
        }
        const roundTripMs = this.#roundTrips[this.#random.nextBelow(known)] ?? 0;
        return Math.min(MAX_LATENCY_MS, Math.ceil(roundTripMs * share));
      }
    }
  }

  /** The 99th percentile, named or measured; never faster than the median. */
  #slowMs(medianMs: number, p99Ms: number, share: number): number {
    if (this.#terms.model !== 'measured') return Math.max(medianMs, p99Ms);
    const roundTrips = this.#roundTrips.slice(0, Math.min(this.#samples, MAX_ROUND_TRIPS)).toSorted();
    const slowest = roundTrips[Math.ceil(roundTrips.length * 0.99) - 1];
    return slowest === undefined
      ? Math.max(medianMs, p99Ms)
      : Math.min(MAX_LATENCY_MS, Math.ceil(slowest * share));
  }

  #sayUnmeasured(nowMs: number, assumedMs: number): void {
    if (this.#hasSaidUnmeasured) return;
    this.#hasSaidUnmeasured = true;
    this.#outputs.push({
      type: 'log',
      timeMs: nowMs,
      level: 'info',
      event: 'latency_unmeasured',
      msg: 'No round trip is measured yet; the configured latency stands in',
      fields: { assumed_ms: assumedMs },
    });
  }

  save() {
    return {
      roundTrips: [...this.#roundTrips.subarray(0, this.#samples)],
      samples: this.#samples,
      hasSaidUnmeasured: this.#hasSaidUnmeasured,
      lastRequestMs: this.#lastRequestMs,
      lastResponseMs: this.#lastResponseMs,
    };
  }

  restore(state: ReturnType<LatencyModel['save']>): void {
    this.#roundTrips.set(state.roundTrips);
    this.#samples = state.samples;
    this.#hasSaidUnmeasured = state.hasSaidUnmeasured;
    this.#lastRequestMs = state.lastRequestMs;
    this.#lastResponseMs = state.lastResponseMs;
  }
}
