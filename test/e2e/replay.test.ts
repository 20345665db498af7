/** The recorded event log of a real session, replayed through the engine: the same state, byte for byte, or a refusal. */

import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { EventBlock } from '../../src/core/domain/event-block.ts';
import type { Output } from '../../src/core/domain/outputs.ts';
import type { SessionStart } from '../../src/core/domain/session-start.ts';
import { Engine } from '../../src/core/engine/engine.ts';
import { createBuiltInStrategy } from '../../src/core/strategy/built-in-strategies.ts';
import { runLoop } from '../../src/session/loop.ts';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import {
  type FinalReport,
  type ReportDocument,
  finalReportShape,
  reportDocumentShape,
} from './support/contract-shapes.ts';
import { endPrograms, runProgram } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import { makeWorkspace, readJson, removeWorkspaces, writeScript } from './support/workspace.ts';

/** Bytes that are turned over, one at a time, spread over the whole log. */
const FLIPS = 60;
const TEST_LIMIT_MS = 90_000;

const SCRIPT = [
  { at: '500ms', action: 'submit', id: 'in', side: 'buy', type: 'market', quantity: '0.05' },
  {
    at: '1s',
    action: 'submit',
    id: 'ask',
    side: 'sell',
    type: 'limit',
    quantity: '0.02',
    price_offset_bps: 0,
  },
  {
    at: '2s',
    action: 'submit',
    id: 'bid',
    side: 'buy',
    type: 'limit',
    quantity: '0.02',
    price_offset_bps: 0,
  },
  { at: '6s', action: 'cancel', id: 'bid' },
  { at: '7s', action: 'flatten' },
  { at: '8s', action: 'submit', id: 'out', side: 'sell', type: 'market', quantity: '0.05' },
];

interface Held {
  readonly workspace: string;
  readonly folder: string;
  readonly report: FinalReport;
  readonly document: ReportDocument;
}

