/** Prints the outcome of a session on the synthetic market and of a recorded log: a program of its own for other settings of V8. */

import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { outcomeOf } from '../builders/outcome-hash.ts';
import { syntheticEvents, syntheticStart } from '../builders/synthetic-events.ts';

const [seed = '1', durationMs = '30000', log = ''] = process.argv.slice(2);
const start = syntheticStart(Number(seed), Number(durationMs));
const outcomes = {
  synthetic: outcomeOf(syntheticEvents(start)),
  recorded: outcomeOf(new EventLogReader(log)),
};
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
