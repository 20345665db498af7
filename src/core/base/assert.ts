/** Assertions that stay on in production; a failed one is a bug, never an operating condition. */

/** A broken invariant of the program itself. Nobody catches it to go on: the session stops and says so. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws {@link InvariantViolation} with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** Closes a `switch` over a union: does not compile while a member is unhandled. */
export function assertNever(value: never, what: string): never {
  throw new InvariantViolation(`unhandled ${what}: ${String(value)}`);
}
