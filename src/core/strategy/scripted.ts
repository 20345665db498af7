/**
 * The strategy that does what its parameters list: for tests, demonstrations and learning how the exchange behaves.
 *
 * Times count from the moment the session runs. `id` becomes the client order id: one that is submitted again names its first
 * order. A quantity or a price that is not on the contract's grid is denied, never rounded.
 */

import { z } from 'zod';
import { DecimalError } from '../base/fixed-point.ts';
import { parseSpanMs, SECOND_MS } from '../base/time.ts';
import { type Instrument, formatQuantity, parsePrice, parseQuantity } from '../domain/instrument.ts';
import type { Bracket, OrderIntent, SubmitIntent } from '../domain/order.ts';
import { type Ticks, lots, ticks } from '../domain/units.ts';
import { type MarketView, conditionalOrder, defineStrategy, limitOrder, marketOrder } from './strategy.ts';

const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'a decimal number as text, as "0.01"');
const span = z
  .string()
  .refine((text) => parseSpanMs(text, SECOND_MS) !== null, 'a span of time, as "2s", "500ms" or "1m30s"');
const id = z.string().min(1).max(64);

const submit = z
  .strictObject({
    at: span,
    action: z.literal('submit'),
    id,
    symbol: z.string().optional(),
    side: z.enum(['buy', 'sell']),
    type: z.enum(['market', 'limit', 'stop_market', 'stop_limit', 'take_profit', 'trailing_stop']),
    quantity: decimal,
    price: decimal.optional(),
    /** From the best price of the order's own side, positive = away from the market; a trailing stop's distance. */
    price_offset_bps: z.number().min(-10_000).max(10_000).optional(),
    time_in_force: z.enum(['gtc', 'ioc', 'fok', 'post_only']).default('gtc'),
    reduce_only: z.boolean().default(false),
    /** Which position it belongs to, in hedge mode. */
    position_side: z.enum(['long', 'short']).optional(),
    trigger_price: decimal.optional(),
    trigger_on: z.enum(['mark', 'last']).default('mark'),
    bracket: z
      .strictObject({ take_profit_price: decimal.optional(), stop_loss_price: decimal.optional() })
      .optional(),
  })
  .superRefine((order, context) => {
    const complain = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const isPriced = (order.price === undefined) !== (order.price_offset_bps === undefined);
    const hasPrice = order.price !== undefined || order.price_offset_bps !== undefined;
    const { type } = order;
    if ((type === 'limit' || type === 'stop_limit') && !isPriced)
      complain('price', `a ${type} order has either price or price_offset_bps`);
    if ((type === 'market' || type === 'stop_market') && hasPrice)
      complain('price', `a ${type} order has neither price nor price_offset_bps`);
    if (type === 'take_profit' && order.price_offset_bps !== undefined)
      complain('price_offset_bps', 'a take_profit order may have a price, not an offset');
    if (type === 'trailing_stop' && (order.price !== undefined || (order.price_offset_bps ?? 0) <= 0)) {
      complain(
        'price_offset_bps',
        'a trailing_stop needs its distance as a positive price_offset_bps, and no price',
      );
    }
    const needsTrigger = type === 'stop_market' || type === 'stop_limit' || type === 'take_profit';
    if (needsTrigger && order.trigger_price === undefined)
      complain('trigger_price', `a ${type} order needs a trigger_price`);
    if ((type === 'market' || type === 'limit') && order.trigger_price !== undefined)
      complain('trigger_price', `a ${type} order has no trigger_price`);
  });

const amend = z
  .strictObject({
    at: span,
    action: z.literal('amend'),
    id,
    price: decimal.optional(),
    quantity: decimal.optional(),
  })
  .refine(({ price, quantity }) => price !== undefined || quantity !== undefined, {
    message: 'an amend has a new price, a new quantity, or both',
    path: ['price'],
  });

const action = z.discriminatedUnion('action', [
  submit,
  amend,
  z.strictObject({ at: span, action: z.literal('cancel'), id }),
  z.strictObject({ at: span, action: z.literal('flatten') }),
]);

const params = z.strictObject({ actions: z.array(action).max(100_000).default([]) });

type Action = z.output<typeof action>;
type Submit = z.output<typeof submit>;

export const scripted = defineStrategy({
  name: 'scripted',
  params,
  historyBars: () => 0,
  // What is still to do waits in its timers.
  state: () => ({}),
  create({ actions }) {
    // An amend names an order, not its contract. Of an id that is used again the first submit counts.
    const symbols = new Map(
      actions
        .flatMap((entry) => (entry.action === 'submit' ? [[entry.id, entry.symbol] as const] : []))
        .toReversed(),
    );
    return {
      onStart(view) {
        for (const [index, entry] of actions.entries()) {
          view.setTimer(String(index), view.timeMs + (parseSpanMs(entry.at, SECOND_MS) ?? 0));
        }
      },
      onTimer(name, view) {
        const entry = actions[Number(name)];
        return entry === undefined ? [] : [intentOf(entry, view, symbols)];
      },
    };
  },
});

