/** Runs the engine over a recorded session with a strategy, and tells what it did in raw units. */

import type { Output } from '../../src/core/domain/outputs.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { EventBlock } from '../../src/core/domain/event-block.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import type { StrategyHandlers } from '../../src/core/strategy/strategy.ts';
import type { RecordedSession } from '../../src/storage/recorded-session.ts';
import { sessionStart, strategyOf } from '../builders/session.ts';
import type { RestingSpan } from './queue-bounds.ts';

/** The recorded sessions of order books. */
export const SESSIONS = [
  'l2/binance-um-btcusdt-20230404T2358',
  'l2/binance-um-btcusdt-20240808T2354',
  'l2/binance-spot-btcusdt-20240808T2354',
  'l2/binance-spot-nexousdt-20240723T1539',
  'l2/hyperliquid-perp-btc-20250904T1946',
  'l2/hyperliquid-perp-eth-20250904T1946',
] as const;

/** A fill in integers of 10^-8. `evidence` is the number of the message that justifies it. */
export interface RawFill {
  readonly id: string;
  readonly orderId: string;
  readonly isBuy: boolean;
  readonly price: number;
  readonly quantity: number;
  readonly isMaker: boolean;
  readonly fee: bigint;
  readonly timeMs: number;
  readonly arrivalMs: number;
  readonly evidence: number;
}

export interface RecordedRun {
  readonly outputs: readonly Output[];
  readonly fills: readonly RawFill[];
  /** Limit orders while they rested. */
  readonly spans: readonly RestingSpan[];
  readonly startMs: number;
  readonly endMs: number;
}

const WALLET = '1000000000';

function startOf(session: RecordedSession): SessionStart {
  return sessionStart({
    ...{ instruments: [session.instrument], duration_ms: null, on_end: 'keep', margin_mode: 'cross' },
    account: { ...sessionStart().account, wallet: WALLET, opening_balance: WALLET },
    risk: {
      ...{ max_orders_per_second: 10_000, max_leverage: 1_000, max_notional: null },
      ...{ max_day_loss_percent: 1_000_000, max_account_loss_percent: 1_000_000 },
    },
  });
}

export function timesOf({ blocks }: RecordedSession): { readonly startMs: number; readonly endMs: number } {
  const last = blocks.at(-1);
  return {
    startMs: blocks[0]?.receivedTimeMs[0] ?? 0,
    endMs: last?.receivedTimeMs[last.length - 1] ?? 0,
  };
}

export function runRecorded(session: RecordedSession, handlers: StrategyHandlers): RecordedRun {
  const start = startOf(session);
  const { startMs, endMs } = timesOf(session);
  const engine = new Engine(start, strategyOf(handlers));
  const opening = new EventBlock(1);
  opening.reset(0);
  opening.appendSessionStarted(startMs, start);
  const outputs: Output[] = [];
  for (const block of [opening, ...session.blocks]) {
    engine.process(block);
    for (const output of engine.takeOutputs()) outputs.push(output);
  }
  const { price_decimals: priceDecimals, quantity_decimals: lotDecimals } = session.instrument;
  const [tick, lot] = [10 ** (8 - priceDecimals), 10 ** (8 - lotDecimals)];
  return {
    ...{ outputs, startMs, endMs },
    fills: outputs.flatMap((output): RawFill[] => {
      if (output.type !== 'fill') return [];
      const { fill } = output;
      return [
        {
          ...{ id: fill.id, orderId: fill.orderId, isBuy: fill.side === 'buy', fee: fill.fee },
          ...{ price: fill.price * tick, quantity: fill.quantity * lot, isMaker: fill.liquidity === 'maker' },
          ...{ timeMs: fill.timeMs, arrivalMs: fill.arrivalTimeMs, evidence: fill.evidenceSequence },
        },
      ];
    }),
    spans: spansOf(outputs, tick, lot),
  };
}

/** A limit order rests from the record that says so until the one that closes it; an amended one begins anew. */
function spansOf(outputs: readonly Output[], tick: number, lot: number): RestingSpan[] {
  const spans = new Map<string, RestingSpan>();
  for (const output of outputs) {
    if (output.type !== 'order') continue;
    const { order } = output;
    const { id, price, arrivalTimeMs: fromMs, timeInForce: force } = order;
    const canRest = order.type === 'limit' && (force === 'gtc' || force === 'post_only');
    if (!canRest || price === null || fromMs === null || order.status === 'rejected') continue;
    const key = `${id}@${fromMs}`;
    for (const [other, span] of spans) {
      if (span.id === id && other !== key && span.untilMs === Number.POSITIVE_INFINITY)
        spans.set(other, { ...span, untilMs: fromMs });
    }
    const isBid = order.side === 'buy';
    spans.set(key, {
      ...{ id, isBid, price: price * tick, quantity: order.quantity * lot, fromMs },
      untilMs: order.closedTimeMs ?? Number.POSITIVE_INFINITY,
    });
  }
  return [...spans.values()];
}
