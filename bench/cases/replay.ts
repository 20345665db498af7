/**
 * How fast a session is replayed from its own event log: five minutes of a busy synthetic session, in frames of a few events as a
 * live one writes them. Read alone (decompressed, checked, decoded), through one exchange, and through the three of the band,
 * which a session has by default.
 *
 * Needs no recorded data. The time of writing the log does not count.
 */

import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { EngineBand } from '../../src/core/engine/engine-band.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';
import type { StrategyInstance } from '../../src/core/strategy/strategy.ts';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { FileEventLog } from '../../src/storage/event-log.ts';
import { recut } from '../../test/builders/recut.ts';
import { syntheticEvents, syntheticStart } from '../../test/builders/synthetic-events.ts';
import type { BenchCase, Reading, Sample } from '../harness/bench-case.ts';
import { measureRounds } from '../harness/measure-rounds.ts';

const SEED = 7;
const SESSION_S = 300;
/** Events of a frame: what reaches a live session between two turns of its loop. */
const FRAME_EVENTS = 4;

type What = 'read' | 'one' | 'band';

interface Logged {
  readonly folder: string;
  readonly events: number;
}

/** Not synced: the writing is none of the work. */
function writeLog(start: SessionStart, folder: string): Logged {
  const device = {
    write: (descriptor: number, bytes: Buffer, offset: number) => writeSync(descriptor, bytes, offset),
    sync: () => {},
  };
  const log = FileEventLog.create(folder, { device });
  for (const block of syntheticEvents(start)) {
    for (const frame of recut(block, [FRAME_EVENTS])) log.append(frame);
  }
  log.close();
  return { folder, events: log.events };
}

function replay(start: SessionStart, folder: string, what: What): string {
  const reader = new EventLogReader(folder);
  if (what === 'read') {
    let rows = 0;
    for (const block of reader) rows += block.length;
    return `${rows} rows`;
  }
  const createStrategy = (): StrategyInstance => {
    const strategy = createBuiltInStrategy('scripted', start.strategy.params);
    if (strategy === null) throw new Error('there is no scripted strategy');
    return strategy;
  };
  const engines = new EngineBand({ ...start, band: what === 'band' ? 'on' : 'off' }, createStrategy);
  let fills = 0;
  for (const block of reader) {
    engines.process(block);
    for (const output of engines.takeOutputs()) if (output.type === 'fill') fills++;
  }
  if (fills === 0) throw new Error('nothing was traded');
  return engines.primary.stateHash();
}

function measure(what: What): Sample {
  const root = mkdtempSync(path.join(tmpdir(), 'la-bench-replay-'));
  try {
    const start = syntheticStart(SEED, SESSION_S * 1_000);
    const { folder, events } = writeLog(start, path.join(root, 'events'));
    const sample = measureRounds({ units: events, run: () => replay(start, folder, what) });
    const seconds = (sample.wallMs ?? sample.noisyWallMs) / 1_000;
    return { ...sample, extra: { realTime: SESSION_S / seconds, rate: events / seconds } };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function readings(variant: string): Reading[] {
  const common = { kind: 'reading', variant, goal: null } as const;
  return [
    { ...common, label: `${variant}: events a second`, key: 'rate', unit: '/s' },
    { ...common, label: `${variant}: times real time`, key: 'realTime', unit: 'x' },
  ];
}

export const replayCase: BenchCase = {
  name: 'replay',
  title: 'a session replayed from its event log',
  needsData: false,
  variants: [
    { name: 'reading alone', unit: 'events', measure: () => measure('read') },
    { name: 'one exchange', unit: 'events', measure: () => measure('one') },
    { name: 'three exchanges', unit: 'events', measure: () => measure('band') },
  ],
  sameWork: [['one exchange', 'three exchanges']],
  conclusions: ['reading alone', 'one exchange', 'three exchanges'].flatMap(readings),
};
