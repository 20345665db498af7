/** Frames of the page for the replica's readers: a timer until one is due, then the next frame. A hidden page has none. */

import type { FrameScheduler } from './replica-store.ts';

export const scheduleFrame: FrameScheduler = (callback, notBeforeMs) => {
  const waitMs = notBeforeMs - performance.now();
  if (waitMs <= 0) requestAnimationFrame(callback);
  else setTimeout(() => requestAnimationFrame(callback), waitMs);
};
