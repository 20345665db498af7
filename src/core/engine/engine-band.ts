/**
 * One session under three exchanges at once: the session's own engine, and beside it an optimistic and a pessimistic one
 * that hear the same events, each with a strategy of its own.
 *
 * Invariants: what the venue shows is applied once and read by all three; the two shadows share nothing else with the
 * session's engine and cannot change what it does, not even by failing: a shadow that fails has no result. What the band says does not depend on
 * how events are cut into blocks. A session whose start document has the band off, or that has no order book, is the one
 * engine alone.
 * Limits: a shadow starts from the session's account, not from where the shadow of an earlier session ended; strategies
 * that keep state outside of `create` share it; a candle session (parametric) has no queue to doubt, so no band.
 */

import { assert } from '../base/assert.ts';
import { decodeState, encodeState } from '../base/saved-state.ts';
import { StateHash } from '../base/state-hash.ts';
import { EventBlock } from '../domain/event-block.ts';
import type { BandPoint, Output } from '../domain/outputs.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { type Money, money } from '../domain/units.ts';
import type { PublicMarket } from '../market/public-market.ts';
import type { StrategyRole } from '../strategy/call-guard.ts';
import type { StrategyInstance } from '../strategy/strategy.ts';
import { type Stance, startOf } from './band-stance.ts';
import { Engine, type EngineState } from './engine.ts';
import { openPublicMarket } from './engine-parts.ts';
import { type EventListener, passEvents } from './event-pass.ts';

/** Fills that only the optimistic exchange gave are recorded as doubtful up to this many. */
const MAX_DOUBTFUL_TOUCHES = 1_000;
/** What the band reads of a shadow. */
const SHADOW_OUTPUTS: ReadonlySet<Output['type']> = new Set(['fill', 'equity']);
/** What a shadow may take to close after the session ended, on the last book; a stop takes at most 8 s. */
const CLOSING_MS = 10_000;

class Shadow implements EventListener {
  readonly engine: Engine;
  /** Why it has no result; null while it runs. */
  failure: string | null = null;
  /** Profit by time, of equity points not yet told. */
  readonly #points: { readonly timeMs: number; readonly profit: Money }[] = [];
  #profit: Money | null = null;
  #profitTimeMs = Number.NEGATIVE_INFINITY;

  constructor(stance: Stance, start: SessionStart, strategy: StrategyInstance, publicMarket: PublicMarket) {
    this.engine = new Engine(startOf(stance, start), strategy, publicMarket, SHADOW_OUTPUTS);
  }

  advance(block: EventBlock, row: number, sequence: number): void {
    if (this.failure !== null) return;
    try {
      this.engine.advance(block, row, sequence);
    } catch (error) {
      this.#fail(error);
    }
  }

