/** What one check of `la doctor` or `la run --preflight` found. */

/** fail: a session would break or be refused. warn: it would run, worse than it should. */
export interface CheckResult {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}
