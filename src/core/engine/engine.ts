/**
 * The engine: one entry point that turns input events into outputs, the same for paper, replay and backtest.
 *
 * Deterministic: its state and outputs depend on the start document, the strategy and the events alone, not on how those
 * were cut into blocks. *Now* is the receive time of the event, or the due time of the scheduled item, in hand. Before an
 * event at T everything due at or before T runs, in (due time, order of entry). State changes before anyone reacts: book,
 * fills, account, then strategy. The account's identities are asserted after every event.
 */

import { InvariantViolation, assert, assertNever } from '../base/assert.ts';
import type { FeedState, OperatorCommand, QualityRecord } from '../domain/commands.ts';
import {
  type EventBlock,
  CLOCK_OFFSET,
  CLOCK_ROUND_TRIP,
  EventKind,
  isFrameKind,
} from '../domain/event-block.ts';
import { parseMoney } from '../domain/instrument.ts';
import type { OrderIntent } from '../domain/order.ts';
import { OutputBuffer } from '../domain/output-buffer.ts';
import type { LifecycleState, Output } from '../domain/outputs.ts';
import type { StoppedReason } from '../domain/reasons.ts';
import type { AccountStart, SessionStart } from '../domain/session-start.ts';
import type { Money } from '../domain/units.ts';
import type { PublicMarket } from '../market/public-market.ts';
import type { StrategyInstance } from '../strategy/strategy.ts';
import { Absence } from './absence.ts';
import { describeAccount, openAccount, rejoinOrders } from './account-document.ts';
import { arriveAtExchange, arriveAtStrategy } from './arrivals.ts';
import { DataWatch } from './data-watch.ts';
import { Due, type DuePayload, type InstrumentDue } from './due.ts';
import { type EngineMembers, restoreMembers, saveMembers } from './engine-members.ts';
import { EquitySampler } from './equity-sampler.ts';
import { type EngineParts, type EngineView, assembleParts, openPublicMarket } from './engine-parts.ts';
import { type EngineStatus, describeStatus, hashState } from './engine-state.ts';
import { type EventListener, passEvents } from './event-pass.ts';
import { FundingDesk } from './funding-desk.ts';
import { Lifecycle } from './lifecycle.ts';
import { MarketIntake } from './market-intake.ts';
import { obeyCommand } from './obey-command.ts';
import { OrderDesk } from './order-desk.ts';
import { scheduleReport } from './reports.ts';
import { RiskDesk } from './risk-desk.ts';
import { Schedule } from './schedule.ts';
import { SessionEnd } from './session-end.ts';
import { StrategyHost } from './strategy-host.ts';
import { TradeBarClock } from './trade-bar-clock.ts';

export type EngineState = ReturnType<Engine['save']>;

export class Engine implements EventListener {
  readonly start: SessionStart;
  readonly #publicMarket: PublicMarket;
  /** Who hears the events that {@link process} is given. */
  readonly #alone: readonly EventListener[] = [this];
  readonly #parts: EngineParts;
  readonly #outputs: OutputBuffer;
  readonly #schedule = new Schedule<DuePayload>();
  readonly #host: StrategyHost;
  readonly #desk: OrderDesk;
  readonly #watch: DataWatch;
  readonly #funding: FundingDesk;
  readonly #risk: RiskDesk;
  readonly #lifecycle: Lifecycle;
  readonly #intake: MarketIntake;
  readonly #sampler: EquitySampler;
  readonly #end: SessionEnd;
  readonly #absence: Absence;
  readonly #tradeBars: TradeBarClock;
  readonly #members: EngineMembers;
  #nowMs = 0;
  /** Sequence number of the event in hand. */
  #sequence = 0;
  #events = 0;
  #startingEquity: Money;

