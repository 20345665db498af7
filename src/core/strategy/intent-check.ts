/**
 * Reads what a handler returned into intents of our own, and holds them against their shape before any of them acts:
 * strategies are people's own code, types are gone when it runs, and what they keep of an intent they may change. What is
 * within the shape and still unwise is the risk gate's business.
 */

import type { OrderIntent } from '../domain/order.ts';

/** Intents of one call at most. */
const MAX_INTENTS = 1_000;
const MAX_TEXT = 200;

const SIDES: ReadonlySet<unknown> = new Set(['buy', 'sell']);
const TYPES: ReadonlySet<unknown> = new Set([
  ...['market', 'limit', 'stop_market', 'stop_limit', 'take_profit', 'trailing_stop'],
]);
const TIMES_IN_FORCE: ReadonlySet<unknown> = new Set(['gtc', 'ioc', 'fok', 'post_only']);
const TRIGGERS: ReadonlySet<unknown> = new Set(['mark', 'last']);
const POSITION_SIDES: ReadonlySet<unknown> = new Set([undefined, 'long', 'short']);
const UNFIT_CODES: ReadonlySet<unknown> = new Set(['quantity_invalid', 'price_invalid', 'trigger_invalid']);

type Fields = Readonly<Record<string, unknown>>;

/**
 * The intents, each value read once into a copy, or what is wrong with them in words. `instruments`: how many the session
 * has. Throws what reading them throws.
 */
export function readIntents(result: unknown, instruments: number): readonly OrderIntent[] | string {
  if (result === undefined || result === null) return [];
  if (!Array.isArray(result)) return `returned ${describe(result)} instead of a list of intents`;
  const { length } = result;
  if (length > MAX_INTENTS) return `returned ${length} intents, more than ${MAX_INTENTS}`;
  const intents: unknown[] = [];
  for (let at = 0; at < length; at++) {
    const returned: unknown = result[at];
    const intent = isFields(returned) ? copyIntent(returned) : null;
    const wrong = intent === null ? `an intent is ${describe(returned)}` : wrongWith(intent, instruments);
    if (wrong !== null) return `returned nonsense: ${wrong}`;
    intents.push(intent);
  }
  return intents as readonly OrderIntent[];
}

/** The fields that an intent can have, and no others; what can be null may be left out. */
function copyIntent(intent: Fields): Fields {
  const { action } = intent;
  switch (action) {
    case 'submit': {
      const { instrument, side, type, quantity, price, timeInForce, reduceOnly, positionSide } = intent;
      const { trigger, bracket, clientOrderId, tag, unfit } = intent;
      return {
        ...{ action, instrument, side, type, quantity, price: price ?? null, timeInForce, reduceOnly },
        ...(positionSide === undefined ? {} : { positionSide }),
        trigger: copyPart(trigger ?? null, ['on', 'price', 'trailBps']),
        bracket: copyPart(bracket ?? null, ['on', 'takeProfit', 'stopLoss']),
        ...{ clientOrderId: clientOrderId ?? null, tag },
        ...(unfit === undefined ? {} : { unfit: isFields(unfit) ? { ...unfit } : unfit }),
      };
    }
    case 'cancel': {
      const { orderId, clientOrderId } = intent;
      return { action, orderId: orderId ?? null, clientOrderId: clientOrderId ?? null };
    }
    case 'amend': {
      const { orderId, clientOrderId, price, quantity } = intent;
      return {
        ...{ action, orderId: orderId ?? null, clientOrderId: clientOrderId ?? null },
        ...{ price: price ?? null, quantity: quantity ?? null },
      };
    }
    default:
      return { action };
  }
}

function copyPart(part: unknown, names: readonly string[]): unknown {
  return isFields(part) ? Object.fromEntries(names.map((name) => [name, part[name] ?? null])) : part;
}

function wrongWith(intent: Fields, instruments: number): string | null {
  switch (intent['action']) {
    case 'submit':
      return wrongSubmit(intent, instruments);
    case 'cancel':
      return wrongName(intent);
    case 'amend':
      return wrongName(intent) ?? wrongNumber(intent, 'price', true) ?? wrongNumber(intent, 'quantity', true);
    case 'flatten':
      return null;
    default:
      return `action is ${describe(intent['action'])}`;
  }
}

function wrongSubmit(intent: Fields, instruments: number): string | null {
  const { instrument, trigger, bracket, tag } = intent as Fields & { readonly [key: string]: unknown };
  if (typeof instrument !== 'number' || !Number.isInteger(instrument))
    return `instrument is ${describe(instrument)}`;
  if (instrument < 0 || instrument >= instruments) return `the session has no instrument ${instrument}`;
  const wrong =
    wrongWord(intent, 'side', SIDES) ??
    wrongWord(intent, 'type', TYPES) ??
    wrongWord(intent, 'timeInForce', TIMES_IN_FORCE) ??
    wrongWord(intent, 'positionSide', POSITION_SIDES) ??
    wrongNumber(intent, 'quantity', false) ??
    wrongNumber(intent, 'price', true);
  if (wrong !== null) return wrong;
  if (typeof intent['reduceOnly'] !== 'boolean') return `reduceOnly is ${describe(intent['reduceOnly'])}`;
  if (!isText(tag)) return `tag is ${describe(tag)}`;
  if (intent['clientOrderId'] !== null && !isText(intent['clientOrderId']))
    return `clientOrderId is ${describe(intent['clientOrderId'])}`;
  if (intent['unfit'] !== undefined && !isUnfit(intent['unfit']))
    return `unfit is ${describe(intent['unfit'])}`;
  return (
    wrongPart('trigger', trigger, ['price']) ?? wrongPart('bracket', bracket, ['takeProfit', 'stopLoss'])
  );
}

/** A trigger or a bracket: null, or a source with whole prices. The distance of a trailing stop need not be whole. */
function wrongPart(name: string, part: unknown, prices: readonly string[]): string | null {
  if (part === null) return null;
  if (!isFields(part)) return `${name} is ${describe(part)}`;
  const wrong = wrongWord(part, 'on', TRIGGERS);
  if (wrong !== null) return `${name}: ${wrong}`;
  for (const price of prices) {
    const bad = wrongNumber(part, price, true);
    if (bad !== null) return `${name}: ${bad}`;
  }
  const { trailBps } = part as { readonly trailBps?: unknown };
  const isDistance = trailBps === undefined || trailBps === null || Number.isFinite(trailBps);
  return isDistance ? null : `${name}: trailBps is ${describe(trailBps)}`;
}

function isUnfit(reason: unknown): boolean {
  if (!isFields(reason) || !UNFIT_CODES.has(reason['code'])) return false;
  return Object.values(reason).every((value) => typeof value === 'string' && value.length <= MAX_TEXT);
}

function wrongName(intent: Fields): string | null {
  const names = [intent['orderId'], intent['clientOrderId']];
  if (names.every((name) => name === null || isText(name)) && names.some((name) => name !== null))
    return null;
  return `orderId is ${describe(names[0])}, clientOrderId ${describe(names[1])}`;
}

function wrongWord(fields: Fields, name: string, words: ReadonlySet<unknown>): string | null {
  return words.has(fields[name]) ? null : `${name} is ${describe(fields[name])}`;
}

function wrongNumber(fields: Fields, name: string, isOptional: boolean): string | null {
  const value = fields[name];
  if (isOptional && value === null) return null;
  return Number.isSafeInteger(value) ? null : `${name} is ${describe(value)}, not a whole number`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_TEXT));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value);
  return `a ${typeof value}`;
}
