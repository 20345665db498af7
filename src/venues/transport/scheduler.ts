/**
 * Timers behind an interface, so that deadlines are tested by moving a clock instead of waiting.
 *
 * Limit: delays up to 2^31 - 1 ms (24 days), the platform's own.
 */

export interface Timer {
  cancel(): void;
}

export interface Scheduler {
  /** Runs `action` once, `delayMs` from now, unless cancelled. */
  after(delayMs: number, action: () => void): Timer;
}

/** The platform's timers. */
export const systemScheduler: Scheduler = {
  after(delayMs, action) {
    const handle = setTimeout(action, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function pause(scheduler: Scheduler, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve();
    };
    const timer = scheduler.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
