/** A trial that needed more memory than its thread has, and ended the run that it was made in. */

export class TrialMemoryError extends Error {
  readonly code = 'memory_limit';
  readonly retryable = false;

  /** `what`: the strategy's file and the trial's parameters. */
  constructor(what: string, limitMb: number, cause: unknown) {
    super(
      `memory_limit: ${what}: a trial needed more than the ${limitMb} MB of its thread; the run was ended and has no result`,
      { cause },
    );
    this.name = 'TrialMemoryError';
  }
}
