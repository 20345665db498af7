/** The records thread: takes questions about sessions on disk, answers them one after the other. */

import { parentPort, workerData } from 'node:worker_threads';
import { RecordsError } from '../../server/session-records.ts';
import { type RecordsPlace, answerRecords } from './answer-records.ts';
import type { RecordsReply, RecordsTask } from './records-thread.ts';

// A diagnostic report of Node shows the process's environment, secrets included, once for each thread that does not say so.
process.report.excludeEnv = true;

const place = workerData as RecordsPlace;

parentPort?.on('message', ({ id, topic, question }: RecordsTask) => {
  let reply: RecordsReply;
  try {
    reply = { id, answer: answerRecords(place, topic, question as never) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply = { id, failure: { code: error instanceof RecordsError ? error.code : 'unreadable', message } };
  }
  parentPort?.postMessage(reply);
});
