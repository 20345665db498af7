/**
 * Delivers a workspace's alerts from a thread of its own, so that a slow or dead channel never holds up the process that
 * raised them. Where no channel is set, there is no thread.
 *
 * Whoever raises an alert only appends to `logs/alert.txt`; the thread reads it from there.
 */

import { Worker } from 'node:worker_threads';
import type { DeliveryEvent } from '../alerts/alert-courier.ts';
import { alertFileSize } from '../alerts/alert-feed.ts';
import type { Logger } from '../ports/logger.ts';
import { NO_ENVIRONMENT } from './thread-environment.ts';
import { type CourierTask, courierTask } from './alert-courier-task.ts';
import { isSettledWithin } from './bounded-wait.ts';
import type { AlertAccess, AlertSettings } from './config/alert-settings.ts';

/** How long the end of a process waits for its last alerts; what is not delivered by then is left to the next one. */
export const SETTLE_LIMIT_MS = 2_500;

/** Beyond it the thread itself is broken. */
const CLOSE_LIMIT_MS = SETTLE_LIMIT_MS + 1_000;

export type CourierNews =
  | DeliveryEvent
  /** The thread failed and tries again later. */
  | { readonly kind: 'trouble'; readonly detail: string };

/** What the thread is asked for. */
export type CourierOrder = 'close';

export class AlertDelivery {
  readonly #worker: Worker | null;
  readonly #ended: Promise<void>;

  private constructor(task: CourierTask, onNews: (news: CourierNews) => void) {
    if (task.channels.length === 0) {
      this.#worker = null;
      this.#ended = Promise.resolve();
      return;
    }
    const worker = new Worker(new URL('./alert-courier-worker.ts', import.meta.url), {
      workerData: task,
      env: NO_ENVIRONMENT,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.on('message', onNews);
    worker.on('error', (error) => {
      onNews({ kind: 'trouble', detail: error instanceof Error ? error.message : String(error) });
    });
    worker.on('exit', () => resolve());
    worker.unref();
    this.#worker = worker;
    this.#ended = promise;
  }

  /** To be called before this process raises its first alert. */
  static start(
    paths: CourierTask['paths'],
    settings: AlertSettings,
    access: AlertAccess,
    onNews: (news: CourierNews) => void,
  ): AlertDelivery {
    return new AlertDelivery(courierTask(paths, settings, access, alertFileSize(paths.alerts)), onNews);
  }

  /** Gives the last alerts a moment, then ends the thread. May be called twice. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    worker.postMessage('close' satisfies CourierOrder);
    if (!(await isSettledWithin(this.#ended, CLOSE_LIMIT_MS))) await worker.terminate();
  }
}

/** A sentence for whoever watches; null for what went well. */
export function describeTrouble(news: CourierNews): string | null {
  switch (news.kind) {
    case 'failing':
      return `alerts do not reach ${news.channel}: ${news.detail}`;
    case 'recovered':
      return `alerts reach ${news.channel} again`;
    case 'given_up':
      return `${news.channel} refused a message for a day; it is given up: ${news.detail}`;
    case 'trouble':
      return `alerts cannot be delivered: ${news.detail}`;
    case 'delivered':
      return null;
  }
}

const LOG_EVENTS = {
  failing: ['warning', 'alert_delivery_failed'],
  trouble: ['warning', 'alert_delivery_failed'],
  recovered: ['info', 'alert_delivery_recovered'],
  delivered: ['info', 'alert_delivered'],
  given_up: ['error', 'alert_given_up'],
} as const;

/** Writes what the thread tells into the system log. */
export function logDelivery(news: CourierNews, logger: Logger): void {
  const [level, event] = LOG_EVENTS[news.kind];
  const text = describeTrouble(news) ?? 'alerts were delivered';
  logger.log(level, event, text, {
    channel: news.kind === 'trouble' ? null : news.channel,
    ...(news.kind === 'delivered' ? { alerts: news.alerts } : {}),
  });
}
