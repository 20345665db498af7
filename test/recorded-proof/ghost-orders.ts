/**
 * Ghost orders: small orders that rest at the best bid and the best ask all through a recorded session, one a side.
 *
 * Each lives for a fixed time and is followed by the next one. How much of them the engine fills is held against two
 * bounds that come from the raw recording alone (queue-bounds.ts).
 */

import path from 'node:path';
import type { OrderIntent, Side } from '../../src/core/domain/order.ts';
import { lots } from '../../src/core/domain/units.ts';
import { type StrategyHandlers, limitOrder } from '../../src/core/strategy/strategy.ts';
import type { RecordedSession } from '../../src/storage/recorded-session.ts';
import { QueueBounds } from './queue-bounds.ts';
import { RawBook, type RawMessage } from './raw-session.ts';
import { runRecorded, timesOf } from './run-recorded.ts';

/** USDT. */
const GHOST_VALUE = 50;
/** Ghosts follow each other after this share of the session, but no faster than {@link LIFE_MIN_MS}. */
const LIVES = 400;
const LIFE_MIN_MS = 5_000;
const TIMER = 'ghost';

export interface GhostRow {
  readonly session: string;
  readonly lifeMs: number;
  readonly ghosts: number;
  /** Sums over the ghosts, as shares of what they asked for. */
  readonly least: number;
  readonly filled: number;
  readonly most: number;
  /** One sentence for each ghost outside of its bounds. */
  readonly findings: readonly string[];
}

/** `passes`: runs over the session, each with its ghosts at other times. */
export function haunt(
  name: string,
  session: RecordedSession,
  messages: readonly RawMessage[],
  passes: number,
): GhostRow {
  const { startMs, endMs } = timesOf(session);
  const lifeMs = Math.max(LIFE_MIN_MS, Math.round((endMs - startMs) / LIVES));
  const sums = { ghosts: 0, asked: 0, least: 0, filled: 0, most: 0 };
  const findings: string[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const delayMs = Math.round((lifeMs * pass) / passes);
    const run = runRecorded(session, ghosts(session, lifeMs, delayMs));
    const got = new Map<string, number>();
    for (const { orderId, quantity } of run.fills) got.set(orderId, (got.get(orderId) ?? 0) + quantity);
    for (const { span, least, most } of boundsOf(
      messages,
      run.spans.map((one) => new QueueBounds(one)),
    )) {
      const filled = got.get(span.id) ?? 0;
      sums.ghosts++;
      sums.asked += span.quantity;
      sums.least += least;
      sums.filled += filled;
      sums.most += most;
      if (filled < least || filled > most)
        findings.push(
          `pass ${pass}, ${span.id} at ${span.price} from ${span.fromMs}: ${filled}, not ${least} to ${most}`,
        );
    }
  }
  const share = (sum: number): number => sum / sums.asked;
  return {
    ...{ session: path.basename(name), lifeMs, ghosts: sums.ghosts, findings },
    ...{ least: share(sums.least), filled: share(sums.filled), most: share(sums.most) },
  };
}

function ghosts({ instrument }: RecordedSession, lifeMs: number, delayMs: number): StrategyHandlers {
  let sent = 0;
  const names: Record<Side, string | null> = { buy: null, sell: null };
  return {
    onStart: (view) => view.setTimer(TIMER, view.timeMs + delayMs),
    onTimer: (_, view) => {
      view.setTimer(TIMER, view.timeMs + lifeMs);
      return (['buy', 'sell'] as const).flatMap((side): OrderIntent[] => {
        const price = side === 'buy' ? view.bestBid(0) : view.bestAsk(0);
        const before = names[side];
        const leave: OrderIntent[] =
          before === null ? [] : [{ action: 'cancel', orderId: null, clientOrderId: before }];
        if (price === null) return leave;
        const lotValue = price * 10 ** -(instrument.price_decimals + instrument.quantity_decimals);
        const quantity = lots(Math.max(1, Math.round(GHOST_VALUE / lotValue)));
        const clientOrderId = `g${++sent}`;
        names[side] = clientOrderId;
        return [...leave, limitOrder(0, side, quantity, price, { timeInForce: 'post_only', clientOrderId })];
      });
    },
  };
}

/** Lets every order hear the recording once. */
function boundsOf(messages: readonly RawMessage[], bounds: readonly QueueBounds[]): readonly QueueBounds[] {
  const waiting = bounds.toSorted((one, other) => one.span.fromMs - other.span.fromMs);
  let active: QueueBounds[] = [];
  let next = 0;
  const book = new RawBook();
  for (const message of messages) {
    for (; (waiting[next]?.span.fromMs ?? Number.POSITIVE_INFINITY) <= message.timeMs; next++) {
      const arrived = waiting[next];
      if (arrived !== undefined) active.push(arrived);
    }
    for (const bound of active) bound.arrive(book, message.timeMs);
    if (message.kind === 'whole' || message.kind === 'update') book.apply(message);
    active = active.filter(({ span }) => span.untilMs >= message.timeMs);
    // Only a print needs to know whether the book is a market, and only while someone rests.
    const isMarket = message.print !== null && active.length > 0 && book.isMarket;
    for (const bound of active) bound.hear(message, book, isMarket);
  }
  return waiting;
}
