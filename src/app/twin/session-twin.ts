/**
 * Runs the twins of a session in a thread of their own, tells what they find, and hands over the checks at its end.
 *
 * The session's loop only passes on what was decided: it never waits. A twin that fails, or does not come back, has no
 * result, and changes nothing.
 */

import { Worker } from 'node:worker_threads';
import type { Instrument } from '../../core/domain/instrument.ts';
import type { Output } from '../../core/domain/outputs.ts';
import type { AlertChannel } from '../../ports/alert-channel.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OutputSink } from '../../ports/output-sink.ts';
import type { TwinCheck } from '../../report/final-report.ts';
import { isSettledWithin } from '../bounded-wait.ts';
import { CallJudge, CallMark, LOOK_INTERVAL_MS, callPatienceMs } from '../call-mark.ts';
import type { Settings } from '../config/settings.ts';
import { NO_ENVIRONMENT } from '../thread-environment.ts';
import { type Decision, DecisionFilter } from './decisions.ts';

/** How long the end of a session waits for the twins. */
const END_PATIENCE_MS = 4_000;
/** The twins' own memory: two engines and what the strategy keeps. */
const HEAP_MB = 512;

/** What the thread needs; plain data. */
export interface TwinTask {
  readonly eventsFolder: string;
  readonly strategy: string;
  readonly params: Settings['params'];
  readonly afterMs: number;
  /** Of the mark under which the strategy's calls are made. */
  readonly calls: SharedArrayBuffer;
}

export type TwinMessage =
  | { readonly type: 'decisions'; readonly decisions: readonly Decision[] }
  | { readonly type: 'end' };

export interface TwinAnswer {
  /** Not told before. */
  readonly found: readonly TwinCheck[];
  /** All checks; null before the end. */
  readonly end: readonly TwinCheck[] | null;
}

export interface SessionTwinOptions {
  readonly settings: Pick<Settings, 'strategy' | 'params' | 'strategyCallBudgetMs'>;
  readonly eventsFolder: string;
  readonly instruments: readonly Instrument[];
  /** Time of the last event before this process; null where it began the session. */
  readonly afterMs: number | null;
  /** How long {@link SessionTwin.finish} waits, default {@link END_PATIENCE_MS}. */
  readonly endPatienceMs?: number;
  readonly logger: Logger;
  readonly alerts: AlertChannel;
}

export class SessionTwin implements OutputSink {
  readonly #options: SessionTwinOptions;
  readonly #filter: DecisionFilter;
  readonly #worker: Worker;
  readonly #look: NodeJS.Timeout;
  readonly #ended = Promise.withResolvers<readonly TwinCheck[]>();
  #isOver = false;

  constructor(options: SessionTwinOptions) {
    this.#options = options;
    const { settings, eventsFolder, instruments } = options;
    const afterMs = options.afterMs ?? Number.NEGATIVE_INFINITY;
    this.#filter = new DecisionFilter(instruments, afterMs);
    const mark = new CallMark();
    const { strategy, params } = settings;
    const workerData: TwinTask = { eventsFolder, strategy, params, afterMs, calls: mark.memory };
    this.#worker = new Worker(new URL('./twin-worker.ts', import.meta.url), {
      workerData,
      env: NO_ENVIRONMENT,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // What the strategy prints was printed by the session.
      stdout: true,
      stderr: true,
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    this.#worker.on('message', (answer: TwinAnswer) => this.#hear(answer));
    this.#worker.on('error', (error: Error) => this.abandon(`the twin failed: ${error.message}`));
    this.#worker.on('exit', () => this.abandon('the twin ended before the session'));
    const judge = new CallJudge(mark, callPatienceMs(settings.strategyCallBudgetMs));
    this.#look = setInterval(() => {
      const call = judge.observe(performance.now());
      if (call !== null) this.abandon(`the twin did not come back from ${call.place}`);
    }, LOOK_INTERVAL_MS);
    this.#look.unref();
  }

  deliver(outputs: readonly Output[]): void {
    if (this.#isOver) return;
    const decisions = this.#filter.pick(outputs);
    if (decisions.length > 0) this.#send({ type: 'decisions', decisions });
  }

  /** Ends the twins without a result. */
  abandon(why: string): void {
    if (this.#isOver) return;
    this.#options.logger.log('warning', 'twin_abandoned', `The twin of the session has no result: ${why}`);
    this.#end(['lookahead', 'recursive'].map((name) => ({ name, passed: null, detail: why }) as TwinCheck));
  }

  /** Call it once the session's last event is in its log. Never throws. */
  async finish(): Promise<readonly TwinCheck[]> {
    if (!this.#isOver) this.#send({ type: 'end' });
    const { endPatienceMs = END_PATIENCE_MS } = this.#options;
    const isInTime = await isSettledWithin(this.#ended.promise, endPatienceMs);
    if (!isInTime) this.abandon(`the twin was not done ${endPatienceMs / 1_000} s after the session`);
    return this.#ended.promise;
  }

  #send(message: TwinMessage): void {
    this.#worker.postMessage(message);
  }

  #hear({ found, end }: TwinAnswer): void {
    if (this.#isOver) return;
    const { logger, alerts } = this.#options;
    for (const { name, detail } of found) {
      logger.log('warning', 'twin_differs', `The twin of the session differs: ${detail}`, { check: name });
      alerts.raise('warning', 'twin_differs', detail);
    }
    if (end !== null) this.#end(end);
  }

  #end(checks: readonly TwinCheck[]): void {
    this.#isOver = true;
    clearInterval(this.#look);
    this.#ended.resolve(checks);
    void this.#worker.terminate();
  }
}
