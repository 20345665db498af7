/**
 * `/metrics`: the session and its server in the Prometheus text format.
 *
 * Figures are read when they are asked for; only requests are counted as they happen. A figure that is not known is
 * absent, never 0. Money and quantities are floats here, for graphs: the exact ones are in the other answers.
 */

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SessionAccess } from './session-access.ts';
import { type Figure, listFigures } from './session-figures.ts';
import type { StreamHub } from './stream-hub.ts';

const MS_PER_SECOND = 1_000;
const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

export class HttpMetrics {
  readonly #session: SessionAccess;
  readonly #hub: StreamHub;
  readonly #collected = new Registry();
  readonly #shown = new Map<string, Gauge | Counter>();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'route'>;

  constructor(session: SessionAccess, hub: StreamHub) {
    this.#session = session;
    this.#hub = hub;
    const registers = [this.#collected];
    this.#requests = new Counter({
      name: 'laptop_agents_http_requests_total',
      help: 'Requests answered, by method, route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'laptop_agents_http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer, seconds',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    });
  }

  get contentType(): string {
    return this.#collected.contentType;
  }

  /** `route`: the pattern that matched; null for none, so that names from outside make no new series. */
  count(method: string, route: string | null, status: number, durationMs: number): void {
    this.#requests.inc({ method, route: route ?? 'none', status: String(status) });
    this.#durations.observe({ route: route ?? 'none' }, durationMs / MS_PER_SECOND);
  }

  render(): Promise<string> {
    for (const figure of listFigures(this.#session, this.#hub.counts)) this.#set(figure);
    return this.#collected.metrics();
  }

  #set({ name, help, type, labelNames, values }: Figure): void {
    let shown = this.#shown.get(name);
    if (shown === undefined) {
      const Metric = type === 'gauge' ? Gauge : Counter;
      shown = new Metric({ name, help, labelNames: [...labelNames], registers: [this.#collected] });
      this.#shown.set(name, shown);
    }
    shown.reset();
    // A reset figure without labels stands at 0, which is not the same as unknown.
    if (labelNames.length === 0 && values.length === 0) shown.remove();
    // From 0, so that both kinds end at the value.
    for (const { labels, value } of values) shown.inc(labels, value);
  }
}
