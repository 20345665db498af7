/** Builds the parts of an engine from the session's start document. */

import { assert } from '../base/assert.ts';
import { type SeededRandom, namedStream } from '../base/random.ts';
import { restoreEach } from '../base/saved-state.ts';
import { type Interval, intervalMs, isInterval, isVenueInterval } from '../base/time.ts';
import { createInstrument, parseRate } from '../domain/instrument.ts';
import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { FillModelTerms } from '../domain/receipt.ts';
import type { SessionStart } from '../domain/session-start.ts';
import { LIQUIDATION_DEFAULTS } from '../exchange/exchange-settings.ts';
import { IMPACT_FACTOR } from '../exchange/impact-model.ts';
import { LatencyModel } from '../exchange/latency-model.ts';
import { PaperExchange } from '../exchange/paper-exchange.ts';
import { Account } from '../ledger/account.ts';
import { BarSeries } from '../market/bar-series.ts';
import { InstrumentMarket } from '../market/instrument-market.ts';
import { LongerBars } from '../market/longer-bars.ts';
import { PublicMarket } from '../market/public-market.ts';
import { TradeBars } from '../market/trade-bars.ts';
import type { CircuitBreakers } from '../risk/circuit-breakers.ts';
import type { LossLimits } from '../risk/loss-limits.ts';
import type { RiskGate } from '../risk/risk-gate.ts';
import { historyNeed } from '../strategy/history-need.ts';
import type { StrategyInstance } from '../strategy/strategy.ts';
import { type RefusedTerm, termsInForce } from './account-terms.ts';
import { assembleRisk } from './risk-parts.ts';

/** Bars kept beyond what anyone asked for, so that a strategy can look a little further back. */
const SPARE_BARS = 400;

export interface EngineParts {
  readonly interval: Interval;
  readonly intervalMs: number;
  /** Closed bars that must be loaded before anything trades. */
  readonly neededBars: number;
  readonly markets: readonly InstrumentMarket[];
  /** Builders of bars from trades, by instrument; empty where the venue has klines of the interval. */
  readonly tradeBars: readonly TradeBars[];
  readonly account: Account;
  /** Changes of the account's terms that the venue refuses. */
  readonly refusedTerms: readonly RefusedTerm[];
  /** Streams of chance, one for each purpose. */
  readonly random: { readonly slippage: SeededRandom; readonly latency: SeededRandom };
  readonly latency: LatencyModel;
  /** When a report that leaves the exchange now reaches us. */
  readonly reportArrivalMs: (nowMs: number) => number;
  readonly exchange: PaperExchange;
  readonly gate: RiskGate;
  readonly losses: LossLimits;
  readonly breakers: CircuitBreakers;
}

/**
 * What a looker-on may read of a running engine. Nobody outside of the core may change any of it, and everything in it is
 * as of the last whole block.
 */
export type EngineView = Readonly<
  Pick<EngineParts, 'intervalMs' | 'markets' | 'tradeBars' | 'account'> & {
    readonly exchange: Pick<PaperExchange, 'working' | 'workingCount' | 'reserved' | 'find' | 'margin'>;
  }
>;

/** What the venue will show of the session's instruments, before its first event. */
export function openPublicMarket(start: SessionStart): PublicMarket {
  return new PublicMarket(start.instruments.length, intervalMs(intervalOf(start)));
}

function intervalOf({ interval }: SessionStart): Interval {
  assert(isInterval(interval), `unknown interval ${interval}`);
  return interval;
}

