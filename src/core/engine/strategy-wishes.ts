/**
 * What a strategy asked of its view during one call, timers and verdicts: kept until the call is over, so that one that is
 * cut off leaves nothing behind. Throws TypeError and RangeError into the strategy for what makes no sense.
 */

import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { AgentVerdict } from '../domain/verdict.ts';

/** Timers that may wait at once, and verdicts of one call. */
const MAX_TIMERS = 10_000;
const MAX_NOTES = 1_000;
/** Characters of a timer's name or of a text in a verdict, and numbers of one verdict. */
const MAX_TEXT = 2_000;
const MAX_NUMBERS = 100;

export class StrategyWishes {
  readonly #onTimer: (name: string, atMs: number) => void;
  readonly #outputs: OutputBuffer;
  readonly #instruments: number;
  #timers: { readonly name: string; readonly atMs: number }[] = [];
  #notes: AgentVerdict[] = [];
  #timersWaiting = 0;

  constructor(outputs: OutputBuffer, instruments: number, onTimer: (name: string, atMs: number) => void) {
    this.#outputs = outputs;
    this.#instruments = instruments;
    this.#onTimer = onTimer;
  }

  /** Timers granted and not yet due. */
  get timersWaiting(): number {
    return this.#timersWaiting;
  }

  set timersWaiting(count: number) {
    this.#timersWaiting = count;
  }

  addTimer(name: string, atMs: number): void {
    if (typeof name !== 'string' || typeof atMs !== 'number' || Number.isNaN(atMs))
      throw new TypeError('setTimer takes a name and a time in ms');
    requireShort(name);
    if (this.#timersWaiting + this.#timers.length >= MAX_TIMERS)
      throw new RangeError(`more than ${MAX_TIMERS} timers wait`);
    this.#timers.push({ name, atMs });
  }

  addNote(verdict: AgentVerdict): void {
    const { instrument, barOpenTimeMs, agent, verdict: word, reason, numbers, confidence } = verdict;
    if (!Number.isInteger(instrument) || instrument < 0 || instrument >= this.#instruments)
      throw new RangeError(`no instrument ${instrument}`);
    if (![agent, word, reason].every((text) => typeof text === 'string') || !Number.isFinite(barOpenTimeMs))
      throw new TypeError('a verdict needs agent, verdict and reason as text, and the open time of a bar');
    if (confidence !== null && !Number.isFinite(confidence)) throw new TypeError('confidence is no number');
    for (const text of [agent, word, reason]) requireShort(text);
    const entries = Object.entries(numbers);
    if (entries.length > MAX_NUMBERS) throw new RangeError(`more than ${MAX_NUMBERS} numbers in a verdict`);
    for (const [name, value] of entries) {
      requireShort(name);
      if (typeof value === 'string') requireShort(value);
      else if (value !== null && !Number.isFinite(value))
        throw new TypeError('numbers of a verdict are numbers, text or null');
    }
    if (this.#notes.length >= MAX_NOTES) throw new RangeError(`more than ${MAX_NOTES} verdicts of one call`);
    this.#notes.push({ ...verdict, numbers: Object.fromEntries(entries) });
  }

  /** `nowMs`: no timer is due before. */
  grant(nowMs: number): void {
    if (this.#timers.length > 0) {
      const timers = this.#timers;
      this.#timers = [];
      this.#timersWaiting += timers.length;
      for (const { name, atMs } of timers) this.#onTimer(name, Math.max(atMs, nowMs));
    }
    if (this.#notes.length > 0) {
      const notes = this.#notes;
      this.#notes = [];
      for (const verdict of notes) this.#outputs.push({ type: 'verdict', timeMs: nowMs, verdict });
    }
  }

  drop(): void {
    this.#timers = [];
    this.#notes = [];
  }
}

function requireShort(text: string): void {
  if (text.length > MAX_TEXT)
    throw new RangeError(`a text of ${text.length} characters, more than ${MAX_TEXT}`);
}
