/**
 * The thread that delivers alerts; see {@link AlertDelivery}.
 *
 * Only one process delivers a workspace's alerts at a time: others wait for the place, and take it when its holder is gone.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { DeliveryStore, takeDelivery } from '../alerts/delivery-store.ts';
import { type CourierTask, startCourier } from './alert-courier-task.ts';
import { type CourierNews, SETTLE_LIMIT_MS } from './alert-delivery.ts';

// A diagnostic report of Node shows the process's environment, secrets included, once for each thread that does not say so.
process.report.excludeEnv = true;

/** How often the place is asked for. */
const PLACE_INTERVAL_MS = 1_000;

/** After the disk or the store failed. */
const REPAIR_INTERVAL_MS = 10_000;

const task = workerData as CourierTask;
const closing = new AbortController();
parentPort?.once('message', () => closing.abort());

function tell(news: CourierNews): void {
  parentPort?.postMessage(news);
}

async function pause(ms: number): Promise<void> {
  try {
    await delay(ms, undefined, { signal: closing.signal });
  } catch {
    // The thread is to end.
  }
}

/** Delivers until the thread is to end; false where another process does. Throws what the disk throws. */
async function deliver(): Promise<boolean> {
  const place = takeDelivery(task.paths.alertDeliveryLock);
  if (place === null) return false;
  try {
    const store = DeliveryStore.open(task.paths.alertOutbox);
    try {
      const courier = startCourier(task, store, tell);
      const isClosing = new Promise<void>((resolve) => {
        if (closing.signal.aborted) resolve();
        closing.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([courier.ended, isClosing]);
      await courier.settle(SETTLE_LIMIT_MS);
      await courier.close();
    } finally {
      store.close();
    }
  } finally {
    place.release();
  }
  return true;
}

while (!closing.signal.aborted) {
  try {
    if (!(await deliver())) await pause(PLACE_INTERVAL_MS);
  } catch (error) {
    tell({ kind: 'trouble', detail: error instanceof Error ? error.message : String(error) });
    await pause(REPAIR_INTERVAL_MS);
  }
}
parentPort?.close();
