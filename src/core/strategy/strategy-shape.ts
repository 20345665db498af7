/**
 * Holds what a strategy's author wrote against the shape of a strategy, before anything of it runs: types are gone by then,
 * and a handler with a slip in its name would simply never be called.
 */

/** What `create` may return, by name. */
const HANDLERS: ReadonlySet<string> = new Set([
  ...['onStart', 'onBar', 'onTrade', 'onBook', 'onFill', 'onOrder', 'onTimer'],
]);
const MAX_HISTORY_BARS = 1_000_000;

/** Throws TypeError that names the first part that is missing or wrong. */
export function requireDefinition(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null)
    throw new TypeError(`defineStrategy: expected an object, found ${found(definition)}`);
  const { name, params, historyBars, create, state, intervals } = definition as Readonly<
    Record<string, unknown>
  >;
  if (typeof name !== 'string' || name === '') throw wrong('name', 'a text', name);
  const hasParse = typeof params === 'object' && params !== null && 'parse' in params;
  if (!hasParse) throw wrong('params', 'a zod schema', params);
  if (typeof historyBars !== 'function')
    throw wrong('historyBars', 'a function that gives a number of bars', historyBars);
  if (typeof create !== 'function') throw wrong('create', 'a function that gives the handlers', create);
  for (const [part, value] of Object.entries({ state, intervals }))
    if (value !== undefined && typeof value !== 'function') throw wrong(part, 'a function', value);
}

/** Throws TypeError where it is no number of bars that can be waited for. */
export function requireHistoryBars(bars: unknown): number {
  if (typeof bars === 'number' && Number.isInteger(bars) && bars >= 0 && bars <= MAX_HISTORY_BARS)
    return bars;
  throw new TypeError(
    `historyBars: expected a whole number from 0 to ${MAX_HISTORY_BARS}, found ${found(bars)}`,
  );
}

/** Throws TypeError where `create` gave anything but handlers. */
export function requireHandlers<Handlers extends object>(handlers: Handlers): Handlers {
  const given: unknown = handlers;
  if (typeof given !== 'object' || given === null || 'then' in given)
    throw new TypeError(`create: expected an object of handlers, found ${found(given)}`);
  for (const name of HANDLERS) {
    const handler: unknown = Reflect.get(given, name);
    if (handler !== undefined && typeof handler !== 'function')
      throw new TypeError(`create: expected ${name} to be a function, found ${found(handler)}`);
  }
  const unknown = Object.keys(given).find((name) => /^on[A-Za-z]/.test(name) && !HANDLERS.has(name));
  if (unknown !== undefined)
    throw new TypeError(`create: expected handlers of ${[...HANDLERS].join(', ')}, found ${unknown}`);
  return handlers;
}

function wrong(part: string, expected: string, value: unknown): TypeError {
  return new TypeError(`defineStrategy: expected ${part} to be ${expected}, found ${found(value)}`);
}

function found(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined)
    return value === undefined ? 'nothing' : String(value);
  return typeof value === 'object' && 'then' in value ? 'a promise' : `a ${typeof value}`;
}
