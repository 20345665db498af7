/**
 * A restart at any event of a session changes nothing: an engine that was brought back from the log's own text says the same
 * from there on, and comes to the same state.
 *
 * A sample of the events in CI; `LA_LONG=1` takes every one of more than {@link EVENTS_LONG}.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EventBlock } from '../../src/core/domain/event-block.ts';
import type { Output } from '../../src/core/domain/outputs.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import { copyBlock } from '../../src/storage/copy-block.ts';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { SWEEP_START, sweepBlocks, sweepStrategy } from './sweep-stream.ts';

const IS_LONG = process.env['LA_LONG'] === '1';
const EVENTS_LONG = 5_000;
const STEPS = IS_LONG ? 2_250 : 120;
const STRIDE = IS_LONG ? 1 : 7;
/** Events that each restarted engine goes on for; the last one of all to the end. */
const AHEAD = 40;

const root = mkdtempSync(path.join(tmpdir(), 'la-restart-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Every event of the session as it stands in a log, in a block of its own. */
function loggedEvents(name: string): EventBlock[] {
  const folder = path.join(root, name);
  const log = FileEventLog.create(folder);
  for (const block of sweepBlocks(0, STEPS)) log.append(block);
  log.close();
  const events: EventBlock[] = [];
  for (const block of new EventLogReader(folder, undefined, () => true)) events.push(copyBlock(block));
  return events;
}

test(
  'a restart at any event changes nothing',
  () => {
    const events = loggedEvents('replayed');
    expect(events.every((block) => block.events === 1)).toBe(true);
    const reference = new Engine(SWEEP_START, sweepStrategy());
    const hashes: string[] = [];
    const said: Output[][] = [];
    for (const event of events) {
      reference.process(event);
      said.push(reference.takeOutputs());
      hashes.push(reference.stateHash());
    }
    expect(said.flat().filter(({ type }) => type === 'fill').length).toBeGreaterThan(10);
    let restarts = 0;
    for (let at = 1; at < events.length; at += STRIDE) {
      const engine = new Engine(SWEEP_START, sweepStrategy());
      for (const event of events.slice(0, at)) engine.process(event);
      engine.takeOutputs();
      const isLast = at + STRIDE >= events.length;
      const until = isLast ? events.length : Math.min(events.length, at + AHEAD);
      for (let next = at; next < until; next++) {
        const event = events[next];
        if (event !== undefined) engine.process(event);
        const outputs = engine.takeOutputs();
        // The hash covers everything said; the outputs are compared where it would only say that something differs.
        if (engine.stateHash() !== hashes[next])
          expect({ at, next, outputs }).toEqual({ at, next, outputs: said[next] });
        expect(engine.stateHash()).toBe(hashes[next]);
      }
      restarts++;
    }
    process.stdout.write(`${restarts} restarts in ${events.length} events: 0 differences\n`);
    if (IS_LONG) expect(restarts).toBeGreaterThanOrEqual(EVENTS_LONG);
  },
  IS_LONG ? 3_600_000 : 60_000,
);

test('an engine brought back from its saved state after each event says the same from there on', () => {
  const events = loggedEvents('saved');
  const reference = new EngineBand(SWEEP_START, sweepStrategy);
  let restored = new EngineBand(SWEEP_START, sweepStrategy);
  for (const [at, event] of events.entries()) {
    reference.process(event);
    restored.process(event);
    expect({ at, said: restored.takeOutputs() }).toEqual({ at, said: reference.takeOutputs() });
    const text = reference.save();
    expect({ at, state: restored.save() }).toEqual({ at, state: text });
    // A chain of restarts: what one loses, none after it finds again.
    restored = new EngineBand(SWEEP_START, sweepStrategy, text);
    expect(restored.primary.stateHash()).toBe(reference.primary.stateHash());
  }
});
