/** What a strategy asked for, and when; what became of it is the market's. */

import type { Instrument } from '../../core/domain/instrument.ts';
import { formatPrice, formatQuantity } from '../../core/domain/instrument.ts';
import { type OrderRecord, isTerminal } from '../../core/domain/order.ts';
import type { Output } from '../../core/domain/outputs.ts';

/** An order as it was asked for. Plain data. */
export interface Decision {
  /** Engine time. */
  readonly timeMs: number;
  readonly text: string;
}

/** Picks the decisions out of what an engine says: an order counts when it is first heard of. */
export class DecisionFilter {
  readonly #instruments: readonly Instrument[];
  readonly #afterMs: number;
  /** Ids of the orders that are open: nothing more is heard of the others. */
  readonly #known = new Set<string>();

  /** `afterMs`: decisions up to this time are left out. */
  constructor(instruments: readonly Instrument[], afterMs: number) {
    this.#instruments = instruments;
    this.#afterMs = afterMs;
  }

  pick(outputs: readonly Output[]): readonly Decision[] {
    const decisions: Decision[] = [];
    for (const output of outputs) {
      if (output.type !== 'order') continue;
      const { id, status, decisionTimeMs: timeMs } = output.order;
      const isKnown = this.#known.has(id);
      if (isTerminal(status)) this.#known.delete(id);
      else this.#known.add(id);
      if (isKnown) continue;
      if (timeMs > this.#afterMs) decisions.push({ timeMs, text: this.#describe(output.order) });
    }
    return decisions;
  }

  #describe({ instrument, side, quantity, type, price, timeInForce, reduceOnly }: OrderRecord): string {
    const contract = this.#instruments[instrument];
    if (contract === undefined) return `${side} ${quantity} ${type}`;
    const words = [side, formatQuantity(contract, quantity), contract.symbol, type];
    if (price !== null) words.push(formatPrice(contract, price));
    return [...words, timeInForce, ...(reduceOnly ? ['reduce_only'] : [])].join(' ');
  }
}

/** Holds two rows of decisions against each other as they grow. */
export class DecisionComparison {
  readonly #live: Decision[] = [];
  readonly #twin: Decision[] = [];
  /** Pairs that were the same. */
  same = 0;
  /** The first difference; null = none so far. What comes behind it follows from it. */
  difference: string | null = null;

  addLive(decisions: readonly Decision[]): void {
    if (this.difference === null) this.#live.push(...decisions);
  }

  addTwin(decisions: readonly Decision[]): void {
    if (this.difference === null) this.#twin.push(...decisions);
  }

  /** `twinTimeMs`: before this time the twin decides nothing any more. */
  compare(twinTimeMs: number): void {
    const pairs = Math.min(this.#live.length, this.#twin.length);
    for (let at = 0; at < pairs && this.difference === null; at++)
      this.#judge(this.#live[at], this.#twin[at]);
    this.#live.splice(0, pairs);
    this.#twin.splice(0, pairs);
    const [next] = this.#live;
    if (next !== undefined && this.#twin.length === 0 && next.timeMs < twinTimeMs)
      this.#judge(next, undefined);
  }

  /** Both have decided all that they will. */
  end(): void {
    this.compare(Number.POSITIVE_INFINITY);
    if (this.#twin.length > 0) this.#judge(undefined, this.#twin[0]);
  }

  #judge(live: Decision | undefined, twin: Decision | undefined): void {
    if (live?.timeMs === twin?.timeMs && live?.text === twin?.text) this.same++;
    else this.difference ??= `the session: ${describe(live)}; its twin: ${describe(twin)}`;
  }
}

function describe(decision: Decision | undefined): string {
  return decision === undefined
    ? 'nothing'
    : `${decision.text} at ${new Date(decision.timeMs).toISOString()}`;
}
