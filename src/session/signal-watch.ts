/**
 * SIGINT and SIGTERM: the first asks for a graceful end, a second one for haste.
 *
 * One press of Ctrl-C can arrive several times, because npm and the launcher pass it on to us as well: signals within
 * {@link ONE_PRESS_MS} of the first are that same press.
 */

const ONE_PRESS_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SignalWatchOptions {
  readonly onFirst: (signal: string) => void;
  readonly onSecond: (signal: string) => void;
}

export function watchSignals(options: SignalWatchOptions): { close(): void } {
  let firstMs: number | null = null;
  const hear = (signal: string): void => {
    const nowMs = performance.now();
    if (firstMs === null) {
      firstMs = nowMs;
      options.onFirst(signal);
    } else if (nowMs - firstMs > ONE_PRESS_MS) {
      options.onSecond(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    close() {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
