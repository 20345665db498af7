/** What a run of events came to, small enough to compare and to keep: counts, and hashes of all outputs and of the state. */

import { createHash } from 'node:crypto';
import { type EventBlock, EventKind } from '../../src/core/domain/event-block.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';

export interface Outcome {
  readonly events: number;
  readonly end: string | null;
  readonly outputs: Readonly<Record<string, number>>;
  /** SHA-256 over every output as JSON, in order. */
  readonly outputs_hash: string;
  readonly state_hash: string;
}

/** Runs events, the first of which starts the session, through a fresh engine with the built-in strategy they name. */
export function outcomeOf(blocks: Iterable<EventBlock>): Outcome {
  const hash = createHash('sha256');
  const outputs: Record<string, number> = {};
  let engine: Engine | null = null;
  for (const block of blocks) {
    engine ??= startEngine(block);
    engine.process(block);
    for (const output of engine.takeOutputs()) {
      hash.update(
        JSON.stringify(output, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
      );
      outputs[output.type] = (outputs[output.type] ?? 0) + 1;
    }
  }
  if (engine === null) throw new Error('there are no events');
  const { events } = engine.status();
  return {
    events,
    end: engine.endReason,
    outputs,
    outputs_hash: hash.digest('hex'),
    state_hash: engine.stateHash(),
  };
}

function startEngine(block: EventBlock): Engine {
  if (block.kind[0] !== EventKind.sessionStarted) throw new Error('the first event starts no session');
  const start = block.details[block.price[0] ?? 0] as SessionStart;
  const strategy = createBuiltInStrategy(start.strategy.name, start.strategy.params);
  if (strategy === null) throw new Error(`there is no strategy ${start.strategy.name}`);
  return new Engine(start, strategy);
}
