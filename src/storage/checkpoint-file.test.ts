import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestMarket, sessionStart } from '../../test/builders/session.ts';
import { CheckpointWriter, readCheckpoints } from './checkpoint-file.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-checkpoints-'));
  file = path.join(folder, 'checkpoints.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const said = [{ type: 'lifecycle', timeMs: 0, state: 'running', reason: null }] as const;

describe('checkpoints', () => {
  test('are the engine’s state after each block that said something', () => {
    const market = new TestMarket(sessionStart(), {});
    const writer = CheckpointWriter.open(file, market.engine);
    const hashes: string[] = [];
    for (let second = 1; second <= 3; second++) {
      market.time(second * 1_000);
      writer.deliver(said);
      hashes.push(market.engine.stateHash());
    }
    writer.deliver([]);
    writer.close();
    const read = [...readCheckpoints(file)];
    expect(read.map(({ state_hash }) => state_hash)).toEqual(hashes);
    expect(read.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('go on behind the engine’s place, and without a line that was cut', () => {
    const market = new TestMarket(sessionStart(), {});
    const first = CheckpointWriter.open(file, market.engine);
    for (let second = 1; second <= 5; second++) {
      market.time(second * 1_000);
      first.deliver(said);
    }
    first.close();
    appendFileSync(file, '{"sequence":6,"time_');
    expect([...readCheckpoints(file)]).toHaveLength(5);
    const recovered = new TestMarket(sessionStart(), {}).time(1_000).time(2_000);
    const second = CheckpointWriter.open(file, recovered.engine);
    recovered.time(2_500);
    second.deliver(said);
    second.close();
    expect([...readCheckpoints(file)].map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(readFileSync(file, 'utf8').endsWith('}\n')).toBe(true);
  });

  test('are refused by line where one is not what was written', () => {
    appendFileSync(file, '{"sequence":1,"time_ms":1,"state_hash":"0123456789abcdef"}\n{"sequence":"2"}\n');
    expect(() => [...readCheckpoints(file)]).toThrow(/checkpoints\.jsonl:2: expected a checkpoint/);
  });
});
