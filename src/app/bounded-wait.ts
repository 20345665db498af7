/** Waits for something that may never come, but not for ever. */

/** Whether `work` settled within `limitMs`. Rejects where it rejected in time; later failures are dropped. */
export async function isSettledWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), limitMs);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