function intentOf(
  entry: Action,
  view: MarketView,
  symbols: ReadonlyMap<string, string | undefined>,
): OrderIntent {
  if (entry.action === 'flatten') return { action: 'flatten' };
  if (entry.action === 'cancel') return { action: 'cancel', orderId: null, clientOrderId: entry.id };
  const instrument = instrumentOf(entry.action === 'submit' ? entry.symbol : symbols.get(entry.id), view);
  if (entry.action === 'amend') {
    return {
      action: 'amend',
      orderId: null,
      clientOrderId: entry.id,
      price: optionalPrice(instrument, entry.price),
      quantity: entry.quantity === undefined ? null : parseQuantity(instrument, entry.quantity),
    };
  }
  const { index } = instrument;
  const common = {
    timeInForce: entry.time_in_force,
    reduceOnly: entry.reduce_only,
    ...(entry.position_side === undefined ? {} : { positionSide: entry.position_side }),
    clientOrderId: entry.id,
    tag: 'scripted',
  };
  const unfit = unfitPart(entry, instrument);
  if (unfit !== null) {
    const nothing = { quantity: lots(0), price: null, trigger: null, bracket: null };
    return {
      action: 'submit',
      instrument: index,
      side: entry.side,
      type: entry.type,
      ...nothing,
      ...common,
      unfit,
    };
  }
  const quantity = parseQuantity(instrument, entry.quantity);
  const options = { ...common, bracket: bracketOf(entry, instrument) };
  if (entry.type === 'market') return marketOrder(index, entry.side, quantity, options);
  if (entry.type === 'limit') {
    return limitOrder(index, entry.side, quantity, limitPrice(entry, instrument, view), options);
  }
  const isTrailing = entry.type === 'trailing_stop';
  const trigger = {
    on: entry.trigger_on,
    price: optionalPrice(instrument, entry.trigger_price),
    trailBps: isTrailing ? (entry.price_offset_bps ?? null) : null,
  };
  const isLimited = entry.price !== undefined || (entry.price_offset_bps !== undefined && !isTrailing);
  const price = isLimited ? limitPrice(entry, instrument, view) : null;
  return conditionalOrder(index, entry.side, entry.type, quantity, trigger, price, options);
}

/** What of an order the contract's grid has no place for; null = nothing. */
function unfitPart(entry: Submit, instrument: Instrument): NonNullable<SubmitIntent['unfit']> | null {
  const { quantity, price, trigger_price: trigger, bracket } = entry;
  if (!isOnGrid(() => parseQuantity(instrument, quantity))) {
    const minimum = formatQuantity(instrument, instrument.minQuantity);
    return { code: 'quantity_invalid', quantity, minimum };
  }
  const misses = (text: string | undefined): text is string =>
    !isOnGrid(() => optionalPrice(instrument, text));
  if (misses(price)) return { code: 'price_invalid', price };
  const off = [trigger, bracket?.take_profit_price, bracket?.stop_loss_price].find(misses);
  return off === undefined ? null : { code: 'trigger_invalid', price: off };
}

function isOnGrid(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof DecimalError) return false;
    throw error;
  }
}

function instrumentOf(symbol: string | undefined, view: MarketView): Instrument {
  const instrument =
    symbol === undefined ? view.instruments[0] : view.instruments.find((other) => other.symbol === symbol);
  if (instrument === undefined) throw new RangeError(`this session has no symbol ${symbol ?? ''}`);
  return instrument;
}

function optionalPrice(instrument: Instrument, text: string | undefined): Ticks | null {
  return text === undefined ? null : parsePrice(instrument, text);
}

function bracketOf({ bracket, trigger_on: on }: Submit, instrument: Instrument): Bracket | null {
  if (bracket === undefined) return null;
  return {
    on,
    takeProfit: optionalPrice(instrument, bracket.take_profit_price),
    stopLoss: optionalPrice(instrument, bracket.stop_loss_price),
  };
}

/**
 * An offset counts from the best price of the order's own side, positive = away from the market; rounded to the tick that
 * lies further away.
 */
function limitPrice(entry: Submit, instrument: Instrument, view: MarketView): Ticks {
  if (entry.price !== undefined) return parsePrice(instrument, entry.price);
  const isBuy = entry.side === 'buy';
  const best = isBuy ? view.bestBid(instrument.index) : view.bestAsk(instrument.index);
  if (best === null) throw new RangeError(`no best price to count the offset of ${entry.id} from`);
  const share = (entry.price_offset_bps ?? 0) / 10_000;
  return ticks(isBuy ? Math.floor(best * (1 - share)) : Math.ceil(best * (1 + share)));
}