const heldSession = shareSession(async (): Promise<Held> => {
  const workspace = makeWorkspace();
  const options = ['--duration', '10s', '--dashboard', 'off', '--workspace', workspace, '--seed', '11'];
  const strategy = ['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)];
  const ended = await runProgram(['run', '--source', 'simulated', ...strategy, ...options]);
  if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.stdout}${ended.stderr}`);
  const folder = join(workspace, 'runs/latest');
  const report = finalReportShape.parse(readJson(join(folder, 'final_report.json')));
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  return { workspace, folder, report, document: reportDocumentShape.parse(JSON.parse(printed.stdout)) };
});

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

interface Replayed {
  readonly engine: Engine;
  readonly outputs: readonly Output[];
}

/** Replays a log through THE loop, in blocks of `capacity` rows; needs nothing else than the log. */
async function replay(events: string, capacity?: number): Promise<Replayed> {
  const engine = startOf(events);
  const outputs: Output[] = [];
  const sink = { deliver: (said: readonly Output[]): void => void outputs.push(...said) };
  await runLoop({ source: new EventLogReader(events, capacity), log: null, engine, sinks: [sink] });
  return { engine, outputs };
}

/** The engine that the first event of a log describes. */
function startOf(events: string): Engine {
  for (const block of new EventLogReader(events)) {
    const start = firstDetail(block) as SessionStart;
    const strategy = createBuiltInStrategy(start.strategy.name, start.strategy.params);
    if (strategy === null) throw new Error(`no strategy ${start.strategy.name}`);
    return new Engine(start, strategy);
  }
  throw new Error('the log is empty');
}

function firstDetail(block: EventBlock): unknown {
  return block.details[block.price[0] ?? 0];
}

describe('the event log of a session', { timeout: TEST_LIMIT_MS }, () => {
  test('gives the state hash of its manifest and its report, twice', async () => {
    const { folder, report, document } = await heldSession();
    const fills = document.fills.length;
    const manifest = readJson(join(folder, 'session.json'));
    expect(manifest).toMatchObject({ state_hash: report.state_hash, events: report.events });
    for (let run = 0; run < 2; run++) {
      const { engine, outputs } = await replay(join(folder, 'events'));
      expect(engine.stateHash()).toBe(report.state_hash);
      expect(engine.endReason).toBe('duration_reached');
      expect(outputs.filter(({ type }) => type === 'fill')).toHaveLength(fills);
    }
    expect(fills).toBeGreaterThanOrEqual(4);
  });

  test.each([16, 64, 1_000, 100_000])('gives it however it is cut: blocks of %i rows', async (capacity) => {
    const { folder, report } = await heldSession();
    const { engine } = await replay(join(folder, 'events'), capacity);
    expect(engine.stateHash()).toBe(report.state_hash);
  });

  test('gives another hash where one event is left out', async () => {
    const { folder, report } = await heldSession();
    const engine = startOf(join(folder, 'events'));
    for (const block of new EventLogReader(join(folder, 'events'), 64)) {
      if (block.firstSequence === 0 || block.firstSequence % 3 !== 0) engine.process(block);
    }
    expect(engine.stateHash()).not.toBe(report.state_hash);
  });

  test(`is refused with any byte turned over (${FLIPS} places)`, async () => {
    const { workspace, folder } = await heldSession();
    const copy = join(workspace, 'copy');
    cpSync(join(folder, 'events'), copy, { recursive: true });
    const [name = ''] = readdirSync(copy);
    const path = join(copy, name);
    const whole = readFileSync(path);
    for (let flip = 0; flip < FLIPS; flip++) {
      const at = Math.floor(((flip + 0.5) / FLIPS) * whole.length);
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] ?? 0) ^ (1 << (flip % 8));
      writeFileSync(path, altered);
      await expect(replay(copy)).rejects.toMatchObject({ code: 'log_corrupt' });
    }
    writeFileSync(path, whole);
    await expect(replay(copy)).resolves.toBeDefined();
  });
});

describe('the commands over a session', { timeout: TEST_LIMIT_MS }, () => {
  test('explain tells the receipt of a fill, and refuses one that is none', async () => {
    const { workspace, document } = await heldSession();
    const [fill] = document.fills;
    if (fill === undefined) throw new Error('the session has no fill');
    const told = await runProgram(['explain', fill.fill_id, '--json', '--workspace', workspace]);
    expect(JSON.parse(told.stdout)).toMatchObject({
      ...{ fill_id: fill.fill_id, price: fill.price, evidence_sequence: fill.evidence_sequence },
      costs: { spread: fill.spread_cost, latency: fill.latency_cost, impact: fill.impact_cost },
    });
    const refused = await runProgram(['explain', 'nobody-f1', '--workspace', workspace]);
    expect([told.code, refused.code, refused.stdout]).toEqual([0, 2, '']);
    expect(refused.stderr).toContain('"nobody-f1" is no fill: looked through');
  });

  test('verify finds it identical, replay gives it again, and its journal is rebuilt from its log', async () => {
    const { workspace, folder, report } = await heldSession();
    const verified = await runProgram(['verify', 'latest', '--json', '--workspace', workspace]);
    expect(verified.stderr).toBe('');
    expect(JSON.parse(verified.stdout)).toMatchObject({ identical: true, difference: null, warnings: [] });
    expect(verified.code).toBe(0);
    const out = join(workspace, 'again');
    const replayed = await runProgram(['replay', 'latest', '--out', out, '--workspace', workspace]);
    expect(replayed.code).toBe(0);
    expect(replayed.stdout).toContain(`state ${report.state_hash}, as the session recorded it`);
    expect(readJson(join(out, 'final_report.json'))).toMatchObject({
      ending_equity: report.ending_equity,
      fills: report.fills,
      state_hash: report.state_hash,
    });
    rmSync(join(folder, 'journal.db'));
    const missing = await runProgram(['verify', 'latest', '--workspace', workspace]);
    expect(missing.code).toBe(7);
    expect(missing.stdout).toContain('la journal rebuild');
    expect((await runProgram(['journal', 'rebuild', 'latest', '--workspace', workspace])).code).toBe(0);
    expect((await runProgram(['verify', 'latest', '--workspace', workspace])).code).toBe(0);
  });
});
