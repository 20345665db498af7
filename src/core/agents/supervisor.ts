/**
 * The supervisor: runs the agents over each closed bar, in order, and turns their verdicts into one decision.
 *
 * Market intake sees the bars, derivatives flows the funding rate, CVD divergence the public trades; setup signal looks for
 * its pattern; a veto of the flows or of a divergence stops it; execution risk sizes it. Every agent speaks on every bar it
 * is asked about, and what it said is on record with its numbers. One position or one waiting entry at a time.
 */

import { formatPrice, formatQuantity, type Instrument } from '../domain/instrument.ts';
import type { FillRecord, OrderIntent, OrderRecord } from '../domain/order.ts';
import { isTerminal } from '../domain/order.ts';
import { ticks } from '../domain/units.ts';
import type { AgentName } from '../domain/verdict.ts';
import { type MarketView, type StrategyHandlers, limitOrder, marketOrder } from '../strategy/strategy.ts';
import { type DivergenceReading, readDivergence } from './cvd-divergence.ts';
import { type FlowReading, hoursUntil, readFlows } from './derivatives-flows.ts';
import { type RiskParams, sizePosition } from './execution-risk.ts';
import { type MarketPicture, readMarket } from './market-intake.ts';
import { type Setup, type SetupName, type SetupParams, findPullback, findSweep } from './setup-signal.ts';
import { type DiaryMemory, TradeDiary, emptyDiary } from './trade-diary.ts';

export interface PipelineParams extends SetupParams, RiskParams {
  readonly setup: SetupName;
  /** Fraction per eight hours from which a side counts as crowded. */
  readonly crowdedRate: number;
  /** Bars for which a limit entry waits. */
  readonly entryBars: number;
}

/** The entry that works or is held. */
type Entry = {
  readonly clientOrderId: string;
  readonly barNumber: number;
  isClosed: boolean;
};

/** All that the pipeline remembers, by instrument index; plain data, so that a snapshot can keep it. */
export type PipelineMemory = {
  readonly entries: { [instrument: string]: Entry | undefined };
  readonly diaries: { [instrument: string]: DiaryMemory | undefined };
};

export class Supervisor implements StrategyHandlers {
  readonly #params: PipelineParams;
  readonly #memory: PipelineMemory;

  /** `memory` is changed as things happen. */
  constructor(params: PipelineParams, memory: PipelineMemory) {
    this.#params = params;
    this.#memory = memory;
  }

  onBar(instrument: number, view: MarketView): readonly OrderIntent[] {
    const contract = view.instruments[instrument];
    const bars = view.bars(instrument);
    if (contract === undefined || bars.length === 0) return [];
    const say = speaker(instrument, view);
    const picture = readMarket(bars);
    if (picture === null) {
      say('market_intake', 'unknown', 'too few bars for averages and range', { bars: bars.length });
      return [];
    }
    sayPicture(say, picture, contract);
    const flows = readFlows(
      view.settledRate(instrument),
      contract.fundingIntervalHours,
      view.nextSettlementMs(instrument),
      view.timeMs,
      this.#params.crowdedRate,
    );
    sayFlows(say, flows);
    const divergence = readDivergence(bars, (back) => view.barDelta(instrument, back));
    sayDivergence(say, divergence);
    const find = this.#params.setup === 'pullback_ribbon' ? findPullback : findSweep;
    const reading = find(bars, picture, this.#params);
    const numbers: Record<string, string | number | null> = { setup: this.#params.setup };
    for (const [name, value] of Object.entries(reading.prices)) numbers[name] = priceText(contract, value);
    say('setup_signal', reading.verdict, reading.reason, { ...numbers, ...reading.numbers });

    const waiting = this.#waitingEntry(instrument, view);
    if (waiting !== null) {
      const age = bars.total - waiting.barNumber;
      if (waiting.isClosed || view.position(instrument) !== 0 || age < this.#params.entryBars) {
        say('supervisor', 'manage', 'an entry works or a position is held', { bars: age });
        return [];
      }
      say('supervisor', 'cancel_entry', `the entry waited ${age} bars in vain`, { bars: age });
      return [{ action: 'cancel', orderId: null, clientOrderId: waiting.clientOrderId }];
    }
    if (reading.setup === null) {
      say('supervisor', 'wait', `no setup: ${reading.verdict}`, {});
      return [];
    }
    const veto = findVeto(reading.setup, flows, divergence);
    if (veto !== null) {
      say('supervisor', 'veto', veto, {});
      return [];
    }
    return this.#enter(instrument, contract, view, picture, flows, reading.setup, say);
  }

  onOrder(order: OrderRecord): void {
    const entry = this.#memory.entries[order.instrument];
    if (entry?.clientOrderId === order.clientOrderId && isTerminal(order.status)) entry.isClosed = true;
  }

  onFill(fill: FillRecord, view: MarketView): void {
    const memory = this.#memory.diaries[fill.instrument];
    const contract = view.instruments[fill.instrument];
    if (memory === undefined || contract === undefined) return;
    const lesson = new TradeDiary(contract, memory).addFill(
      fill,
      view.position(fill.instrument),
      view.bars(fill.instrument).total,
    );
    if (lesson === null) return;
    speaker(fill.instrument, view)('journal_coach', lesson.tags[0] ?? 'scratch', lesson.lesson, {
      r_multiple: Math.round(lesson.rMultiple * 100) / 100,
      tags: lesson.tags.join(' '),
    });
  }

  #enter(
    instrument: number,
    contract: Instrument,
    view: MarketView,
    picture: MarketPicture,
    flows: FlowReading,
    setup: Setup,
    say: Speak,
  ): readonly OrderIntent[] {
    const bars = view.bars(instrument);
    const diary = this.#diary(instrument, contract);
    const size = sizePosition(
      contract,
      setup,
      view.equity(),
      picture.regime,
      diary.record(bars.total),
      this.#params,
    );
    say('execution_risk', size.verdict, size.reason, size.numbers);
    if (size.quantity === null) {
      say('supervisor', 'wait', size.reason, {});
      return [];
    }
    // Bar times never repeat within an account, so an id is never used twice, also not after a restart.
    const clientOrderId = `${this.#params.setup}-${contract.symbol}-${bars.openTimeMs(0)}`;
    this.#memory.entries[instrument] = { clientOrderId, barNumber: bars.total, isClosed: false };
    diary.plan(setup, size.quantity, picture.regime === 'volatile', isCrowded(setup, flows));
    const isLong = setup.side === 'buy';
    say('supervisor', isLong ? 'enter_long' : 'enter_short', 'the agents agree', {
      quantity: formatQuantity(contract, size.quantity),
      entry: setup.entry === null ? null : formatPrice(contract, ticks(setup.entry)),
      stop: formatPrice(contract, ticks(setup.stop)),
      target: formatPrice(contract, ticks(setup.target)),
    });
    const options = {
      clientOrderId,
      tag: this.#params.setup,
      bracket: { on: 'mark', takeProfit: ticks(setup.target), stopLoss: ticks(setup.stop) } as const,
    };
    return setup.entry === null
      ? [marketOrder(instrument, setup.side, size.quantity, options)]
      : [limitOrder(instrument, setup.side, size.quantity, ticks(setup.entry), options)];
  }

  /** The entry in hand, forgotten once it is closed and nothing is held. */
  #waitingEntry(instrument: number, view: MarketView): Entry | null {
    const { entries } = this.#memory;
    const entry = entries[instrument] ?? null;
    if (entry !== null && entry.isClosed && view.position(instrument) === 0) {
      entries[instrument] = undefined;
      return null;
    }
    if (entry === null && view.position(instrument) !== 0) {
      // A position of an earlier session: its exits are carried with it.
      return { clientOrderId: '', barNumber: view.bars(instrument).total, isClosed: true };
    }
    return entry;
  }

