/**
 * Seeded order flow on one order book: placements, cancellations and market orders that walk the book.
 *
 * Each step moves the latent price, then lets makers follow it (they withdraw what would be run over and close the spread
 * behind the move), lets the book breathe, and lets takers trade. Takers excite each other and lean to the latent price.
 * Invariants after every step: the book is not crossed, and each side has at least `levelsMin` levels.
 */

import type { SeededRandom } from '../../../core/base/random.ts';
import type { BookSide } from '../market/book-side.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import type { FlowParameters } from './flow-parameters.ts';
import { LatentPrice } from './latent-price.ts';

/** The latent price moves every tenth step: finer noise would be averaged away by the book anyway. */
const LATENT_EVERY = 10;
/** Share of the distance to the latent price that makers give up in a step. */
const WITHDRAWAL = 0.04;
/** Probability that makers close a spread wider than one tick within a step. */
const CLOSE_SPREAD = 0.75;
/** Largest share of a side that one market order may take. */
const TAKE_MAX_LEVELS = 120;

export class OrderFlow {
  readonly #parameters: FlowParameters;
  readonly #random: SeededRandom;
  readonly #market: InstrumentMarket;
  readonly #latent: LatentPrice;
  readonly #lotsPerCoin: number;
  /** Scales quantities, so that a contract of a cheaper coin trades a similar value. */
  readonly #sizeFactor: number;
  #excitation = 0;
  #steps = 0;

