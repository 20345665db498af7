/**
 * From the bytes of a frame to the strategy's decision in one process: decode, event block, engine, handler.
 *
 * A million frames of the venue's mix, each timed by itself (two clock readings, about 0.1 µs, are in every figure). The
 * recording is repeated with its stamps moved on, outside of the timed parts. `deciding` looks at the touch on every book
 * frame and sends nothing; `quoting` keeps one post-only order a side beside the touch, so that the paper exchange works.
 */

import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBlock } from '../../src/core/domain/event-block.ts';
import { createInstrument } from '../../src/core/domain/instrument.ts';
import type { OrderIntent } from '../../src/core/domain/order.ts';
import { type Ticks, lots, ticks } from '../../src/core/domain/units.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { type MarketView, type StrategyHandlers, limitOrder } from '../../src/core/strategy/strategy.ts';
import type { EventInlet } from '../../src/ports/event-inlet.ts';
import { type FrameDecoder, createFrameDecoder } from '../../src/venues/bitunix/decode.ts';
import { FrameKind } from '../../src/venues/bitunix/decoded-frame.ts';
import { appendBook, appendPrice, appendTicker, appendTrades } from '../../src/venues/bitunix/normalize.ts';
import type { BenchCase, Conclusion, Sample } from '../harness/bench-case.ts';
import { recordFrames } from '../harness/bitunix-frames.ts';
import { cpuSince, isNoisy, readCpu } from '../harness/cpu-noise.ts';
import { pause } from '../harness/measure-rounds.ts';
import { MovableFrames } from '../harness/movable-frames.ts';
import { instanceOf, openSession } from '../harness/quoting-strategy.ts';
import { median, quantileOfSorted } from '../harness/statistics.ts';

const FRAMES_WANTED = 1_000_000;
const WARM_UP_PASSES = 30;
/** Passes of one round: enough time for the 10 ms ticks that tell who used the machine. */
const PASSES_A_ROUND = 30;
const ROUNDS_MAX = 24;
const PAUSE_MS = 400;
/** Frames arrive this long after their stamp. */
const DELIVERY_MS = 50;
const QUOTE_LOTS = lots(10);
/** How far the market moves before the quotes follow, and how far they stand from the touch. */
const FOLLOW_TICKS = 20;
const P99_US_MAX = 10;
const P999_US_MAX = 50;

/** Decides on every book frame; what it decides is counted and not sent. */
class DecidingStrategy implements StrategyHandlers {
  decisions = 0;
  /** Decisions to buy less decisions to sell: the use that is made of the touch. */
  bias = 0;
  #lastMid = 0;