  #diary(instrument: number, contract: Instrument): TradeDiary {
    const memory = (this.#memory.diaries[instrument] ??= emptyDiary());
    return new TradeDiary(contract, memory);
  }
}

type Numbers = Readonly<Record<string, number | string | null>>;
type Speak = (
  agent: AgentName,
  verdict: string,
  reason: string,
  numbers: Numbers,
  confidence?: number | null,
) => void;

function speaker(instrument: number, view: MarketView): Speak {
  const bars = view.bars(instrument);
  const barOpenTimeMs = bars.length === 0 ? view.timeMs : bars.openTimeMs(0);
  return (agent, verdict, reason, numbers, confidence = null) =>
    view.note({ instrument, barOpenTimeMs, agent, verdict, confidence, reason, numbers });
}

/** Ticks, rounded to whole ones, as a price. */
function priceText(contract: Instrument, value: number | null): string | null {
  return value === null ? null : formatPrice(contract, ticks(Math.round(value)));
}

function sayPicture(say: Speak, picture: MarketPicture, contract: Instrument): void {
  const price = (value: number | null): string | null => priceText(contract, value);
  // The distance of the averages in units of the range: how much trend there is.
  const confidence = Math.min(1, Math.abs(picture.emaFast - picture.emaSlow) / (picture.atr || 1));
  say(
    'market_intake',
    `trend_${picture.trend}`,
    `trend ${picture.trend}, volatility ${picture.regime}`,
    {
      ema_20: price(picture.emaFast),
      ema_50: price(picture.emaSlow),
      atr: price(picture.atr),
      regime_ratio: picture.regimeRatio === null ? null : Math.round(picture.regimeRatio * 100) / 100,
      swing_high: price(picture.swingHigh),
      swing_low: price(picture.swingLow),
      equal_highs: price(picture.equalHighs),
      equal_lows: price(picture.equalLows),
    },
    Math.round(confidence * 100) / 100,
  );
}

function sayFlows(say: Speak, { verdict, ratePerEightHours, toSettlementMs }: FlowReading): void {
  const rate = ratePerEightHours === null ? null : Number(ratePerEightHours.toFixed(8));
  const reason =
    rate === null ? 'the venue has not said a rate' : `${(rate * 100).toFixed(4)} % per eight hours`;
  say('derivatives_flows', verdict, reason, {
    rate_per_8h: rate,
    hours_to_settlement: hoursUntil(toSettlementMs),
  });
}

function sayDivergence(say: Speak, reading: DivergenceReading): void {
  const reason =
    reading.verdict === 'unknown'
      ? `only ${reading.barsHeard} bars in a row were heard whole`
      : 'price against the volume delta of real trades';
  say('cvd_divergence', reading.verdict, reason, {
    bar_delta_lots: reading.barDelta,
    window_delta_lots: reading.windowDelta,
    bars_heard: reading.barsHeard,
  });
}

/** Whether the setup stands on the side that pays. */
function isCrowded({ side }: Setup, { verdict }: FlowReading): boolean {
  return verdict === (side === 'buy' ? 'crowded_longs' : 'crowded_shorts');
}

/** Why the setup may not be taken; null where nothing speaks against it. What is unknown is no veto. */
function findVeto(setup: Setup, flows: FlowReading, divergence: DivergenceReading): string | null {
  if (isCrowded(setup, flows)) return `the flows say ${flows.verdict}`;
  const against = setup.side === 'buy' ? 'bearish_divergence' : 'bullish_divergence';
  return divergence.verdict === against ? `the volume delta says ${against}` : null;
}
