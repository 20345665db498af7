/**
 * The strategy that does what its parameters list: for tests, demonstrations and learning how the exchange behaves.
 *
 * Times count from the moment the session runs. `id` becomes the client order id.
 */

import { z } from 'zod';
import { DecimalError } from '../base/fixed-point.ts';
import { parseSpanMs, SECOND_MS } from '../base/time.ts';
import { type Instrument, parsePrice, parseQuantity } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import { type Ticks, ticks } from '../domain/units.ts';
import { type MarketView, defineStrategy, limitOrder, marketOrder } from './strategy.ts';

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
    type: z.enum(['market', 'limit']),
    quantity: decimal,
    price: decimal.optional(),
    price_offset_bps: z.number().min(-10_000).max(10_000).optional(),
    time_in_force: z.enum(['gtc', 'ioc', 'fok', 'post_only']).default('gtc'),
    reduce_only: z.boolean().default(false),
  })
  .refine(
    ({ type, price, price_offset_bps: offset }) =>
      type === 'limit'
        ? (price === undefined) !== (offset === undefined)
        : price === undefined && offset === undefined,
    {
      message: 'a limit order has either price or price_offset_bps, a market order neither',
      path: ['price'],
    },
  );

const action = z.discriminatedUnion('action', [
  submit,
  z.strictObject({ at: span, action: z.literal('cancel'), id }),
  z.strictObject({ at: span, action: z.literal('flatten') }),
]);

const params = z.strictObject({ actions: z.array(action).max(100_000).default([]) }).refine(
  ({ actions }) => {
    const ids = actions.filter((entry) => entry.action === 'submit').map((entry) => entry.id);
    return new Set(ids).size === ids.length;
  },
  { message: 'every submit needs an id of its own', path: ['actions'] },
);

type Action = z.output<typeof action>;
type Submit = z.output<typeof submit>;

export const scripted = defineStrategy({
  name: 'scripted',
  params,
  historyBars: () => 0,
  create: ({ actions }) => ({
    onStart(view) {
      for (const [index, entry] of actions.entries()) {
        view.setTimer(String(index), view.timeMs + (parseSpanMs(entry.at, SECOND_MS) ?? 0));
      }
    },
    onTimer(name, view) {
      const entry = actions[Number(name)];
      return entry === undefined ? [] : [intentOf(entry, view)];
    },
  }),
});

function intentOf(entry: Action, view: MarketView): OrderIntent {
  if (entry.action === 'flatten') return { action: 'flatten' };
  if (entry.action === 'cancel') return { action: 'cancel', orderId: null, clientOrderId: entry.id };
  const instrument = view.instruments.find(({ symbol }) => symbol === entry.symbol) ?? view.instruments[0];
  if (instrument === undefined || (entry.symbol !== undefined && instrument.symbol !== entry.symbol)) {
    throw new DecimalError('no such symbol in this session', entry.symbol ?? '');
  }
  const quantity = parseQuantity(instrument, entry.quantity);
  const options = {
    timeInForce: entry.time_in_force,
    reduceOnly: entry.reduce_only,
    clientOrderId: entry.id,
    tag: 'scripted',
  };
  if (entry.type === 'market') return marketOrder(instrument.index, entry.side, quantity, options);
  return limitOrder(instrument.index, entry.side, quantity, limitPrice(entry, instrument, view), options);
}

/**
 * An offset counts from the best price of the order's own side, positive = away from the market; rounded to the tick that
 * lies further away.
 */
function limitPrice(entry: Submit, instrument: Instrument, view: MarketView): Ticks {
  if (entry.price !== undefined) return parsePrice(instrument, entry.price);
  const isBuy = entry.side === 'buy';
  const best = isBuy ? view.bestBid(instrument.index) : view.bestAsk(instrument.index);
  if (best === null) throw new DecimalError('no best price to count the offset from', entry.id);
  const share = (entry.price_offset_bps ?? 0) / 10_000;
  return ticks(isBuy ? Math.floor(best * (1 - share)) : Math.ceil(best * (1 + share)));
}
