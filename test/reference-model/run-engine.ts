/** Plays a scenario through the real engine and writes down what it came to. */

import { EventBlock, EventKind, NO_TIME } from '../../src/core/domain/event-block.ts';
import type { OrderIntent } from '../../src/core/domain/order.ts';
import type { Output } from '../../src/core/domain/outputs.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { lots, markPrice, rate, ticks } from '../../src/core/domain/units.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import type { MarketView } from '../../src/core/strategy/strategy.ts';
import { START_MS, sessionStart, strategyOf } from '../builders/session.ts';
import { exact } from '../e2e/support/exact-decimal.ts';
import { OPENING, type Outcome } from './outcome.ts';
import {
  type Action,
  INSTRUMENTS,
  type MarketEvent,
  type Scenario,
  type Terms,
  type Timed,
} from './scenario.ts';

/** A limit that no loss reaches. */
const NO_LIMIT_PERCENT = 1_000_000;

/** The session that a scenario's terms describe. */
export function startOf(terms: Terms): SessionStart {
  return sessionStart({
    instruments: INSTRUMENTS.slice(0, terms.instruments),
    duration_ms: null,
    leverage: terms.leverage,
    margin_mode: terms.marginMode,
    liquidation: { on_event: 'continue', fee_rate: '0.0006', tier_rule: 'position' },
    maker_fee_rate: terms.makerFee,
    taker_fee_rate: terms.takerFee,
    request_latency_ms: terms.requestMs,
    response_latency_ms: terms.responseMs,
    fills: {
      ...sessionStart().fills,
      queue_exponent: terms.queueExponent,
      tail_max_age_ms: terms.tailAgeMs,
    },
    stale_timeout_ms: terms.staleMs,
    on_end: 'keep',
    account: { ...sessionStart().account, wallet: terms.wallet, opening_balance: terms.wallet },
    risk: {
      max_orders_per_second: terms.ordersPerSecond,
      max_day_loss_percent: terms.dayLossPercent,
      max_account_loss_percent: NO_LIMIT_PERCENT,
      max_notional: terms.maxNotional,
      max_leverage: terms.gateLeverage,
    },
  });
}

export function intentOf(action: Action): OrderIntent {
  switch (action.do) {
    case 'submit': {
      const { do: _, tif, clientId, price, trigger, bracket, ...rest } = action;
      const tick = (value: number | null) => (value === null ? null : ticks(value));
      return {
        ...rest,
        action: 'submit',
        quantity: lots(action.quantity),
        price: tick(price),
        trigger: trigger === null ? null : { ...trigger, price: tick(trigger.price) },
        bracket:
          bracket === null
            ? null
            : { on: bracket.on, takeProfit: tick(bracket.takeProfit), stopLoss: tick(bracket.stopLoss) },
        timeInForce: tif,
        clientOrderId: clientId,
        tag: 'signal',
      };
    }
    case 'cancel':
      return { action: 'cancel', orderId: null, clientOrderId: action.id };
    case 'amend': {
      const { price, quantity } = action;
      return {
        ...{ action: 'amend', orderId: null, clientOrderId: action.id },
        price: price === null ? null : ticks(price),
        quantity: quantity === null ? null : lots(quantity),
      };
    }
    case 'flatten':
      return { action: 'flatten' };
  }
}

export function append(block: EventBlock, event: Timed<MarketEvent>): void {
  const at = START_MS + event.atMs;
  switch (event.do) {
    case 'book': {
      const { instrument, levels, isSnapshot } = event;
      const exchangeAt = event.exchangeMs === null ? NO_TIME : START_MS + event.exchangeMs;
      const kind = isSnapshot ? EventKind.bookSnapshot : EventKind.bookDelta;
      block.appendBook(kind, instrument, at, exchangeAt, levels.length);
      for (const [place, { isBid, price, quantity }] of levels.entries()) {
        const isLast = place === levels.length - 1;
        block.appendLevel(instrument, at, exchangeAt, isBid, ticks(price), lots(quantity), isLast);
      }
      break;
    }
    case 'tail': {
      const { instrument, levels } = event;
      block.appendBook(EventKind.bookTail, instrument, at, NO_TIME, levels.length);
      for (const [place, { isBid, price, quantity }] of levels.entries()) {
        const isLast = place === levels.length - 1;
        block.appendLevel(instrument, at, NO_TIME, isBid, ticks(price), lots(quantity), isLast);
      }
      break;
    }
    case 'trade': {
      const { instrument, taker, price, quantity, exchangeMs } = event;
      block.appendTrade(instrument, at, START_MS + exchangeMs, taker, ticks(price), lots(quantity));
      break;
    }
    case 'mark': {
      const { nextSettlementMs } = event;
      block.appendMark(event.instrument, at, at, {
        ...{ index: null, settledRate: null, lastSettlementMs: null },
        mark: markPrice(event.mark),
        nextSettlementMs: nextSettlementMs === null ? null : START_MS + nextSettlementMs,
      });
      break;
    }
    case 'funding': {
      const { instrument, settlementMs } = event;
      block.appendFunding(instrument, at, START_MS + settlementMs, rate(event.rate), markPrice(event.mark));
      break;
    }
    case 'disconnect':
      block.appendFeed(at, { feed: 'ticker', state: 'disconnected', reconnects: 0, detail: null });
      break;
    case 'pause':
    case 'resume':
      block.appendCommand(at, { type: event.do });
      break;
    case 'time':
      block.appendTimeAdvanced(at);
      break;
  }
}