  /**
   * `publicMarket`: one that others read too; whoever shares it passes the events to all of them (event-pass.ts). `kept`: the
   * types of output that anybody takes or compares; null for all.
   */
  constructor(
    start: SessionStart,
    strategy: StrategyInstance,
    publicMarket = openPublicMarket(start),
    kept: ReadonlySet<Output['type']> | null = null,
  ) {
    this.start = start;
    this.#publicMarket = publicMarket;
    this.#outputs = new OutputBuffer((output) => this.#hear(output), kept);
    const parts = assembleParts(start, strategy, publicMarket, this.#outputs);
    this.#parts = parts;
    this.#sampler = new EquitySampler(start, parts.account, this.#outputs, this.#schedule);
    this.#startingEquity = parseMoney(start.account.wallet);
    const onTimer = (name: string, atMs: number): void =>
      this.#schedule.add(atMs, Due.timer, { timer: name });
    const onIntent = (intent: OrderIntent): void => this.#desk.handle(intent);
    this.#host = new StrategyHost(strategy, parts, this.#outputs, onIntent, onTimer);
    this.#desk = new OrderDesk(start.session_id, parts, this.#outputs, {
      nowMs: () => this.#nowMs,
      refusal: (instrument) => this.#lifecycle.refusal(this.#nowMs, instrument),
      overdueMs: (instrument) => this.#watch.overdueMs(this.#nowMs, instrument),
      scheduleArrival: (order, dueMs) => this.#schedule.add(dueMs, Due.orderArrival, order),
      scheduleCancel: (order, reason, dueMs) =>
        this.#schedule.add(dueMs, Due.cancelArrival, { order, reason }),
      noteSubmitted: (orderId) => this.#host.noteSubmitted(orderId),
      answer: (report) => this.#schedule.add(parts.reportArrivalMs(this.#nowMs), Due.orderReport, { report }),
      scheduleAmend: (order, price, quantity, dueMs) =>
        this.#schedule.add(dueMs, Due.amendArrival, { order, price, quantity }),
    });
    this.#risk = new RiskDesk(start.risk, parts, this.#desk, this.#outputs);
    this.#tradeBars = new TradeBarClock(parts.tradeBars, this.#schedule);
    this.#watch = new DataWatch(parts, this.#outputs);
    this.#funding = new FundingDesk(parts.account, parts.exchange, parts.markets);
    this.#lifecycle = new Lifecycle(start, parts, this.#desk, this.#funding, this.#outputs);
    this.#intake = new MarketIntake(
      start,
      parts,
      this.#host,
      this.#lifecycle,
      this.#watch,
      this.#outputs,
      (detail) => this.#end.stop(this.#nowMs, 'liquidated', detail),
      () => this.#runDue(this.#nowMs),
    );
    this.#end = new SessionEnd(start, this.#lifecycle, this.#intake, this.#sampler, this.#schedule);
    this.#absence = new Absence(parts, this.#lifecycle, this.#funding, this.#schedule, this.#outputs);
    this.#members = {
      parts,
      outputs: this.#outputs,
      schedule: this.#schedule,
      host: this.#host,
      desk: this.#desk,
      risk: this.#risk,
      watch: this.#watch,
      funding: this.#funding,
      lifecycle: this.#lifecycle,
      intake: this.#intake,
      sampler: this.#sampler,
      absence: this.#absence,
    };
  }

  /** Processes every event of a block. Events after the session's end are counted and change nothing. */
  process(block: EventBlock): void {
    passEvents(block, this.#publicMarket, this.#alone);
  }

  advance(block: EventBlock, row: number, sequence: number): void {
    const timeMs = block.receivedTimeMs[row] ?? 0;
    // Not `assert`: making its text would cost more than most events do.
    if (timeMs < this.#nowMs) {
      throw new InvariantViolation(`event ${sequence} at ${timeMs} lies before ${this.#nowMs}`);
    }
    if (block.kind[row] === EventKind.clock) this.#nowMs = this.#watch.skip(this.#nowMs, timeMs);
    if (this.#schedule.nextDueMs <= timeMs) this.#runDue(timeMs);
    this.#nowMs = timeMs;
    this.#host.timeMs = timeMs;
  }

  hear(block: EventBlock, row: number, end: number, sequence: number): void {
    this.#sequence = sequence;
    this.#apply(block, row, end);
    this.#events++;
    if (this.#lifecycle.state === 'warming') this.#checkWarm();
    // What the strategy did not hear while away, and what it had set its timers for, in their order.
    for (const { kind, payload } of this.#absence.takeHeldBack()) this.#dispatch(kind, payload);
    this.#parts.account.assertConsistent();
  }

  takeOutputs(): Output[] {
    return this.#outputs.take();
  }

  /** All that decides what comes next, but for what the venue shows; encode it before the next event, which may change it. */
  save() {
    return {
      ...saveMembers(this.#members),
      ...{ nowMs: this.#nowMs, sequence: this.#sequence, events: this.#events },
      startingEquity: this.#startingEquity,
    };
  }

  /** Makes a new engine of the same start and strategy go on from there. */
  restore(state: EngineState): void {
    restoreMembers(this.#members, state);
    this.#nowMs = state.nowMs;
    this.#sequence = state.sequence;
    this.#events = state.events;
    this.#startingEquity = state.startingEquity;
  }

  /** When something is next due, engine time; Infinity when nothing is. */
  get nextDueMs(): number {
    return this.#schedule.nextDueMs;
  }

  get lifecycle(): LifecycleState {
    return this.#lifecycle.state;
  }

  get endReason(): StoppedReason | null {
    return this.#lifecycle.endReason;
  }

  /** What is to be said of the end besides its reason; null for nothing. */
  get endDetail(): string | null {
    return this.#lifecycle.endDetail;
  }

  /** Equity at the start: the wallet, plus the carried positions at their first known price. */
  get startingEquity(): Money {
    return this.#startingEquity;
  }

  status(): EngineStatus {
    return describeStatus(this.#parts, this.#lifecycle, this.#nowMs, this.#events, this.#host.errors);
  }

  /** Markets, account and orders as they stand, to be looked at between two blocks. */
  get view(): EngineView {
    return this.#parts;
  }

  /** The account as the next session finds it. */
  accountEnd(): AccountStart {
    return describeAccount(this.start, this.#parts, !Number.isNaN(this.#lifecycle.runningMs));
  }

  /** Hash of everything said so far and of the state that decides what comes next. */
  stateHash(): string {
    return hashState(this.#outputs.hash.digest(), this.#parts, this.#lifecycle, this.#nowMs, this.#events);
  }

  #apply(block: EventBlock, row: number, end: number): void {
    const kind = block.kind[row] as EventKind;
    if (isFrameKind(kind)) {
      this.#intake.frame(kind, block, row, end, this.#nowMs, this.#sequence);
    } else if (kind === EventKind.trade) {
      this.#intake.trade(block, row, this.#nowMs, this.#sequence);
      this.#tradeBars.note(block.instrument[row] ?? 0);
    } else if (kind === EventKind.bar) {
      this.#applyBar(block, row);
    } else {
      this.#applyRare(kind, block, row);
    }
  }

  #applyBar(block: EventBlock, row: number): void {
    const playedUntilMs = this.#intake.bar(block, row, this.#nowMs, this.#sequence);
    if (playedUntilMs !== null) this.#absence.settleUntil(playedUntilMs, block.instrument[row] ?? 0);
    if (this.#sampler.isDueWithBar(this.#nowMs, block.instrument[row] ?? 0)) this.#sample();
  }

  #applyRare(kind: EventKind, block: EventBlock, row: number): void {
    const at = block.price[row] ?? 0;
    switch (kind) {
      case EventKind.sessionStarted:
        this.#begin();
        break;
      case EventKind.markBar:
        this.#intake.markBar(block, row);
        break;
      case EventKind.mark:
        this.#intake.mark(block, row, this.#nowMs, this.#sequence);
        this.#scheduleSettlement(block.instrument[row] ?? 0);
        break;
      case EventKind.lastPrice:
        this.#intake.lastPrice(block, row);
        break;
      case EventKind.funding:
        this.#intake.settlement(block, row);
        this.#funding.settle(block, row, this.#nowMs, this.#lifecycle.startedMs);
        break;
      case EventKind.feed:
        this.#intake.feed(block.details[at] as FeedState);
        break;
      case EventKind.command:
        obeyCommand(block.details[at] as OperatorCommand, this.#nowMs, this.#members, this.#end);
        break;
      case EventKind.quality:
        this.#watch.pass(this.#nowMs, block.details[at] as QualityRecord);
        break;
      case EventKind.clock:
        this.#watch.clock(this.#nowMs, block.wide[at + CLOCK_OFFSET] ?? 0);
        this.#parts.latency.noteRoundTrip(block.wide[at + CLOCK_ROUND_TRIP] ?? Number.NaN);
        break;
      case EventKind.timeAdvanced:
        this.#absence.settleUntil(this.#nowMs, null);
        break;
      case EventKind.bookSnapshot:
      case EventKind.bookDelta:
      case EventKind.bookTail:
      case EventKind.trade:
      case EventKind.bar:
      case EventKind.level:
        throw new RangeError(`row ${row} of kind ${kind} stands outside its event`);
      default:
        assertNever(kind, 'event kind');
    }
  }

  #runDue(untilMs: number): void {
    while (this.#schedule.nextDueMs <= untilMs) {
      const dueMs = this.#schedule.take();
      if (dueMs > this.#nowMs) this.#nowMs = dueMs;
      this.#host.timeMs = this.#nowMs;
      if (this.#lifecycle.state !== 'ended')
        this.#dispatch(this.#schedule.takenKind, this.#schedule.takenPayload);
    }
  }

  #dispatch(kind: number, payload: DuePayload | null): void {
    if (this.#absence.holdsBack(kind, payload, this.#nowMs)) return;
    switch (kind) {
      case Due.sessionEnd:
        this.#end.stop(this.#nowMs, (payload as { end: StoppedReason }).end, null);
        break;
      case Due.sample:
        this.#sample();
        break;
      case Due.settlement:
        this.#funding.note((payload as InstrumentDue).instrument, (payload as InstrumentDue).atMs);
        break;
      case Due.stopStep:
        this.#end.step(this.#nowMs);
        break;
      case Due.tradeBar:
        this.#intake.closeTradeBar((payload as InstrumentDue).instrument);
        this.#tradeBars.schedule((payload as InstrumentDue).instrument);
        break;
      default:
        if (!arriveAtStrategy(this.#host, this.#lifecycle, kind, payload))
          arriveAtExchange(this.#parts.exchange, kind, payload, this.#nowMs, this.#sequence);
    }
    this.#parts.account.assertConsistent();
  }

  #begin(): void {
    assert(this.#lifecycle.state === 'starting', 'a session starts once');
    this.#lifecycle.begin(this.#nowMs);
    openAccount(this.start, this.#parts, this.#host, this.#outputs, this.#nowMs);
    this.#sampler.plan(this.#nowMs);
    this.#end.begin(this.start, this.#nowMs);
  }

  #checkWarm(): void {
    const isFirstTime = Number.isNaN(this.#lifecycle.runningMs);
    if (!this.#lifecycle.checkWarm(this.#nowMs) || !isFirstTime) return;
    // A carried position counts from the first moment it can be valued.
    if (this.start.account.positions.length > 0) this.#startingEquity = this.#parts.account.equity;
    rejoinOrders(this.start, this.#parts, this.#host, this.#nowMs);
    this.#host.start();
  }

  #sample(): void {
    this.#lifecycle.checkStale(this.#nowMs);
    this.#lifecycle.sayWarmth(this.#nowMs);
    if (this.#lifecycle.state === 'stopping' && this.#nowMs >= this.#lifecycle.awayUntilMs)
      this.#end.scheduleStep(this.#nowMs);
    if (this.#risk.check(this.#nowMs, this.#lifecycle.state === 'running'))
      this.#end.stop(this.#nowMs, 'max_loss', 'the account lost more than its limit', true);
    this.#sampler.sample(this.#nowMs);
    this.#sampler.plan(this.#nowMs);
  }

  #hear(output: Output): void {
    scheduleReport(output, this.#parts.reportArrivalMs, this.#schedule);
    if (output.type === 'trade') this.#risk.noteTrade(output.trade);
  }

  #scheduleSettlement(instrument: number): void {
    // Without books a session settles on what is held when a settlement is told, behind the bar that ends with it.
    if (this.start.fills.price_source !== 'stream') return;
    const settlementMs = this.#funding.takeUnscheduled(instrument);
    if (settlementMs === null || settlementMs < this.#nowMs) return;
    this.#schedule.add(settlementMs, Due.settlement, { instrument, atMs: settlementMs });
  }
}