export function assembleParts(
  start: SessionStart,
  strategy: StrategyInstance,
  publicMarket: PublicMarket,
  outputs: OutputBuffer,
): EngineParts {
  const interval = intervalOf(start);
  assert(
    start.fills.price_source === 'stream' || start.fill_model === 'parametric',
    'a session without books fills by the parametric model',
  );
  const barMs = intervalMs(interval);
  const neededBars = Math.max(start.min_history_bars, historyNeed(strategy, barMs));
  const markets = publicMarket.books.map((shown, index) => {
    const spec = start.instruments[index];
    assert(spec !== undefined, 'the public market is of the same instruments');
    const bars = new BarSeries(neededBars + SPARE_BARS);
    const longer = longerBars(strategy, barMs, bars.capacity);
    return new InstrumentMarket(createInstrument(spec, index), bars, shown, start.fills.price_source, longer);
  });
  const { modes, refused: refusedTerms } = termsInForce(
    start,
    markets.map(({ instrument }) => instrument),
  );
  const account = new Account(markets, modes, outputs);
  const liquidation = start.liquidation ?? LIQUIDATION_DEFAULTS;
  const random = {
    slippage: namedStream(start.seed, 'slippage'),
    latency: namedStream(start.seed, 'latency'),
  };
  const latency = new LatencyModel(
    start.fills.latency,
    start.request_latency_ms,
    start.response_latency_ms,
    random.latency,
    outputs,
    start.fills.stance === 'pessimistic',
  );
  // What happened inside a bar was known before its end, at which it is booked.
  const reportArrivalMs =
    start.fills.price_source === 'bars'
      ? (nowMs: number): number => nowMs
      : (nowMs: number): number => latency.responseArrivalMs(nowMs);
  const exchange = new PaperExchange(
    {
      sessionId: start.session_id,
      makerFeeRate: parseRate(start.maker_fee_rate),
      takerFeeRate: parseRate(start.taker_fee_rate),
      liquidationFeeRate: parseRate(liquidation.fee_rate),
      tierRule: liquidation.tier_rule,
      fillModel: start.fill_model,
      fills: start.fills,
      feeTier: start.fee_tier ?? null,
      reportArrivalMs,
      terms: describeTerms(start),
      barTerms: { name: 'parametric', parameters: { ...start.fills.parametric, bars: 'pessimistic' } },
    },
    markets,
    account,
    outputs,
    random.slippage,
  );
  return {
    interval,
    intervalMs: barMs,
    neededBars,
    markets,
    tradeBars:
      isVenueInterval(interval) && start.bars_from === undefined
        ? []
        : markets.map(() => new TradeBars(intervalMs(interval))),
    account,
    refusedTerms,
    random,
    latency,
    reportArrivalMs,
    exchange,
    ...assembleRisk(start, markets),
  };
}

/** As many as the session's own bars make. */
function longerBars(
  { intervals }: StrategyInstance,
  barMs: number,
  capacity: number,
): ReadonlyMap<Interval, LongerBars> {
  const lengths = (Object.keys(intervals ?? {}) as Interval[])
    .map((interval) => [interval, intervalMs(interval)] as const)
    .toSorted(([, one], [, other]) => one - other);
  return new Map(
    lengths.map(([interval, lengthMs]) => [
      interval,
      new LongerBars(barMs, lengthMs, Math.ceil((capacity * barMs) / lengthMs)),
    ]),
  );
}

/** The fill model as every receipt names it. */
function describeTerms(start: SessionStart): FillModelTerms {
  const latency = {
    latency: start.fills.latency.model,
    request_latency_ms: start.request_latency_ms,
    response_latency_ms: start.response_latency_ms,
  };
  return start.fill_model === 'parametric'
    ? {
        name: 'parametric',
        parameters: { ...start.fills.parametric, impact_factor: IMPACT_FACTOR, ...latency },
      }
    : { name: 'book', parameters: { queue_exponent: start.fills.queue_exponent, ...latency } };
}

/** What the parts hold, as plain data. */
export function saveParts(parts: EngineParts) {
  return {
    markets: parts.markets.map((market) => market.save()),
    tradeBars: parts.tradeBars.map((built) => built.save()),
    account: parts.account.save(),
    random: { slippage: parts.random.slippage.state(), latency: parts.random.latency.state() },
    latency: parts.latency.save(),
    exchange: parts.exchange.save(),
    gate: parts.gate.save(),
    losses: parts.losses.save(),
    breakers: parts.breakers.save(),
  };
}

export function restoreParts(parts: EngineParts, state: ReturnType<typeof saveParts>): void {
  restoreEach(parts.markets, state.markets);
  restoreEach(parts.tradeBars, state.tradeBars);
  parts.account.restore(state.account);
  parts.random.slippage.restore(state.random.slippage);
  parts.random.latency.restore(state.random.latency);
  parts.latency.restore(state.latency);
  parts.exchange.restore(state.exchange);
  parts.gate.restore(state.gate);
  parts.losses.restore(state.losses);
  parts.breakers.restore(state.breakers);
}
