import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { syntheticEvents, syntheticStart } from '../../../test/builders/synthetic-events.ts';
import { createInstrument } from '../../core/domain/instrument.ts';
import { EngineBand } from '../../core/engine/engine-band.ts';
import type { TwinCheck } from '../../report/final-report.ts';
import { runLoop } from '../../session/loop.ts';
import { FileEventLog } from '../../storage/event-log.ts';
import { loadStrategyMaker } from '../strategy-loader.ts';
import { SessionTwin } from './session-twin.ts';

/** Under the test runner the packages that the program offers to strategy files are found by their paths only. */
const KIT = fileURLToPath(new URL('../../core/strategy/index.ts', import.meta.url));
const ZOD = fileURLToPath(import.meta.resolve('zod'));
/** Of market time; it goes by in a moment. */
const DURATION_MS = 30_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-twin-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A strategy that is long or short as `side` says (a number, 0 to leave it), asked at every trade. */
function strategyFile(name: string, outside: string, side: string): string {
  const file = path.join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { defineStrategy, marketOrder, lots } from ${JSON.stringify(KIT)};
import { z } from ${JSON.stringify(ZOD)};
${outside}
export default defineStrategy({
  name: '${name}',
  params: z.strictObject({}),
  historyBars: () => 10,
  state: () => ({ trades: 0 }),
  create: (_params, state) => ({
    onTrade(trade, view) {
      const bars = view.bars(trade.instrument);
      state.trades++;
      const side = (${side})(trade, bars, state);
      const held = Math.sign(view.position(trade.instrument));
      if (side === 0 || side === held || view.workingOrders() > 0) return [];
      return [marketOrder(trade.instrument, side > 0 ? 'buy' : 'sell', lots(held === 0 ? 100 : 200))];
    },
  }),
});
`,
  );
  return file;
}

interface Ended {
  readonly lookahead: TwinCheck | undefined;
  readonly recursive: TwinCheck | undefined;
  readonly alerts: readonly string[];
  readonly stateHash: string;
}

/** A session over a log on the disk, in the process and as fast as it goes, with a twin in its thread beside it. */
async function holdSession(strategy: string, kind: 'on' | 'off' = 'on'): Promise<Ended> {
  const createStrategy = await loadStrategyMaker(strategy, {});
  const { name, params } = createStrategy();
  const synthetic = syntheticStart(17, DURATION_MS);
  const start = { ...synthetic, band: 'on' as const, strategy: { name, params } };
  const eventsFolder = path.join(folder, `${name}-events-${kind}`);
  const log = FileEventLog.create(eventsFolder);
  const band = new EngineBand(start, createStrategy);
  const alerts: string[] = [];
  const twin =
    kind === 'off'
      ? null
      : new SessionTwin({
          settings: { strategy, params: {}, strategyCallBudgetMs: 1_000 },
          eventsFolder,
          instruments: start.instruments.map(createInstrument),
          afterMs: null,
          // The market is played in a moment: all of the twin's work comes behind its end.
          endPatienceMs: 60_000,
          logger: { log: () => undefined },
          alerts: { raise: (level, reason, text) => void alerts.push(`${level} ${reason}: ${text}`) },
        });
  await runLoop({ source: syntheticEvents(start), log, engine: band, sinks: twin === null ? [] : [twin] });
  const checks = (await twin?.finish()) ?? [];
  log.close();
  return {
    lookahead: checks.find(({ name: check }) => check === 'lookahead'),
    recursive: checks.find(({ name: check }) => check === 'recursive'),
    alerts,
    stateHash: band.primary.stateHash(),
  };
}

describe('a session with a twin', { timeout: 120_000 }, () => {
  test('of an honest strategy passes both checks, says nothing, and ends as without a twin', async () => {
    const file = strategyFile(
      'honest',
      '',
      '(trade, bars, state) => state.trades % 7 !== 0 ? 0 : trade.price > bars.close(0) ? 1 : -1',
    );
    const { lookahead, recursive, alerts, stateHash } = await holdSession(file);
    expect([lookahead?.passed, recursive?.passed, alerts]).toEqual([true, true, []]);
    expect(lookahead?.detail).toMatch(/decided the same, [1-9]\d* times/);
    expect(recursive?.detail).toMatch(/bars: 10, the session had 30/);
    expect((await holdSession(file, 'off')).stateHash).toBe(stateHash);
  });

  test('catches a strategy that asks the clock', async () => {
    const { lookahead, recursive, alerts } = await holdSession(
      strategyFile('clock', '', '() => (Date.now() % 3) - 1'),
    );
    expect(lookahead?.passed).toBe(false);
    expect(lookahead?.detail).toMatch(
      /hangs on something else than what it is shown; the session: .*; its twin: /,
    );
    // Nothing can be said of the history of a strategy that never does the same.
    expect(recursive?.passed).toBeNull();
    expect(alerts).toContainEqual(expect.stringMatching(/^warning twin_differs: played again from its log/));
  });

  test('catches a strategy whose module remembers what another instance did', async () => {
    const { lookahead } = await holdSession(
      strategyFile(
        'module-state',
        'let calls = 0;',
        '() => (++calls % 17 === 0 ? 1 : calls % 29 === 0 ? -1 : 0)',
      ),
    );
    expect(lookahead?.passed).toBe(false);
  });

  test('catches a strategy whose average never forgets its first bar', async () => {
    const { lookahead, recursive, alerts } = await holdSession(
      strategyFile(
        'recursive',
        '',
        `(_trade, bars, state) => {
          let average = bars.close(bars.length - 1);
          for (let back = bars.length - 2; back >= 0; back--) average = average * 0.999 + bars.close(back) * 0.001;
          return Math.floor(average * (state.trades % 97)) % 2 === 0 ? 1 : -1;
        }`,
      ),
    );
    expect([lookahead?.passed, recursive?.passed]).toEqual([true, false]);
    expect(recursive?.detail).toMatch(
      /no more than the history that it declares \(bars: 10, the session had 30\)/,
    );
    expect(alerts).toHaveLength(1);
  });
});
