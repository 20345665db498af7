/**
 * Acts on the limits that no order asks about: once a second, or with each bar, it looks at the account, trips breakers, and
 * closes positions that lose too much or are held too long.
 *
 * A tripped breaker cancels the working orders that could add risk; those that can only reduce stay. Invariants: decided
 * on the account's equity at the mark; nothing is closed while the session is not running, because nothing would fill;
 * a closing that did not fill is sent again. Limit: what happens between two looks is seen at the next one.
 */

import { SECOND_MS } from '../base/time.ts';
import { formatMoney, formatQuantity } from '../domain/instrument.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { TradeRecord } from '../domain/outputs.ts';
import type { RiskStart } from '../domain/session-start.ts';
import { type Money, money } from '../domain/units.ts';
import type { Position } from '../ledger/position.ts';
import type { BreakerTrip } from '../risk/circuit-breakers.ts';
import { percentOf } from '../risk/loss-limits.ts';
import type { EngineParts } from './engine-parts.ts';
import { LimitWatch } from './limit-watch.ts';
import type { OrderDesk } from './order-desk.ts';

/** A closing is sent again after this long with the position still there. */
const CLOSE_RETRY_MS = SECOND_MS;

type RiskEngineParts = Pick<EngineParts, 'account' | 'losses' | 'breakers' | 'markets'>;

export class RiskDesk {
  readonly #limits: RiskStart;
  readonly #parts: RiskEngineParts;
  readonly #desk: OrderDesk;
  readonly #outputs: OutputBuffer;
  /** When the closing of each position was last sent. */
  readonly #closedAtMs: Float64Array;
  readonly #limitWatch: LimitWatch;
  /** Positions have limits of their own, which every look is held against. */
  readonly #limitsPositions: boolean;
  #isDayTold = false;

  constructor(limits: RiskStart, parts: RiskEngineParts, desk: OrderDesk, outputs: OutputBuffer) {
    this.#limits = limits;
    this.#parts = parts;
    this.#desk = desk;
    this.#outputs = outputs;
    this.#closedAtMs = new Float64Array(parts.account.positions.length).fill(Number.NEGATIVE_INFINITY);
    this.#limitWatch = new LimitWatch(parts);
    const { max_trade_loss_percent: lossPercent, max_position_time_ms: limitMs } = limits;
    this.#limitsPositions = (lossPercent ?? null) !== null || (limitMs ?? null) !== null;
  }

  /** Looks at the account, by exact sums where they can tell anything; returns whether its loss ends the session. */
  check(nowMs: number, isRunning: boolean): boolean {
    const isWatched = this.#limitsPositions && !this.#parts.account.isFlat;
    if (!isWatched && !this.#limitWatch.mayFind(nowMs)) return false;
    return this.#look(nowMs, isRunning);
  }

  /** A round trip was closed. */
  noteTrade(trade: TradeRecord): void {
    const trip = this.#parts.breakers.noteTrade(trade.exitTimeMs, trade.netPnl);
    if (trip !== null) this.#trip(trade.exitTimeMs, trip);
  }

  #look(nowMs: number, isRunning: boolean): boolean {
    const { account, losses, breakers, markets } = this.#parts;
    // What cannot be valued yet would be taken for a loss, or for a height that there never was.
    const isValued = account.positions.every(
      ({ quantity, instrument }) =>
        quantity === 0 || (markets[instrument.index]?.valuationPrice ?? null) !== null,
    );
    if (!isValued) return false;
    const { equity } = account;
    losses.update(nowMs, equity);
    this.#noteDay(nowMs, equity);
    const trip = breakers.update(nowMs, equity);
    if (trip !== null) this.#trip(nowMs, trip);
    this.#limitWatch.renew(nowMs, equity);
    if (!isRunning) return false;
    for (const [slot, position] of account.positions.entries()) this.#watch(nowMs, slot, position);
    return losses.accountLoss(equity) !== null;
  }

  #noteDay(nowMs: number, equity: Money): void {
    const { losses } = this.#parts;
    if (!losses.isDayLost) this.#isDayTold = false;
    const lost = this.#isDayTold ? null : losses.dayLoss(equity);
    if (lost === null) return;
    this.#isDayTold = true;
    const fields = { loss: formatMoney(lost.loss), limit: formatMoney(lost.limit) };
    this.#say(
      nowMs,
      'day_loss',
      'The loss of the day reached its limit: only reducing orders until the next',
      fields,
    );
    this.#desk.cancelEntries();
  }

  #trip(nowMs: number, { code, untilMs, ...numbers }: BreakerTrip): void {
    const what =
      code === 'drawdown'
        ? 'The equity fell too far below its highest'
        : 'Too many trades in a row lost money';
    const msg = `${what}: only reducing orders until the cool-down is over`;
    this.#say(nowMs, code, msg, { ...numbers, until_ms: untilMs });
    this.#desk.cancelEntries();
  }

  /** Closes a position that is held too long, or whose round trip loses too much. */
  #watch(nowMs: number, slot: number, position: Position): void {
    const { max_trade_loss_percent: lossPercent, max_position_time_ms: limitMs } = this.#limits;
    if ((lossPercent ?? null) === null && (limitMs ?? null) === null) return;
    const openedMs = position.openedTimeMs;
    if (openedMs === null || nowMs - (this.#closedAtMs[slot] ?? 0) < CLOSE_RETRY_MS) return;
    const { symbol } = position.instrument;
    const quantity = formatQuantity(position.instrument, position.quantity);
    if (limitMs !== undefined && limitMs !== null && nowMs - openedMs >= limitMs) {
      this.#say(nowMs, 'position_time', `${symbol} was held as long as it may be and is closed`, {
        ...{ symbol, quantity, held_ms: nowMs - openedMs, limit_ms: limitMs },
      });
      this.#close(nowMs, slot, position, 'time_limit');
      return;
    }
    const price = this.#parts.markets[position.instrument.index]?.valuationPrice ?? null;
    if (lossPercent === undefined || lossPercent === null || price === null) return;
    const loss = money(-position.tradePnl(price));
    // What the account would have without this trade.
    const limit = percentOf(money(this.#parts.account.equity + loss), lossPercent);
    if (loss <= 0n || loss < limit) return;
    this.#say(nowMs, 'trade_loss', `${symbol} lost as much as one trade may and is closed`, {
      ...{ symbol, quantity, loss: formatMoney(loss), limit: formatMoney(limit) },
    });
    this.#close(nowMs, slot, position, 'trade_loss_limit');
  }

  #close(nowMs: number, slot: number, position: Position, tag: string): void {
    this.#closedAtMs[slot] = nowMs;
    this.#desk.cancelEntries(position);
    this.#desk.closePosition(position, tag);
  }

  #say(timeMs: number, limit: string, msg: string, fields: Readonly<Record<string, string | number>>): void {
    const numbers = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
    this.#outputs.push({
      ...{ type: 'log', timeMs, level: 'warning', event: 'risk_limit' },
      msg: `${msg} (${numbers.join(', ')})`,
      fields: { limit_reached: limit, ...fields },
    });
  }

  save() {
    return { closedAtMs: [...this.#closedAtMs], isDayTold: this.#isDayTold };
  }

  restore({ closedAtMs, isDayTold }: ReturnType<RiskDesk['save']>): void {
    this.#closedAtMs.set(closedAtMs);
    this.#isDayTold = isDayTold;
  }
}