  constructor(
    parameters: FlowParameters,
    random: SeededRandom,
    market: InstrumentMarket,
    start: { readonly timeMs: number; readonly ticks: number; readonly sizeFactor: number },
  ) {
    this.#parameters = parameters;
    this.#random = random;
    this.#market = market;
    this.#lotsPerCoin = 10 ** market.spec.lotDecimals;
    this.#sizeFactor = start.sizeFactor;
    this.#latent = new LatentPrice(parameters, random, start.timeMs, start.ticks);
    market.bids.set(start.ticks - 1, this.#levelLots(0));
    market.asks.set(start.ticks, this.#levelLots(0));
    this.#replenish(market.bids);
    this.#replenish(market.asks);
  }

  /** The unseen fair price in ticks. */
  get latentTicks(): number {
    return this.#latent.ticks;
  }

  /** Runs the events of the step that ends at `timeMs`. */
  step(timeMs: number): void {
    const { stepMs } = this.#parameters;
    if (this.#steps % LATENT_EVERY === 0) this.#latent.step(timeMs, stepMs * LATENT_EVERY);
    this.#steps++;
    const gap = this.#latent.ticks - this.#market.midTicks();
    this.#withdraw(gap);
    this.#closeSpread(gap);
    this.#breathe();
    this.#take(timeMs, gap);
    if (this.#market.bids.size < this.#parameters.levelsMin) this.#replenish(this.#market.bids);
    if (this.#market.asks.size < this.#parameters.levelsMin) this.#replenish(this.#market.asks);
    if (this.#market.bids.size > this.#parameters.levelsMax)
      this.#market.bids.trim(this.#parameters.levelsFull);
    if (this.#market.asks.size > this.#parameters.levelsMax)
      this.#market.asks.trim(this.#parameters.levelsFull);
  }

  /** Makers whose quotes the latent price has passed cancel them, best price first. */
  #withdraw(gap: number): void {
    const distance = Math.abs(gap) - 0.75;
    if (distance <= 0) return;
    const side = gap > 0 ? this.#market.asks : this.#market.bids;
    const limit = gap > 0 ? Math.floor(this.#latent.ticks) : Math.ceil(this.#latent.ticks);
    let moves = distance * WITHDRAWAL * 2 * this.#random.nextFloat();
    if (this.#random.nextFloat() < moves - Math.floor(moves)) moves++;
    const bestBefore = side.best() ?? limit;
    for (let move = Math.floor(moves); move > 0; move--) {
      const best = side.best();
      if (best === null || (gap > 0 ? best >= limit : best <= limit)) break;
      if (Math.abs(best - bestBefore) > moves) break;
      side.setAt(0, 0);
    }
  }

  /** Makers quote inside a spread wider than one tick, on the side the latent price has left behind. */
  #closeSpread(gap: number): void {
    const { bids, asks } = this.#market;
    const bid = bids.best() ?? 0;
    const ask = asks.best() ?? 0;
    const width = ask - bid - 1;
    if (width <= 0 || this.#random.nextFloat() >= CLOSE_SPREAD) return;
    const side = gap > 0 ? bids : asks;
    for (let offset = 1; offset <= width; offset++) {
      // The innermost price is always quoted, the ladder behind it has holes.
      if (offset === width || this.#random.nextFloat() < 0.85) {
        side.set(gap > 0 ? bid + offset : ask - offset, this.#levelLots(width - offset));
      }
    }
  }

  /** Placements and cancellations through the book, mostly near the best price. */
  #breathe(): void {
    const { bookRate, stepMs } = this.#parameters;
    const random = this.#random;
    let events = (bookRate * stepMs) / 1_000;
    events = Math.floor(events) + (random.nextFloat() < events - Math.floor(events) ? 1 : 0);
    for (; events > 0; events--) {
      const side = random.nextUint32() & 1 ? this.#market.bids : this.#market.asks;
      const outward = side.isBid ? -1 : 1;
      const distance = Math.floor(random.nextExponential(1) ** 2.2 * 4);
      const best = side.best();
      if (best === null) return;
      const price = best + outward * distance;
      const lots = side.lotsAtPrice(price);
      if (random.nextUint32() & 1) {
        side.set(price, lots + Math.ceil(this.#levelLots(distance) * 0.5));
      } else if (lots > 0) {
        // A quarter of the cancellations empties the level; the touch is only thinned, it moves by the rules above.
        const keeps = distance === 0 || random.nextFloat() < 0.75 ? random.nextFloat() : 0;
        side.set(price, Math.max(distance === 0 ? 1 : 0, Math.floor(lots * keeps)));
      }
    }
  }

  /** Market orders of the step: a self-exciting number of them, sized with a heavy tail. */
  #take(timeMs: number, gap: number): void {
    const { stepMs, orderRate, excitation, excitationDecay, orderRateMax } = this.#parameters;
    const random = this.#random;
    const seconds = stepMs / 1_000;
    this.#excitation *= 1 - excitationDecay * seconds;
    const pressure = Math.min(3, Math.abs(gap) / 20);
    const rate = Math.min(orderRateMax, orderRate[this.#latent.regime] * (1 + pressure) + this.#excitation);
    const buyProbability = 0.5 + 0.42 * Math.tanh(gap / 12);
    for (
      let wait = random.nextExponential(1 / rate);
      wait < seconds;
      wait += random.nextExponential(1 / rate)
    ) {
      const isBuy = random.nextFloat() < buyProbability;
      this.#marketOrder(timeMs, isBuy);
      this.#excitation = Math.min(orderRateMax, this.#excitation + excitation);
    }
  }

  #marketOrder(timeMs: number, isBuy: boolean): void {
    const { orderMedian, orderSigma, orderMax } = this.#parameters;
    const random = this.#random;
    const drawn = orderMedian * Math.exp(orderSigma * random.nextNormal());
    const coins = Math.min(orderMax, drawn) * this.#sizeFactor;
    let open = Math.max(1, Math.round(coins * this.#lotsPerCoin));
    const side = isBuy ? this.#market.asks : this.#market.bids;
    for (let level = 0; level < TAKE_MAX_LEVELS && open > 0; level++) {
      const price = side.best();
      if (price === null) return;
      const resting = side.lotsAt(0);
      const taken = Math.min(open, resting);
      side.setAt(0, resting - taken);
      open -= taken;
      this.#printPieces(timeMs, price, taken, isBuy);
    }
  }

  /** A level is the sum of several resting orders: what is taken of it prints in a few pieces. */
  #printPieces(timeMs: number, price: number, lots: number, isBuy: boolean): void {
    const random = this.#random;
    let rest = lots;
    while (rest > 1 && random.nextFloat() < 0.4) {
      const piece = Math.ceil(rest * random.nextFloat());
      if (piece >= rest) break;
      this.#market.print(timeMs, price, piece, isBuy);
      rest -= piece;
    }
    if (rest > 0) this.#market.print(timeMs, price, rest, isBuy);
  }

  /** Adds levels behind the worst one until the side is full. */
  #replenish(side: BookSide): void {
    const { levelsFull } = this.#parameters;
    const outward = side.isBid ? -1 : 1;
    const ticks: number[] = [];
    const lots: number[] = [];
    let price = side.worst() ?? Math.round(this.#latent.ticks);
    for (let missing = levelsFull - side.size; missing > 0; missing--) {
      price += outward * (1 + (this.#random.nextFloat() < 0.2 ? 1 : 0));
      if (price <= 0) break;
      ticks.push(price);
      lots.push(this.#levelLots(side.size + ticks.length));
    }
    side.extend(ticks, lots);
  }

  #levelLots(distance: number): number {
    const { levelMean, levelSigma, levelGrowth } = this.#parameters;
    const mean = levelMean * this.#sizeFactor * (1 + distance / levelGrowth);
    const coins = mean * Math.exp(levelSigma * this.#random.nextNormal() - (levelSigma * levelSigma) / 2);
    return Math.max(1, Math.round(coins * this.#lotsPerCoin));
  }
}
