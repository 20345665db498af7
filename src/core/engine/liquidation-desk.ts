/**
 * Liquidation: what the venue does when margin is used up at a valid mark.
 *
 * Steps, as the venue's help pages tell them: cancel open orders (isolated: of the contract; cross: all), look again; while
 * the margin is still used up, reduce the position to the end of the next lower tier, look again; on the lowest tier close
 * it whole. Cross: the position on the highest tier first, then the one with the most maintenance margin, then the largest.
 * Invariants: decided by the one condition that the shown liquidation price solves; never on a mark that is stale, beyond
 * belief, or while the book is not valid; a closing that the book cannot take goes on at its next frames. Limits: no
 * auto-deleveraging, and the venue publishes neither its fee nor its fund's rules (docs/fill-model.md).
 */

import { assert } from '../base/assert.ts';
import { restoreEach } from '../base/saved-state.ts';
import { formatMarkPrice, formatMoney, formatQuantity } from '../domain/instrument.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { type Lots, type MarkPrice, type Money, lots, money } from '../domain/units.ts';
import { LIQUIDATION_DEFAULTS } from '../exchange/exchange-settings.ts';
import { bankruptcyMark, crossMaintenance, positionMaintenance } from '../exchange/maintenance.ts';
import { maintenanceMargin, tierIndex } from '../exchange/risk-tiers.ts';
import type { Position } from '../ledger/position.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { NO_PRICE } from '../market/order-book.ts';
import { passForced } from '../risk/risk-gate.ts';
import type { EngineParts } from './engine-parts.ts';
import { type Complaint, QualityStretch } from './quality-stretch.ts';

/** A mark this many times above or below the last price is an error of the feed, not a market. */
const BELIEF_FACTOR = 2;
const UNBELIEVABLE: Complaint = {
  kind: 'malformed',
  detail: `mark more than ${BELIEF_FACTOR} times off the last price; nothing was liquidated on it`,
};

/** The tag of forced orders: the exit reason of the trades they close. */
const LIQUIDATION = 'liquidation';

/** A position as its liquidation found it. */
interface Endangered {
  readonly quantity: Lots;
  readonly liquidation: MarkPrice | null;
  /** null in cross mode, where no single mark is it. */
  readonly bankruptcy: MarkPrice | null;
}

/** What the ledger holds of liquidations so far; signed as its entries. */
interface Charges {
  readonly fees: Money;
  readonly insurance: Money;
}

export class LiquidationDesk {
  readonly #start: SessionStart;
  readonly #parts: EngineParts;
  readonly #outputs: OutputBuffer;
  readonly #endSession: (detail: string) => void;
  readonly #stretches: readonly QualityStretch[];
  /** Whether a position may still owe lots: the book could not take them. */
  #isOwed = false;
  #events = 0;
  #orders = 0;
  #nowMs = 0;
  #sequence = 0;

  /** `endSession` is called after a liquidation, with what happened in words, where the session is not to go on. */
  constructor(
    start: SessionStart,
    parts: EngineParts,
    outputs: OutputBuffer,
    endSession: (detail: string) => void,
  ) {
    this.#start = start;
    this.#parts = parts;
    this.#outputs = outputs;
    const isLast = (start.liquidation ?? LIQUIDATION_DEFAULTS).on_event === 'end';
    this.#endSession = isLast ? endSession : () => undefined;
    this.#stretches = parts.markets.map((_, index) => new QualityStretch(outputs, index, 'mark'));
  }

