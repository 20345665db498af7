/**
 * A market made up by a seed: living order books, trades, mark and index prices, funding, and years of bars behind it.
 *
 * Invariant: the same seed, start time and instruments give the same market, whatever the pattern of `advance` calls:
 * everything happens on a grid of steps, and each contract draws from streams of its own.
 * Limit: after a pause of the machine the missed steps are run at once (one to two seconds for an hour of two contracts).
 */

import { SeededRandom } from '../../core/base/random.ts';
import { BTC_START_PRICE, KNOWN_INSTRUMENTS, type SyntheticInstrument } from './known-instruments.ts';
import { InstrumentMarket } from './market/instrument-market.ts';
import { instrumentSpec } from './market/instrument-spec.ts';
import type { MarketSource } from './market-source.ts';
import { BTC_FLOW, type FlowParameters } from './synthetic/flow-parameters.ts';
import { OrderFlow } from './synthetic/order-flow.ts';
import { ReferenceFeed, TYPICAL_PREMIUM } from './synthetic/reference-feed.ts';

const MINUTE_MS = 60_000;
/** Market time before the start, so that excitation, book shape and averages are those of a running market. */
const LEAD_IN_MS = 2 * MINUTE_MS;

export interface SyntheticMarketOptions {
  readonly seed: number;
  /** First instant of the market, UTC ms on the venue clock. */
  readonly startMs: number;
  /** Default: BTCUSDT and ETHUSDT. */
  readonly instruments?: readonly SyntheticInstrument[];
  readonly flow?: Partial<FlowParameters>;
}

/** One contract with the processes that move it. */
interface Process {
  readonly market: InstrumentMarket;
  readonly flow: OrderFlow;
  readonly reference: ReferenceFeed;
}

class SyntheticMarket implements MarketSource {
  readonly startMs: number;
  readonly durationMs = null;
  readonly ended = false;
  readonly notes: readonly string[];
  readonly instruments: readonly InstrumentMarket[];
  readonly #processes: readonly Process[];
  readonly #stepMs: number;
  #steppedMs: number;

  constructor(options: SyntheticMarketOptions) {
    const flow: FlowParameters = { ...BTC_FLOW, ...options.flow };
    this.startMs = options.startMs;
    this.#stepMs = flow.stepMs;
    const originMs = Math.floor((options.startMs - LEAD_IN_MS) / MINUTE_MS) * MINUTE_MS;
    const listed = options.instruments ?? Object.values(KNOWN_INSTRUMENTS).slice(0, 2);
    this.#processes = listed.map((instrument) => createProcess(instrument, flow, options.seed, originMs));
    this.instruments = this.#processes.map((process) => process.market);
    this.notes = [
      `The market is synthetic (seed ${options.seed}): order flow, prices and history are made up.`,
    ];
    this.#steppedMs = originMs;
    this.advance(options.startMs);
  }

  advance(timeMs: number): void {
    while (this.#steppedMs + this.#stepMs <= timeMs) {
      this.#steppedMs += this.#stepMs;
      for (const { market, flow, reference } of this.#processes) {
        flow.step(this.#steppedMs);
        reference.step(this.#steppedMs, flow.latentTicks);
        if (this.#steppedMs % MINUTE_MS === 0) market.rollTo(this.#steppedMs);
      }
    }
  }
}

function createProcess(
  instrument: SyntheticInstrument,
  flow: FlowParameters,
  seed: number,
  originMs: number,
): Process {
  const { symbol, startPrice, priceDecimals, lotDecimals } = instrument;
  const spec = { ...instrumentSpec(symbol, priceDecimals, lotDecimals, priceDecimals), ...instrument.spec };
  const ownSeed = symbolSeed(seed, symbol);
  const originTicks = Math.round(startPrice * 10 ** priceDecimals);
  const sizeFactor = BTC_START_PRICE / startPrice;
  const market = new InstrumentMarket({
    spec,
    seed: ownSeed,
    originMs,
    originTicks,
    minuteVolatility: 4e-4,
    meanMinuteLots: 60 * sizeFactor * 10 ** lotDecimals,
    historyMinutes: instrument.historyMinutes,
    fundingOffsetMs: 0,
    typicalPremium: TYPICAL_PREMIUM,
  });
  const start = { timeMs: originMs, ticks: originTicks, sizeFactor };
  return {
    market,
    flow: new OrderFlow(flow, new SeededRandom(ownSeed + 1), market, start),
    reference: new ReferenceFeed(new SeededRandom(ownSeed + 2), market),
  };
}

/** Spreads one seed over the contracts, so that their markets are independent (FNV-1a over the symbol). */
function symbolSeed(seed: number, symbol: string): number {
  let hash = 0x811c9dc5 ^ (seed >>> 0);
  for (const letter of symbol) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

/** Creates the market and runs it up to its start. */
export function createSyntheticMarket(options: SyntheticMarketOptions): MarketSource {
  return new SyntheticMarket(options);
}