export interface EngineRun {
  readonly outputs: readonly Output[];
  readonly outcome: Outcome;
  readonly hash: string;
}

export interface RunOptions {
  /** Where the stream is cut. */
  readonly eventsPerBlock?: number;
  /** What becomes of a block on its way to the engine. */
  readonly pass?: (block: EventBlock) => EventBlock;
  /** The run is broken off after so many events. */
  readonly eventsMax?: number;
}

/** What the market does from its opening to the end of the scenario. */
export function eventsOf({ terms, events, endMs }: Scenario): readonly Timed<MarketEvent>[] {
  const opening = OPENING.slice(0, terms.instruments).flat();
  return [...opening.map((event) => ({ ...event, atMs: 0 })), ...events, { do: 'time', atMs: endMs }];
}

export function runEngine(scenario: Scenario, options: RunOptions = {}): EngineRun {
  const { eventsPerBlock = Number.POSITIVE_INFINITY, eventsMax = Number.POSITIVE_INFINITY } = options;
  const { terms, actions } = scenario;
  const start = startOf(terms);
  const engine = new Engine(
    start,
    strategyOf({
      onStart: (view: MarketView) => {
        for (const [place, { atMs }] of actions.entries()) view.setTimer(String(place), START_MS + atMs);
      },
      onTimer: (name: string) => {
        const action = actions[Number(name)];
        return action === undefined ? [] : [intentOf(action)];
      },
    }),
  );
  const all = eventsOf(scenario);
  const block = new EventBlock(1_024);
  const outputs: Output[] = [];
  let sequence = 0;
  const flush = (): void => {
    engine.process(options.pass?.(block) ?? block);
    sequence += block.events;
    block.reset(sequence);
    outputs.push(...engine.takeOutputs());
  };
  block.reset(0);
  block.appendSessionStarted(START_MS, start);
  for (const event of all) {
    if (sequence + block.events >= eventsMax) break;
    if (block.events >= eventsPerBlock || !block.hasRoom(64)) flush();
    append(block, event);
  }
  flush();
  return { outputs, outcome: outcomeOf(engine, outputs), hash: engine.stateHash() };
}

function outcomeOf(engine: Engine, outputs: readonly Output[]): Outcome {
  const [fills, changes, denials, ledger, trips]: [string[], string[], string[], string[], string[]] = [
    [],
    [],
    [],
    [],
    [],
  ];
  for (const output of outputs) {
    const at = output.timeMs - START_MS;
    if (output.type === 'fill') {
      const { fill } = output;
      const { spreadCost, latencyCost, impactCost, slippageCost } = fill;
      const costs =
        spreadCost === null ? 'unknown' : `${spreadCost} ${latencyCost} ${impactCost} ${slippageCost}`;
      fills.push(
        `${at} ${fill.orderId} ${fill.quantity}@${fill.price} ${fill.liquidity} fee ${fill.fee} queue ${fill.queueAheadAtAcceptance} costs ${costs} extrapolated ${fill.extrapolatedQuantity} event ${fill.evidenceSequence}`,
      );
    } else if (output.type === 'order') {
      const { id, status, reason, filled } = output.order;
      changes.push(`${at} ${id} ${status} ${reason} ${filled}`);
    } else if (output.type === 'denial') {
      denials.push(`${at} ${output.reason.code}`);
    } else if (output.type === 'ledger') {
      ledger.push(`${at} ${output.entry.kind} ${output.entry.amount}`);
    } else if (output.type === 'trade') {
      const { instrument, side, quantity, grossPnl, fees, funding } = output.trade;
      trips.push(`${instrument} ${side} ${quantity} ${grossPnl} ${fees} ${funding}`);
    }
  }
  const { wallet, equity, openOrders } = engine.status();
  const { positions } = engine.accountEnd();
  const holdings = engine.start.instruments.map(({ symbol, quantity_decimals: decimals }) => {
    const held = positions.find((position) => position.symbol === symbol);
    return held === undefined ? '0 0' : `${exact(held.quantity, decimals)} ${exact(held.cost)}`;
  });
  return { fills, changes, denials, ledger, trips, wallet, equity, holdings, working: openOrders };
}
