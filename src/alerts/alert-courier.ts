/**
 * Carries the alerts of a workspace to its channels, each channel by itself: in order, one message at a time, again and
 * again until it is taken.
 *
 * A message is on the disk before it is sent, and is sent again, the same under the same id, by whoever comes next where
 * its end is not known (the process died between the answer and the record, or the answer did not come). So nothing is
 * lost; a repetition can reach a channel in that case only, and a webhook tells it by its id.
 * Assumption: runs beside the session, in a thread or a process of its own; the store is written synchronously.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import type { AlertLevel } from '../ports/alert-channel.ts';
import { alertFileSize, readAlertFeed } from './alert-feed.ts';
import type { AlertMessage } from './alert-message.ts';
import { composeMessage } from './compose-message.ts';
import type { ChannelName, DeliveryChannel } from './delivery-channel.ts';
import { DeliveryError } from './delivery-error.ts';
import type { DeliveryStore } from './delivery-store.ts';

/** How often the alert file is looked at. */
const LOOK_INTERVAL_MS = 250;

/** Attempts in a row before the trouble is told again; the message stays. */
const SERIES_ATTEMPTS_MAXIMUM = 12;
const FIRST_DELAY_MS = 1_000;
const DELAY_MAXIMUM_MS = 300_000;

/** A message that a channel refuses (rather than being out of reach) for so long is given up. */
const REFUSED_MAXIMUM_MS = 86_400_000;

const MINUTE_MS = 60_000;

export interface ChannelPlan {
  readonly channel: DeliveryChannel;
  /** Lower levels are not told there. */
  readonly level: AlertLevel;
}

export type DeliveryEvent =
  | { readonly kind: 'failing'; readonly channel: ChannelName; readonly detail: string }
  | { readonly kind: 'delivered'; readonly channel: ChannelName; readonly alerts: number }
  | { readonly kind: 'recovered'; readonly channel: ChannelName }
  | { readonly kind: 'given_up'; readonly channel: ChannelName; readonly detail: string };

export interface CourierOptions {
  readonly alertsPath: string;
  readonly store: DeliveryStore;
  readonly plans: readonly ChannelPlan[];
  /** Where a channel that was never used begins in the alert file. */
  readonly startOffset: number;
  /** Messages that a channel gets within a minute at most, repetitions aside. */
  readonly perMinute: number;
  /** The least level told now; null = every one. */
  readonly quietLevel: (nowMs: number) => AlertLevel | null;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
  /** The first wait after a failure; doubles up to five minutes. */
  readonly firstDelayMs?: number;
}

export class AlertCourier {
  readonly #options: CourierOptions;
  readonly #lanes: readonly Lane[];
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  /** Begins at once. */
  constructor(options: CourierOptions) {
    this.#options = options;
    this.#lanes = options.plans.map((plan) => new Lane(plan, options, this.#abort.signal));
    this.#ended = Promise.all(this.#lanes.map((lane) => lane.run())).then(() => {});
    // Whoever awaits `ended` hears of it.
    this.#ended.catch(() => {});
  }

