/**
 * Asks the records thread, which is started with the first question and ends with the session.
 *
 * Invariants: at most {@link WAITING_MAX} questions wait; each is answered or refused within {@link ANSWER_LIMIT_MS}. A
 * question that takes longer costs the thread: it is ended, and the next question starts a new one.
 */

import { Worker } from 'node:worker_threads';
import {
  RecordsError,
  type RecordsErrorCode,
  type RecordsProtocol,
  type RecordsTopic,
  type SessionRecords,
} from '../../server/session-records.ts';
import type { RecordsPlace } from './answer-records.ts';
import { NO_ENVIRONMENT } from '../thread-environment.ts';

const WAITING_MAX = 32;
const ANSWER_LIMIT_MS = 10_000;
/** Heap of the thread; a recording that does not fit is refused instead of taking the session's memory. */
const HEAP_MAX_MB = 256;

export interface RecordsTask {
  readonly id: number;
  readonly topic: RecordsTopic;
  readonly question: unknown;
}

export type RecordsReply =
  | { readonly id: number; readonly answer: unknown }
  | {
      readonly id: number;
      readonly failure: { readonly code: RecordsErrorCode; readonly message: string };
    };

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: RecordsError) => void;
  readonly timer: NodeJS.Timeout;
}

export class RecordsThread implements SessionRecords {
  readonly #place: RecordsPlace;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #lastId = 0;
  #isClosed = false;

  constructor(place: RecordsPlace) {
    this.#place = place;
  }

  ask<Topic extends RecordsTopic>(
    topic: Topic,
    question: RecordsProtocol[Topic]['question'],
  ): Promise<RecordsProtocol[Topic]['answer']> {
    if (this.#isClosed) return Promise.reject(new RecordsError('busy', 'the session is ending'));
    if (this.#waiting.size >= WAITING_MAX)
      return Promise.reject(new RecordsError('busy', `${WAITING_MAX} questions wait already`));
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(worker, new RecordsError('timeout', `no answer within ${ANSWER_LIMIT_MS / 1_000} s`));
      }, ANSWER_LIMIT_MS);
      timer.unref();
      this.#waiting.set(id, {
        resolve: (answer) => resolve(answer as RecordsProtocol[Topic]['answer']),
        reject,
        timer,
      });
      const task: RecordsTask = { id, topic, question };
      worker.postMessage(task);
    });
  }

  /** Ends the thread; what still waits is refused. No file of a session is open after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker === null) return;
    this.#fail(worker, new RecordsError('busy', 'the session is ending'));
    await worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./records-worker.ts', import.meta.url), {
      workerData: this.#place,
      env: NO_ENVIRONMENT,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
    });
    worker.unref();
    worker.on('message', (reply: RecordsReply) => {
      const waiting = this.#waiting.get(reply.id);
      if (waiting === undefined) return;
      clearTimeout(waiting.timer);
      this.#waiting.delete(reply.id);
      if ('answer' in reply) waiting.resolve(reply.answer);
      else waiting.reject(new RecordsError(reply.failure.code, reply.failure.message));
    });
    worker.on('error', (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(worker, new RecordsError('unreadable', `the records thread failed: ${reason}`, error));
    });
    return worker;
  }

  /** Refuses whatever waits and gives the thread up. */
  #fail(worker: Worker, error: RecordsError): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    void worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { timer, reject } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
  }
}