  hear(block: EventBlock, row: number, end: number, sequence: number): void {
    if (this.failure !== null) return;
    try {
      this.engine.hear(block, row, end, sequence);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes what it said; nothing once it failed. */
  takeOutputs(): readonly Output[] {
    if (this.failure !== null) return [];
    const outputs = this.engine.takeOutputs();
    for (const output of outputs) {
      if (output.type !== 'equity') continue;
      const profit = money(output.point.equity - this.engine.startingEquity);
      this.#points.push({ timeMs: output.timeMs, profit });
    }
    return outputs;
  }

  /** Nothing that it throws gets out. */
  #fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
  }

  /**
   * Profit at its first equity point of a time, else at the last before it; null where it failed or had none yet. Of the
   * points of one time only the first counts, because a later one may come with the same block or with the next.
   */
  profitAt(timeMs: number): Money | null {
    let told = 0;
    for (const point of this.#points) {
      if (point.timeMs > timeMs || this.#profitTimeMs === timeMs) break;
      this.#profit = point.profit;
      this.#profitTimeMs = point.timeMs;
      told++;
    }
    this.#points.splice(0, told);
    return this.failure === null ? this.#profit : null;
  }

  /** Profit as it stands now. */
  get profit(): Money | null {
    return this.failure === null ? money(this.engine.status().equity - this.engine.startingEquity) : null;
  }

  /** One that failed has nothing left but that. */
  save() {
    return {
      engine: this.failure === null ? this.engine.save() : null,
      failure: this.failure,
      points: [...this.#points],
      profit: this.#profit,
      profitTimeMs: this.#profitTimeMs,
    };
  }

  restore(state: ReturnType<Shadow['save']>): void {
    if (state.engine !== null) this.engine.restore(state.engine);
    this.failure = state.failure;
    this.#points.push(...state.points);
    this.#profit = state.profit;
    this.#profitTimeMs = state.profitTimeMs;
  }
}

type BandState = ReturnType<EngineBand['state']>;

export class EngineBand {
  /** The session's own engine. */
  readonly primary: Engine;
  /** Whether {@link save} can keep everything: the strategy declares its memory. */
  readonly isSavable: boolean;
  readonly #optimistic: Shadow | null;
  readonly #pessimistic: Shadow | null;
  readonly #publicMarket: PublicMarket;
  readonly #listeners: readonly EventListener[];
  #outputs: Output[] = [];
  #nextSequence = 0;
  #touches = 0;
  /** Doubtful fills not yet told: at the next point, so that the order of what is said never depends on the cuts. */
  #doubts: Extract<Output, { type: 'quality' }>[] = [];
  #isFinished = false;
  /** Failures already told. */
  #told = 0;

  /**
   * `createStrategy` gives a fresh strategy at every call, for the exchange it is to trade at. `saved`: the text that
   * {@link save} gave, of a band with the same start and strategy; it goes on from there. Throws where the text is of
   * another one.
   */
  constructor(
    start: SessionStart,
    createStrategy: (role: StrategyRole) => StrategyInstance,
    saved: string | null = null,
  ) {
    const state = saved === null ? null : (decodeState(saved) as BandState);
    const publicMarket = openPublicMarket(start);
    this.#publicMarket = publicMarket;
    const strategy = createStrategy('realistic');
    this.isSavable = strategy.memory !== undefined;
    this.primary = new Engine(start, recall(strategy, state?.primary), publicMarket);
    const hasBand = start.band === 'on' && start.fill_model === 'book';
    const shadow = (stance: Stance): Shadow =>
      new Shadow(stance, start, recall(createStrategy(stance), state?.[stance]?.engine), publicMarket);
    this.#optimistic = hasBand ? shadow('optimistic') : null;
    this.#pessimistic = hasBand ? shadow('pessimistic') : null;
    this.#listeners = [this.primary, this.#optimistic, this.#pessimistic].filter((one) => one !== null);
    if (state !== null) this.#restore(state);
  }

  /**
   * Everything that decides what comes next, as text; equal states give equal texts. Call it between two blocks, once the
   * outputs were taken. Throws NotPlainError where the strategy keeps something in its state that is no plain data.
   */
  save(): string {
    return encodeState(this.state());
  }

  get lifecycle(): Engine['lifecycle'] {
    return this.primary.lifecycle;
  }

  process(block: EventBlock): void {
    passEvents(block, this.#publicMarket, this.#listeners);
    this.#nextSequence = block.firstSequence + block.events;
    const outputs = this.primary.takeOutputs();
    if (this.#optimistic === null || this.#pessimistic === null) {
      this.#outputs.push(...outputs);
      return;
    }
    for (const output of this.#optimistic.takeOutputs()) if (output.type === 'fill') this.#noteTouch(output);
    this.#pessimistic.takeOutputs();
    for (const output of outputs) {
      this.#outputs.push(output);
      if (output.type === 'equity') this.#sayPoint(output.timeMs, output.point.equity);
    }
  }

  takeOutputs(): Output[] {
    const taken = this.#outputs;
    if (taken.length > 0) this.#outputs = [];
    return taken;
  }

  /**
   * Lets the shadows close what they hold, as the session was asked to, on the last book: slower ones are not done when the
   * session is. Says the band's last point. Call it after the last event; before the
   * end of the session, and again, it does nothing.
   */
  finish(): void {
    if (
      this.lifecycle !== 'ended' ||
      this.#isFinished ||
      this.#optimistic === null ||
      this.#pessimistic === null
    )
      return;
    this.#isFinished = true;
    const { timeMs, equity } = this.primary.status();
    for (const shadow of [this.#optimistic, this.#pessimistic]) this.#close(shadow);
    this.#sayDoubts(Number.POSITIVE_INFINITY);
    this.#sayFailures();
    this.#say({
      timeMs,
      optimistic: this.#optimistic.profit,
      realistic: money(equity - this.primary.startingEquity),
      pessimistic: this.#pessimistic.profit,
      hash: this.#hash(),
    });
  }

  #close(shadow: Shadow): void {
    const { timeMs } = this.primary.status();
    const block = new EventBlock(2);
    block.reset(this.#nextSequence);
    const reason = this.primary.endReason;
    if (reason !== null) block.appendCommand(timeMs, { type: 'stop', reason, detail: null });
    block.appendTimeAdvanced(timeMs + CLOSING_MS);
    passEvents(block, this.#publicMarket, [shadow]);
    shadow.takeOutputs();
  }

  #sayPoint(timeMs: number, equity: Money): void {
    this.#sayDoubts(timeMs);
    this.#sayFailures();
    this.#say({
      timeMs,
      optimistic: this.#optimistic?.profitAt(timeMs) ?? null,
      realistic: money(equity - this.primary.startingEquity),
      pessimistic: this.#pessimistic?.profitAt(timeMs) ?? null,
      hash: null,
    });
  }

  #say(point: BandPoint): void {
    this.#outputs.push({ type: 'band', timeMs: point.timeMs, point });
  }

  /** A book that moved through a resting order without a print is doubtful: it filled only where doubt was our gain. */
  #noteTouch({ timeMs, fill }: Extract<Output, { type: 'fill' }>): void {
    if (fill.liquidity !== 'maker' || fill.receipt.print !== null || this.#touches >= MAX_DOUBTFUL_TOUCHES)
      return;
    this.#touches++;
    this.#doubts.push({
      type: 'quality',
      timeMs,
      record: {
        ...{ fromMs: timeMs, toMs: timeMs, instrument: fill.instrument, feed: 'band', kind: 'late' },
        detail: `the book reached a resting ${fill.side} without a print; it filled in the optimistic model only`,
        backfilled: false,
      },
    });
  }