  /** Rejects when the store or the alert file cannot be used any more; resolves after {@link close}. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Waits until every channel has what was raised until now; at most `limitMs`, and unless `patient` no longer than
   * every channel that does not have it waits for its time. Returns whether all of it was taken.
   */
  async settle(limitMs: number, patience: 'hurried' | 'patient' = 'hurried'): Promise<boolean> {
    const size = alertFileSize(this.#options.alertsPath);
    const untilMs = this.#options.monotonicMs() + limitMs;
    while (
      this.#lanes.some((lane) => !lane.isDone(size) && (patience === 'patient' || !lane.isWaiting)) &&
      this.#options.monotonicMs() < untilMs
    ) {
      await delay(LOOK_INTERVAL_MS / 10);
    }
    return this.#lanes.every((lane) => lane.isDone(size));
  }

  /** Stops; a request that is under way is broken off and repeated by whoever delivers next. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }
}

/** One channel. */
class Lane {
  readonly #plan: ChannelPlan;
  readonly #options: CourierOptions;
  readonly #signal: AbortSignal;
  readonly #sentMs: number[] = [];
  #offset: number;
  #stored: AlertMessage | null;
  /** Whether it waits for its time: a retry, the rate, the end of quiet hours. */
  isWaiting = false;
  #isFailing = false;
  /** Size of the alert file when all that waits in it was held back for quiet hours; null = nothing is. */
  #heldSize: number | null = null;

  constructor(plan: ChannelPlan, options: CourierOptions, signal: AbortSignal) {
    this.#plan = plan;
    this.#options = options;
    this.#signal = signal;
    const { offset, message, trouble } = options.store.channel(plan.channel.name, options.startOffset);
    this.#offset = offset;
    this.#stored = message;
    this.#isFailing = trouble !== null;
  }

  /** Whether everything in the first `size` bytes of the alert file was taken or concerns others. */
  isDone(size: number): boolean {
    return this.#stored === null && this.#offset >= size;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const message = this.#stored ?? this.#compose();
      if (message === null) {
        await this.#pause(LOOK_INTERVAL_MS);
        continue;
      }
      if (!(await this.#takeTurn())) continue;
      if (this.#stored === null) this.#options.store.begin(this.#plan.channel.name, message);
      this.#stored = message;
      await this.#carry(message);
    }
  }

  #compose(): AlertMessage | null {
    const { alertsPath, store, nowMs, quietLevel } = this.#options;
    const { channel, level } = this.#plan;
    const size = alertFileSize(alertsPath);
    const quiet = quietLevel(nowMs());
    if (size === this.#offset || (this.#heldSize === size && quiet !== null)) return null;
    this.isWaiting = false;
    this.#heldSize = null;
    const composed = composeMessage(readAlertFeed(alertsPath, this.#offset), this.#offset, {
      channel: channel.name,
      origin: store.origin,
      level,
      quietLevel: quiet,
      nowMs: nowMs(),
    });
    switch (composed.kind) {
      case 'message':
        return composed.message;
      case 'held':
        this.isWaiting = true;
        this.#heldSize = size;
        return null;
      case 'nothing':
        if (composed.toOffset !== this.#offset) store.pass(channel.name, composed.toOffset);
        this.#offset = composed.toOffset;
        return null;
    }
  }

  /** Keeps the rate. Returns false where the channel has to wait; more may have come to tell then. */
  async #takeTurn(): Promise<boolean> {
    const { perMinute, monotonicMs } = this.#options;
    const nowMs = monotonicMs();
    while (this.#sentMs.length > 0 && nowMs - (this.#sentMs[0] ?? nowMs) >= MINUTE_MS) this.#sentMs.shift();
    if (this.#sentMs.length >= perMinute) {
      this.isWaiting = true;
      await this.#pause(MINUTE_MS - (nowMs - (this.#sentMs[0] ?? nowMs)));
      return false;
    }
    this.isWaiting = false;
    this.#sentMs.push(nowMs);
    return true;
  }

  /** Sends until the message is taken, is given up, or the courier stops. */
  async #carry(message: AlertMessage): Promise<void> {
    const { store, nowMs, onEvent } = this.#options;
    const { channel } = this.#plan;
    try {
      await this.#series(message);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof DeliveryError)) throw error;
      if (error.code !== 'refused' || nowMs() - message.composedMs < REFUSED_MAXIMUM_MS) {
        this.#isFailing = false;
        return;
      }
      store.pass(channel.name, message.toOffset);
      onEvent({ kind: 'given_up', channel: channel.name, detail: error.message });
      this.#offset = message.toOffset;
      this.#stored = null;
      return;
    }
    store.finish(channel.name, message, nowMs());
    this.#offset = message.toOffset;
    this.#stored = null;
    if (this.#isFailing) onEvent({ kind: 'recovered', channel: channel.name });
    this.#isFailing = false;
    const alerts = [...message.alerts, ...message.counted].reduce((sum, { count }) => sum + count, 0);
    onEvent({ kind: 'delivered', channel: channel.name, alerts });
  }

  #series(message: AlertMessage): Promise<void> {
    const policy = retry(
      handleWhen((error) => error instanceof DeliveryError),
      {
        maxAttempts: SERIES_ATTEMPTS_MAXIMUM,
        backoff: new DelegateBackoff((context: { attempt: number; result: unknown }) => {
          this.isWaiting = true;
          return this.#delayMs(failureOf(context.result), context.attempt);
        }),
      },
    ).dangerouslyUnref();
    const series = policy.execute(async () => {
      this.isWaiting = false;
      try {
        await this.#plan.channel.deliver(message, this.#signal);
      } catch (error) {
        if (error instanceof DeliveryError) this.#tellTrouble(error);
        throw error;
      }
    }, this.#signal);
    return this.#unlessStopped(series);
  }

  #delayMs(error: DeliveryError | null, attempt: number): number {
    const { firstDelayMs = FIRST_DELAY_MS, random } = this.#options;
    const ceilingMs = Math.min(DELAY_MAXIMUM_MS, firstDelayMs * 2 ** (attempt - 1));
    const jitteredMs = ceilingMs * (0.5 + random() / 2);
    return Math.max(jitteredMs, error?.retryAfterMs ?? 0);
  }

  #tellTrouble(error: DeliveryError): void {
    const { store, onEvent } = this.#options;
    const { name } = this.#plan.channel;
    if (this.#isFailing) return;
    this.#isFailing = true;
    store.trouble(name, `${error.code}: ${error.message}`);
    onEvent({ kind: 'failing', channel: name, detail: `${error.code}: ${error.message}` });
  }

  /** The package notices an abort only after the wait that it is in. */
  async #unlessStopped(series: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(new Error('stopped'));
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    try {
      await Promise.race([series, promise]);
    } finally {
      this.#signal.removeEventListener('abort', stop);
    }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#signal });
    } catch {
      // Stopped.
    }
  }
}

function failureOf(result: unknown): DeliveryError | null {
  if (typeof result !== 'object' || result === null || !('error' in result)) return null;
  return result.error instanceof DeliveryError ? result.error : null;
}
