/** Makes plain data unchangeable, for the hands of people's own code. */

/** Freezes an object with all objects and lists below it; returns it. What is frozen already is taken to be so throughout. */
export function freezePlain<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freezePlain(part as object);
  }
  return Object.freeze(value);
}
