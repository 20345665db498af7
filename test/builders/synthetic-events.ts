/**
 * A session's events from the synthetic market, made in the process and as fast as it goes: no sockets, no clock. The same
 * seed gives the same events on every machine.
 */

import { EventBlock, EventKind, FLAG_HISTORY } from '../../src/core/domain/event-block.ts';
import type { InstrumentSpec } from '../../src/core/domain/instrument.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { lots, markPrice, ticks } from '../../src/core/domain/units.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';
import type { InstrumentMarket } from '../../src/venues/simulated/market/instrument-market.ts';
import type { Bar } from '../../src/venues/simulated/market/bar-store.ts';
import { createSyntheticMarket } from '../../src/venues/simulated/synthetic-market.ts';
import { BTCUSDT, START_MS, sessionStart } from './session.ts';

const STEP_MS = 200;
const MINUTE_MS = 60_000;
const LEVELS = 15;
const HISTORY_BARS = 30;
const BLOCK_ROWS = 4_096;
const MARK_EVERY_MS = 1_000;
/** Between print and arrival: what a decision can be late by. */
const TRANSPORT_MS = 15;

/** Orders of every kind that need no exact price, spread over half a minute, again and again. */
function busyScript(rounds: number): object[] {
  const actions: object[] = [];
  for (let round = 0; round < rounds; round++) {
    const at = (seconds: number): string => `${round * 30_000 + seconds * 1_000}ms`;
    const market = { action: 'submit', type: 'market' };
    const limit = { action: 'submit', type: 'limit' };
    actions.push(
      { at: at(1), id: `in-${round}`, side: 'buy', quantity: '0.3', ...market },
      { at: at(2), id: `ask-${round}`, side: 'sell', quantity: '0.05', price_offset_bps: 0, ...limit },
      { at: at(3), id: `bid-${round}`, side: 'buy', quantity: '0.05', price_offset_bps: 0, ...limit },
      { at: at(4), id: `far-${round}`, side: 'buy', quantity: '0.05', price_offset_bps: 90, ...limit },
      { at: at(12), action: 'cancel', id: `far-${round}` },
      { at: at(15), id: `big-${round}`, side: 'buy', quantity: '90', ...market },
      { at: at(20), action: 'flatten' },
    );
  }
  return actions;
}

/** The start of a scripted session on the synthetic market. */
export function syntheticStart(seed: number, durationMs: number, sessionId = 'synthetic-1'): SessionStart {
  const actions = busyScript(Math.ceil(durationMs / 30_000));
  const strategy = createBuiltInStrategy('scripted', { actions });
  return sessionStart({
    session_id: sessionId,
    seed,
    source: 'synthetic',
    instruments: [SPEC],
    strategy: { name: 'scripted', params: strategy?.params },
    duration_ms: durationMs,
    min_history_bars: HISTORY_BARS,
    account: { ...sessionStart().account, wallet: '100000', opening_balance: '100000' },
  });
}

const SPEC: InstrumentSpec = { ...BTCUSDT, max_leverage: 125, price_protect: '0.05' };

/** Yields blocks of a few events, as a live session would append them; the block is reused. */
export function* syntheticEvents(start: SessionStart): Generator<EventBlock, void, undefined> {
  const durationMs = start.duration_ms ?? 0;
  const market = createSyntheticMarket({ seed: start.seed, startMs: START_MS });
  const contract = market.instruments[0];
  if (contract === undefined) throw new Error('the synthetic market lists nothing');
  const block = new EventBlock(BLOCK_ROWS);
  let sequence = 0;
  const next = (): EventBlock => {
    sequence += block.events;
    block.reset(sequence);
    return block;
  };
  next().appendSessionStarted(START_MS, start);
  for (const bar of barsOf(contract, START_MS - HISTORY_BARS * MINUTE_MS, START_MS)) {
    block.appendBar(0, START_MS, bar, FLAG_HISTORY);
  }
  yield block;
  let printed = contract.tape.sequence;
  for (let atMs = STEP_MS; atMs <= durationMs + 2 * STEP_MS; atMs += STEP_MS) {
    const timeMs = START_MS + atMs;
    market.advance(timeMs);
    next();
    for (const trade of contract.tape.since(printed)) {
      const side = trade.isBuy ? 'buy' : 'sell';
      block.appendTrade(0, timeMs + TRANSPORT_MS, trade.timeMs, side, ticks(trade.ticks), lots(trade.lots));
    }
    printed = contract.tape.sequence;
    if (atMs % MARK_EVERY_MS === 0) appendMark(block, contract, timeMs);
    if (block.events > 0) yield block;
    appendBook(next(), contract, timeMs);
    yield block;
    if (timeMs % MINUTE_MS === 0) {
      next();
      for (const bar of barsOf(contract, timeMs - MINUTE_MS, timeMs)) {
        block.appendBar(0, timeMs + TRANSPORT_MS, bar, 0);
      }
      yield block;
    }
  }
}

function* barsOf(contract: InstrumentMarket, fromMs: number, toMs: number): Generator<BarFieldsOf> {
  for (let openMs = fromMs; openMs < toMs; openMs += MINUTE_MS) {
    const bar = contract.bars.fold(openMs, openMs + MINUTE_MS);
    if (bar !== null) yield barFields(bar);
  }
}

type BarFieldsOf = Parameters<EventBlock['appendBar']>[2];

function barFields(bar: Bar): BarFieldsOf {
  return {
    openTimeMs: bar.openMs,
    lengthMs: MINUTE_MS,
    open: ticks(bar.open),
    high: ticks(bar.high),
    low: ticks(bar.low),
    close: ticks(bar.close),
    volume: lots(bar.lots),
  };
}

function appendMark(block: EventBlock, contract: InstrumentMarket, timeMs: number): void {
  // The contract's reference grid is its tick, 10^7 units of a mark price at one decimal.
  const scale = 10 ** (8 - contract.spec.referenceDecimals);
  block.appendMark(0, timeMs + TRANSPORT_MS, timeMs, {
    mark: markPrice(contract.reference.mark * scale),
    index: markPrice(contract.reference.index * scale),
    settledRate: null,
    lastSettlementMs: null,
    nextSettlementMs: contract.funding.nextSettlementMs,
  });
}

function appendBook(block: EventBlock, contract: InstrumentMarket, timeMs: number): void {
  const { bids, asks } = contract;
  const bidCount = Math.min(LEVELS, bids.size);
  const askCount = Math.min(LEVELS, asks.size);
  const receivedMs = timeMs + TRANSPORT_MS;
  const count = bidCount + askCount;
  block.appendBook(EventKind.bookSnapshot, 0, receivedMs, timeMs, count);
  for (let level = 0; level < count; level++) {
    const isBid = level < bidCount;
    const side = isBid ? bids : asks;
    const rank = isBid ? level : level - bidCount;
    const price = ticks(side.ticksAt(rank) ?? 0);
    block.appendLevel(0, receivedMs, timeMs, isBid, price, lots(side.lotsAt(rank)), level === count - 1);
  }
}
