import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureIo } from '../../test/builders/captured-io.ts';
import { SeededRandom } from '../core/base/random.ts';
import { type StrategyCheck, checkStrategy } from './check-strategy.ts';
import { loadSettings } from './config/load-settings.ts';

const START_MS = Date.UTC(2026, 0, 1);
const BARS = 900;
/** Under the test runner the packages that the program offers to strategy files are found by their paths only. */
const KIT = fileURLToPath(new URL('../core/strategy/index.ts', import.meta.url));
const ZOD = fileURLToPath(import.meta.resolve('zod'));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'la-check-'));
  const random = new SeededRandom(23);
  const rows = ['open_time_ms,open,high,low,close,volume'];
  let price = 60_000;
  for (let bar = 0; bar < BARS; bar++) {
    const close = Math.round((price + random.nextNormal() * 40) * 10) / 10;
    const [low, high] = [Math.min(price, close) - 5, Math.max(price, close) + 5];
    rows.push(`${START_MS + bar * 60_000},${price},${high.toFixed(1)},${low.toFixed(1)},${close},25.5`);
    price = close;
  }
  for (const symbol of ['btcusdt', 'ethusdt'])
    writeFileSync(path.join(folder, `${symbol}.csv`), `${rows.join('\n')}\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function check(
  strategy: string,
  others: readonly string[] = [],
): Promise<{ code: number; checks: Record<string, StrategyCheck> }> {
  const settings = loadSettings({
    workspace: folder,
    configFile: null,
    flags: { strategy },
    account: 'fresh',
    environment: {},
    recorded: null,
  });
  const io = captureIo(true);
  const data = path.join(folder, 'btcusdt.csv');
  const span = { fromMs: null, toMs: null, funding: null, mark: null };
  const further = others.map((name) => ({ data: path.join(folder, name), funding: null, mark: null }));
  const code = await checkStrategy({ settings, workspace: folder, data, further, ...span }, io);
  const { checks } = JSON.parse(io.out()) as { checks: readonly StrategyCheck[] };
  return { code, checks: Object.fromEntries(checks.map((each) => [each.name, each])) };
}

/** A strategy file whose `onBar` decides a side (or null) from `bars` and `view`; `outside` is code of the module. */
function strategyFile(name: string, outside: string, inside: string, side: string, history = 1): string {
  const file = path.join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { defineStrategy, marketOrder, lots } from ${JSON.stringify(KIT)};
import { z } from ${JSON.stringify(ZOD)};
${outside}
export default defineStrategy({
  name: '${name}',
  params: z.strictObject({}),
  historyBars: () => ${history},
  create: () => {
    ${inside}
    return {
      onBar(instrument, view) {
        const bars = view.bars(instrument);
        const side = (${side})(bars, view);
        const held = Math.sign(view.position(instrument));
        if (side === 0 || side === held || view.workingOrders() > 0) return [];
        return [marketOrder(instrument, side > 0 ? 'buy' : 'sell', lots(held === 0 ? 100 : 200))];
      },
    };
  },
});
`,
  );
  return file;
}

describe('a strategy', { timeout: 120_000 }, () => {
  test('that is honest passes every check', async () => {
    const { code, checks } = await check('sma_cross');
    expect(Object.values(checks).map(({ name, passed }) => [name, passed])).toEqual([
      ['state', true],
      ['lookahead', true],
      ['recursive', true],
    ]);
    expect(code).toBe(0);
  });

  test('that remembers the market of an earlier run is caught looking ahead', async () => {
    const file = strategyFile(
      'oracle',
      'const closes = new Map<number, number>();',
      '',
      `(bars) => {
        const now = bars.openTimeMs(0);
        closes.set(now, bars.close(0));
        const next = closes.get(now + 60_000);
        if (next === undefined) return bars.close(0) > bars.close(Math.min(1, bars.length - 1)) ? 1 : -1;
        return Math.sign(next - bars.close(0));
      }`,
    );
    const { code, checks } = await check(file);
    expect(checks['lookahead']?.passed).toBe(false);
    expect(checks['lookahead']?.detail).toMatch(/with no data behind .* first difference: /);
    expect(code).toBe(1);
  });

  test('whose module counts on from run to run is caught leaking state', async () => {
    const file = strategyFile(
      'counter',
      'let calls = 0;',
      '',
      '() => (++calls % 7 === 0 ? 1 : calls % 11 === 0 ? -1 : 0)',
    );
    const { code, checks } = await check(file);
    expect(checks['state']?.passed).toBe(false);
    expect(checks['state']?.detail).toMatch(/keeps something between runs/);
    expect(code).toBe(1);
  });

  test('whose average never forgets its first bar is caught needing more history', async () => {
    const file = strategyFile(
      'recursive',
      '',
      'let average = 0;',
      `(bars) => {
        if (average === 0) for (let back = bars.length - 1; back > 0; back--) average = average === 0 ? bars.close(back) : average * 0.995 + bars.close(back) * 0.005;
        average = average * 0.995 + bars.close(0) * 0.005;
        return Math.sign(bars.close(0) - average);
      }`,
      10,
    );
    const { code, checks } = await check(file);
    expect([checks['state']?.passed, checks['lookahead']?.passed]).toEqual([true, true]);
    expect(checks['recursive']?.passed).toBe(false);
    expect(checks['recursive']?.detail).toMatch(/with 20 bars of history in place of the 10 it declares/);
    expect(code).toBe(1);
  });

  test('is looked at on several contracts at once: one that knows the future of the second is caught', async () => {
    const honest = await check('sma_cross', ['ethusdt.csv']);
    expect(honest.code).toBe(0);
    const file = strategyFile(
      'oracle_of_the_second',
      'const closes = new Map<number, number>();',
      '',
      `(bars, view) => {
        const other = view.bars(1);
        const now = other.openTimeMs(0);
        closes.set(now, other.close(0));
        const next = closes.get(now + 60_000);
        if (next === undefined) return other.close(0) > other.close(Math.min(1, other.length - 1)) ? 1 : -1;
        return Math.sign(next - other.close(0));
      }`,
    );
    const { code, checks } = await check(file, ['ethusdt.csv']);
    expect(checks['lookahead']?.passed).toBe(false);
    expect(checks['lookahead']?.detail).toMatch(/first difference: (?:BTC|ETH)USDT /);
    expect(code).toBe(1);
  });

  test('that decides nothing is neither passed nor caught', async () => {
    const { code, checks } = await check('none');
    expect(Object.values(checks).map(({ passed }) => passed)).toEqual([null, null, null]);
    expect(code).toBe(0);
  });
});
