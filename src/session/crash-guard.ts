/**
 * Catches what nobody caught: uncaught exceptions and unhandled rejections of the whole process, from its creation on.
 *
 * Before a session exists, a crash breaks off whatever is awaited beside {@link CrashGuard.crashed}; afterwards it goes to
 * the session, which ends itself in order. Assumption: one guard a process.
 */

export class CrashGuard {
  /** Rejects with the first crash that no listener took. */
  readonly crashed: Promise<never>;
  #reject: (error: unknown) => void = () => {};
  #listener: ((error: unknown) => void) | null = null;
  readonly #hear = (error: unknown): void => {
    if (this.#listener === null) this.#reject(error);
    else this.#listener(error);
  };

  constructor() {
    this.crashed = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    // Whoever does not await it must not turn a crash into another one.
    this.crashed.catch(() => {});
    process.on('uncaughtException', this.#hear);
    process.on('unhandledRejection', this.#hear);
  }

  /** From now on crashes go to `listener`. */
  handOver(listener: (error: unknown) => void): void {
    this.#listener = listener;
  }

  close(): void {
    process.off('uncaughtException', this.#hear);
    process.off('unhandledRejection', this.#hear);
  }
}