  /** A valuation price that is no older than it may be was applied, and orders can fill. */
  onMark(market: InstrumentMarket, nowMs: number, sequence: number): void {
    const mark = market.valuationPrice;
    const { exchange } = this.#parts;
    const { index } = market.instrument;
    if (mark === null) return;
    if (!exchange.margin.watch.mayBeUsedUp(index, mark)) {
      this.#stretches[index]?.note(nowMs, null);
      return;
    }
    if (!this.#canClose(market)) return;
    const isBelieved = isBelievable(market, mark);
    this.#stretches[index]?.note(nowMs, isBelieved ? null : UNBELIEVABLE);
    if (!isBelieved) return;
    this.#nowMs = nowMs;
    this.#sequence = sequence;
    if (this.#parts.account.modes.marginMode === 'cross') {
      if (exchange.margin.isCrossUsedUp()) this.#liquidateCross();
      return;
    }
    for (const position of this.#parts.account.positions) {
      if (position.instrument.index === index && exchange.margin.isIsolatedUsedUp(position))
        this.#liquidateIsolated(position);
    }
  }

  /** A new frame: closings that the book could not take go on. */
  onFrame(market: InstrumentMarket, nowMs: number, sequence: number): void {
    if (!this.#isOwed || !this.#canClose(market)) return;
    this.#nowMs = nowMs;
    this.#sequence = sequence;
    const { positions } = this.#parts.account;
    for (const position of positions) {
      const { owed } = position;
      if (owed === 0 || position.instrument !== market.instrument) continue;
      position.owed = 0;
      this.#close(position, Math.min(owed, Math.abs(position.quantity)));
    }
    this.#isOwed = positions.some(({ owed }) => owed > 0);
  }

  #canClose(market: InstrumentMarket): boolean {
    if (market.isPlayingBar) return true;
    return this.#start.fill_model === 'parametric' ? market.lastPriceOrMid !== null : market.isBookValid;
  }

  #liquidateIsolated(position: Position): void {
    const { account, exchange } = this.#parts;
    const before = this.#describe(position);
    this.#events++;
    const totals = this.#totals();
    exchange.cancelForced(position.instrument.index, this.#nowMs, LIQUIDATION);
    while (exchange.margin.isIsolatedUsedUp(position)) {
      if (!this.#close(position, stepDown(position))) break;
    }
    this.#endSession(
      this.#say(position, before, totals, positionMaintenance(position, account, this.#tierRule)),
    );
  }

  #liquidateCross(): void {
    const { account, exchange } = this.#parts;
    this.#events++;
    const totals = this.#totals();
    exchange.cancelForced(null, this.#nowMs, LIQUIDATION);
    const details: string[] = [];
    while (exchange.margin.isCrossUsedUp()) {
      const position = this.#nextOfCross();
      if (position === null) break;
      const before = this.#describe(position);
      this.#close(position, stepDown(position));
      details.push(this.#say(position, before, totals, crossMaintenance(account, this.#tierRule)));
    }
    // Where cancelling was enough, nothing was liquidated.
    if (details.length > 0) this.#endSession(details.join('; '));
  }

  /** The position that the venue reduces next; null where none is left that its book can take. */
  #nextOfCross(): Position | null {
    let next: Position | null = null;
    for (const position of this.#parts.account.positions) {
      const market = this.#parts.markets[position.instrument.index];
      if (position.quantity === 0 || position.owed > 0) continue;
      if (market === undefined || !this.#canClose(market)) continue;
      if (next === null || this.#comesBefore(position, next)) next = position;
    }
    return next;
  }

  #comesBefore(one: Position, other: Position): boolean {
    const tiers = tierIndex(one.instrument, one.openValue) - tierIndex(other.instrument, other.openValue);
    if (tiers !== 0) return tiers > 0;
    const { leverage } = this.#parts.account.modes;
    const rule = this.#tierRule;
    const released =
      maintenanceMargin(one.instrument, one.openValue, leverage, rule) -
      maintenanceMargin(other.instrument, other.openValue, leverage, rule);
    return released === 0n ? one.openValue > other.openValue : released > 0n;
  }

  /** Closes lots of a position at market; false where the book could not take them all. */
  #close(position: Position, quantity: number): boolean {
    if (quantity <= 0) return true;
    const { exchange, markets } = this.#parts;
    const { index } = position.instrument;
    const order = exchange.forceClose(
      passForced({
        id: `${this.#start.session_id}-l${this.#events}-${++this.#orders}`,
        decisionTimeMs: this.#nowMs,
        ...decisionOf(markets[index]),
        intent: {
          action: 'submit',
          instrument: index,
          side: position.quantity > 0 ? 'sell' : 'buy',
          type: 'market',
          quantity: lots(quantity),
          price: null,
          trigger: null,
          bracket: null,
          timeInForce: 'ioc',
          reduceOnly: true,
          ...(position.slot === null ? {} : { positionSide: position.slot }),
          clientOrderId: null,
          tag: LIQUIDATION,
        },
      }),
      this.#nowMs,
      this.#sequence,
    );
    const left = quantity - order.filled;
    if (left > 0) {
      position.owed = left;
      this.#isOwed = true;
    }
    return left === 0;
  }

  get #tierRule(): EngineParts['exchange']['margin']['terms']['tierRule'] {
    return this.#parts.exchange.margin.terms.tierRule;
  }