  onBook(instrument: number, view: MarketView): void {
    const bid = view.bestBid(instrument);
    const ask = view.bestAsk(instrument);
    if (bid === null || ask === null) return;
    const mid = bid + ask;
    if (mid > this.#lastMid) this.bias++;
    else if (mid < this.#lastMid) this.bias--;
    this.#lastMid = mid;
    this.decisions++;
  }
}

/** Keeps one bid and one ask beside the touch and moves both when the market has moved. */
class FollowingStrategy implements StrategyHandlers {
  decisions = 0;
  #quotedMid = 0;
  #sent = 0;

  onBook(instrument: number, view: MarketView): readonly OrderIntent[] | void {
    const bid = view.bestBid(instrument);
    const ask = view.bestAsk(instrument);
    if (bid === null || ask === null) return;
    this.decisions++;
    const mid = (bid + ask) / 2;
    if (Math.abs(mid - this.#quotedMid) < FOLLOW_TICKS) return;
    this.#quotedMid = mid;
    const previous = this.#sent;
    this.#sent += 2;
    const intents: OrderIntent[] = [];
    if (previous > 0) intents.push(cancel(previous - 1), cancel(previous));
    intents.push(
      this.#quote('buy', ticks(bid - FOLLOW_TICKS), this.#sent - 1),
      this.#quote('sell', ticks(ask + FOLLOW_TICKS), this.#sent),
    );
    return intents;
  }

  #quote(side: 'buy' | 'sell', price: Ticks, number: number): OrderIntent {
    return limitOrder(0, side, QUOTE_LOTS, price, { timeInForce: 'post_only', clientOrderId: `q${number}` });
  }
}

function cancel(number: number): OrderIntent {
  return { action: 'cancel', orderId: null, clientOrderId: `q${number}` };
}

/** The ingress of the measurement: one block, one frame at a time, and the time of that frame. */
class FrameInlet implements EventInlet {
  readonly block = new EventBlock(8_192);
  readonly waitingRows = 0;
  timeMs = 0;

  open(): EventBlock {
    return this.block;
  }

  nowMs(): number {
    return this.timeMs;
  }

  ready(): void {
    // The measurement processes the block as soon as the frame is appended.
  }

  whenDrained(action: () => void): void {
    action();
  }
}

class FramePath {
  readonly #engine: Engine;
  readonly #decoder: FrameDecoder;
  readonly #inlet = new FrameInlet();
  #sequence = 1;

  constructor(engine: Engine, decoder: FrameDecoder) {
    this.#engine = engine;
    this.#decoder = decoder;
  }

  /** What a session does with a frame; bars come from REST, so a kline frame ends after its decoding. */
  take(bytes: Buffer, timeMs: number): void {
    const inlet = this.#inlet;
    inlet.timeMs = timeMs;
    inlet.block.reset(this.#sequence);
    const frame = this.#decoder.decode(bytes);
    if (frame.kind === FrameKind.book) appendBook(frame, inlet);
    else if (frame.kind === FrameKind.trades) appendTrades(frame, inlet, Number.NaN, isNew);
    else if (frame.kind === FrameKind.price) appendPrice(frame, inlet);
    else if (frame.kind === FrameKind.ticker) appendTicker(frame, inlet);
    else if (frame.kind !== FrameKind.kline) throw new Error(`a frame was read as kind ${frame.kind}`);
    this.#sequence += inlet.block.events;
    this.#engine.process(inlet.block);
    this.#engine.takeOutputs();
  }
}

function isNew(): boolean {
  return true;
}

async function measureLatency(strategy: DecidingStrategy | FollowingStrategy): Promise<Sample> {
  const session = await recordFrames('venue');
  const frames = new MovableFrames(session.frames);
  const start = openSession(session.instrument);
  const engine = new Engine(start, instanceOf(strategy));
  const opening = new EventBlock(1);
  opening.reset(0);
  opening.appendSessionStarted(frames.startMs, start);
  engine.process(opening);
  const decoder = createFrameDecoder([createInstrument(session.instrument, 0)]);
  const path = new FramePath(engine, decoder);
  const count = frames.count;
  const collected = Math.ceil(Math.ceil(FRAMES_WANTED / count) / PASSES_A_ROUND) * PASSES_A_ROUND * count;
  const busyUs = new Float64Array(collected);
  const runPass = (at: number): void => {
    for (let index = 0; index < count; index++) {
      const bytes = frames.bytes(index);
      const timeMs = frames.timeMs(index) + DELIVERY_MS;
      const from = performance.now();
      path.take(bytes, timeMs);
      busyUs[at + index] = (performance.now() - from) * 1_000;
    }
    frames.move();
  };
  const begin = performance.now();
  runPass(0);
  const firstMs = (performance.now() - begin) * PASSES_A_ROUND;
  for (let pass = 1; pass < WARM_UP_PASSES; pass++) runPass(0);

  const pausesMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (startTime >= measuredFrom) pausesMs.push(duration);
  });
  const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
  const decisionsBefore = strategy.decisions;
  observer.observe({ entryTypes: ['gc'] });
  const measuredFrom = performance.now();
  const keptMs: { wallMs: number; cpuMs: number }[] = [];
  const allMs: number[] = [];
  let at = 0;
  while (at < collected && allMs.length < ROUNDS_MAX) {
    const from = readCpu();
    for (let pass = 0; pass < PASSES_A_ROUND; pass++) runPass(at + pass * count);
    const use = cpuSince(from);
    allMs.push(use.wallMs);
    if (isNoisy(use)) {
      pause(PAUSE_MS);
    } else {
      keptMs.push({ wallMs: use.wallMs, cpuMs: use.ownMs });
      at += PASSES_A_ROUND * count;
    }
  }
  const involuntary = process.resourceUsage().involuntaryContextSwitches - switchesBefore;
  // Entries reach the observer in a turn of the event loop of their own.
  await sleep(100);
  observer.disconnect();
  const decided = strategy.decisions - decisionsBefore;
  if (decided === 0 || decoder.fallbacks > 0)
    throw new Error(`${decided} decisions, ${decoder.fallbacks} fallbacks`);
  const { strategyErrors, lifecycle } = engine.status();
  if (strategyErrors > 0 || lifecycle !== 'running')
    throw new Error(`${strategyErrors} errors, ${lifecycle}`);
  // Without a quiet million the figures are those of whatever rounds the buffer holds: shown, never judged.
  const sorted = busyUs.subarray(0, at === 0 ? PASSES_A_ROUND * count : at).toSorted();
  const measuredMs = allMs.reduce((sum, ms) => sum + ms, 0);
  const gcMs = pausesMs.reduce((sum, ms) => sum + ms, 0);
  const isWhole = at >= collected;
  return {
    units: PASSES_A_ROUND * count,
    wallMs: isWhole ? median(keptMs.map(({ wallMs }) => wallMs)) : null,
    cpuMs: isWhole ? median(keptMs.map(({ cpuMs }) => cpuMs)) : null,
    firstMs,
    roundsKept: keptMs.length,
    roundsDiscarded: allMs.length - keptMs.length,
    noisyWallMs: median(allMs),
    check: `${count} frames a pass, ${(decided / allMs.length).toFixed(0)} decisions a round`,
    extra: {
      frames: sorted.length,
      p50: quantileOfSorted(sorted, 0.5),
      p99: quantileOfSorted(sorted, 0.99),
      p999: quantileOfSorted(sorted, 0.999),
      max: sorted.at(-1) ?? Number.NaN,
      gcCount: (pausesMs.length * FRAMES_WANTED) / (allMs.length * PASSES_A_ROUND * count),
      gcShare: (gcMs / measuredMs) * 100,
      gcLongestMs: Math.max(0, ...pausesMs),
      involuntary,
    },
  };
}

function readings(variant: string): Conclusion[] {
  const reading = (label: string, key: string, unit: string, atMost: number | null): Conclusion => ({
    kind: 'reading',
    label: `${variant}: ${label}`,
    variant,
    key,
    unit,
    goal: atMost === null ? null : { atMost },
  });
  return [
    reading('frames timed', 'frames', '', null),
    reading('p50', 'p50', 'µs', null),
    reading('p99', 'p99', 'µs', P99_US_MAX),
    reading('p99.9', 'p999', 'µs', P999_US_MAX),
    reading('longest', 'max', 'µs', null),
    reading('garbage collections a million frames', 'gcCount', '', null),
    reading('share of time in garbage collection', 'gcShare', '%', null),
    reading('longest garbage collection', 'gcLongestMs', 'ms', null),
    reading('involuntary context switches', 'involuntary', '', null),
  ];
}

export const latencyCase: BenchCase = {
  name: 'latency',
  title: 'bytes of a frame to the decision, in-process busy time a frame',
  needsData: true,
  pairsMax: 3,
  variants: [
    { name: 'deciding', unit: 'frames', measure: () => measureLatency(new DecidingStrategy()) },
    { name: 'quoting', unit: 'frames', measure: () => measureLatency(new FollowingStrategy()) },
  ],
  sameWork: [],
  conclusions: [...readings('deciding'), ...readings('quoting')],
};
