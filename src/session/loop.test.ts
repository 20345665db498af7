import { describe, expect, test } from 'vitest';
import { START_MS, sessionStart, strategyOf } from '../../test/builders/session.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import { Engine } from '../core/engine/engine.ts';
import { runLoop } from './loop.ts';

/** A session of one second whose end lies inside its events, which `cuts` divides into blocks (numbers of events). */
function blocksOf(cuts: readonly number[]): EventBlock[] {
  const start = sessionStart({ duration_ms: 1_000 });
  const appends: ((block: EventBlock) => void)[] = [
    (block) => block.appendSessionStarted(START_MS, start),
    (block) => block.appendTimeAdvanced(START_MS + 900),
    (block) => block.appendTimeAdvanced(START_MS + 2_000),
    (block) => block.appendTimeAdvanced(START_MS + 2_001),
    (block) => block.appendTimeAdvanced(START_MS + 2_002),
  ];
  let sequence = 0;
  return cuts.map((events) => {
    const block = new EventBlock(16);
    block.reset(sequence);
    for (const append of appends.slice(sequence, sequence + events)) append(block);
    sequence += events;
    return block;
  });
}

const engineOf = (): Engine => new Engine(sessionStart({ duration_ms: 1_000 }), strategyOf({}));

describe('the loop', () => {
  test('reads a log to its end, so that its cuts change nothing', async () => {
    const hashes = new Set<string>();
    for (const cuts of [[5], [1, 1, 1, 1, 1], [3, 2], [4, 1]]) {
      const engine = engineOf();
      await runLoop({ source: blocksOf(cuts), log: null, engine, sinks: [] });
      expect(engine.lifecycle).toBe('ended');
      expect(engine.status().events).toBe(5);
      hashes.add(engine.stateHash());
    }
    expect(hashes.size).toBe(1);
  });

  test('leaves a live source with the block in which the session ends, logged whole', async () => {
    const engine = engineOf();
    let logged = 0;
    const log = { append: (block: EventBlock) => void (logged += block.events), close: () => {} };
    await runLoop({ source: blocksOf([2, 2, 1]), log, engine, sinks: [] });
    expect(engine.lifecycle).toBe('ended');
    expect(logged).toBe(4);
    expect(engine.status().events).toBe(4);
  });
});