  #totals(): Charges {
    const { ledger } = this.#parts.account;
    return { fees: ledger.total('liquidation_fee'), insurance: ledger.total('insurance') };
  }

  #describe(position: Position): Endangered {
    const { account, exchange } = this.#parts;
    const isIsolated = account.modes.marginMode === 'isolated';
    return {
      quantity: position.quantity,
      liquidation: exchange.margin.liquidationMark(position),
      bankruptcy: isIsolated ? bankruptcyMark(position, account) : null,
    };
  }

  #say(position: Position, before: Endangered, totals: Charges, maintenance: Money): string {
    const { instrument } = position;
    const mark = this.#parts.markets[instrument.index]?.valuationPrice ?? null;
    assert(mark !== null, 'a liquidation has a mark');
    const now = this.#totals();
    const side = before.quantity > 0 ? 'long' : 'short';
    const closed = lots(Math.abs(before.quantity - position.quantity));
    const detail = `${formatQuantity(instrument, closed)} ${instrument.symbol} ${side} liquidated at mark ${formatMarkPrice(mark)}`;
    this.#outputs.push({
      type: 'log',
      timeMs: this.#nowMs,
      level: 'critical',
      event: LIQUIDATION,
      msg: `Liquidation: ${detail}`,
      fields: {
        symbol: instrument.symbol,
        side,
        mark_price: formatMarkPrice(mark),
        liquidation_price: before.liquidation === null ? null : formatMarkPrice(before.liquidation),
        bankruptcy_price: before.bankruptcy === null ? null : formatMarkPrice(before.bankruptcy),
        closed_quantity: formatQuantity(instrument, closed),
        left_quantity: formatQuantity(instrument, lots(Math.abs(position.quantity))),
        maintenance_margin: formatMoney(maintenance),
        liquidation_fee: formatMoney(money(totals.fees - now.fees)),
        insurance: formatMoney(money(now.insurance - totals.insurance)),
      },
    });
    return detail;
  }

  save() {
    return {
      stretches: this.#stretches.map((stretch) => stretch.save()),
      isOwed: this.#isOwed,
      events: this.#events,
      orders: this.#orders,
      nowMs: this.#nowMs,
      sequence: this.#sequence,
    };
  }

  restore(state: ReturnType<LiquidationDesk['save']>): void {
    restoreEach(this.#stretches, state.stretches);
    this.#isOwed = state.isOwed;
    this.#events = state.events;
    this.#orders = state.orders;
    this.#nowMs = state.nowMs;
    this.#sequence = state.sequence;
  }
}

/** The market that the venue decides on: the book as it stands. */
function decisionOf(market: InstrumentMarket | undefined): {
  decisionMidX2: number | null;
  decisionBid: number | null;
} {
  const decisionMidX2 = market?.midX2 ?? null;
  return { decisionMidX2, decisionBid: decisionMidX2 === null ? null : (market?.book.bestBid ?? null) };
}

/** Lots to close so that the position stands on the next lower tier; all of it on the lowest. */
function stepDown(position: Position): number {
  const { instrument, openValue } = position;
  const held = Math.abs(position.quantity);
  const lower = instrument.tiers[tierIndex(instrument, openValue) - 1];
  if (lower === undefined) return held;
  const left = Number((BigInt(held) * lower.endNotional) / openValue);
  return left < instrument.minQuantity ? held : held - left;
}

function isBelievable(market: InstrumentMarket, mark: MarkPrice): boolean {
  const last = market.lastPriceOrMid;
  if (last === null || last === NO_PRICE) return true;
  const price = last * market.instrument.tickMark;
  return mark * BELIEF_FACTOR >= price && mark <= price * BELIEF_FACTOR;
}