  #sayDoubts(beforeMs: number): void {
    const told = this.#doubts.filter(({ timeMs }) => timeMs < beforeMs);
    if (told.length === 0) return;
    this.#doubts = this.#doubts.slice(told.length);
    this.#outputs.push(...told);
  }

  #sayFailures(): void {
    const failures = [this.#optimistic, this.#pessimistic].flatMap((shadow) => shadow?.failure ?? []);
    for (const error of failures.slice(this.#told)) {
      this.#told++;
      this.#outputs.push({
        ...{ type: 'log', timeMs: this.primary.status().timeMs, level: 'error', event: 'band_failed' },
        ...{ msg: 'A shadow of the band failed; the band has no result', fields: { error } },
      });
    }
  }

  /** What {@link save} tells; it may share lists with the engines. */
  state() {
    assert(this.#outputs.length === 0, 'outputs are taken before the state is saved');
    return {
      publicMarket: this.#publicMarket.save(),
      primary: this.primary.save(),
      optimistic: this.#optimistic?.save() ?? null,
      pessimistic: this.#pessimistic?.save() ?? null,
      nextSequence: this.#nextSequence,
      touches: this.#touches,
      doubts: [...this.#doubts],
      isFinished: this.#isFinished,
      told: this.#told,
    };
  }

  #restore(state: BandState): void {
    this.#publicMarket.restore(state.publicMarket);
    this.primary.restore(state.primary);
    if (state.optimistic !== null) this.#optimistic?.restore(state.optimistic);
    if (state.pessimistic !== null) this.#pessimistic?.restore(state.pessimistic);
    this.#nextSequence = state.nextSequence;
    this.#touches = state.touches;
    this.#doubts = state.doubts;
    this.#isFinished = state.isFinished;
    this.#told = state.told;
  }

  /** Digest of all three: what a replay must come to. */
  #hash(): string {
    const hash = new StateHash();
    for (const shadow of [this.#optimistic, this.#pessimistic])
      hash.addText(shadow === null || shadow.failure !== null ? '' : shadow.engine.stateHash());
    return hash.digest();
  }
}

/** The same strategy with the memory that it had; as it begins where there is nothing to go on from. */
function recall(strategy: StrategyInstance, from: EngineState | null | undefined): StrategyInstance {
  if (from === null || from === undefined) return strategy;
  assert(strategy.memory !== undefined, `strategy ${strategy.name} declares no state`);
  // Whoever keeps its calls within their time goes on doing so.
  return { ...strategy, ...strategy.memory.recall(from.host.memory) };
}
