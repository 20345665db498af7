import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { DEFAULT_FILL_TERMS } from '../../core/domain/fill-terms.ts';
import { ConfigError } from './config-error.ts';
import { loadSettings, type SettingSources } from './load-settings.ts';
import { showOrigin } from './setting-layers.ts';
import type { Settings } from './settings.ts';

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'la-settings-'));
});

afterEach(() => {
  rmSync(workspace, { recursive: true });
});

function load(sources: Partial<SettingSources> = {}): Settings {
  return loadSettings({
    workspace,
    configFile: null,
    flags: {},
    account: 'continue',
    environment: {},
    recorded: null,
    ...sources,
  });
}

function findings(sources: Partial<SettingSources>): readonly string[] {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
  return [];
}

function writeConfig(text: string): void {
  writeFileSync(join(workspace, 'laptop-agents.yaml'), text);
}

function origins(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings.effective).map(([key, { origin }]) => [key, showOrigin(origin)]),
  );
}

test('gives the defaults of the contract', () => {
  const { effective, alerts, ...settings } = load();
  expect(alerts).toMatchObject({ levels: { telegram: 'warning' }, quietHours: null, allowsPrivate: false });
  expect(settings).toEqual({
    source: { kind: 'bitunix' },
    symbols: ['BTCUSDT'],
    interval: '1m',
    strategy: 'sma_cross',
    params: {},
    durationMs: 600_000,
    balance: '10000',
    account: 'continue',
    resumes: null,
    acceptsChange: false,
    seed: null,
    leverage: 5,
    marginMode: 'isolated',
    positionMode: 'one_way',
    liquidation: { on_event: 'end', fee_rate: '0.0006', tier_rule: 'position' },
    fillModel: 'book',
    onEnd: 'flatten',
    band: 'on',
    dashboard: { host: '127.0.0.1', port: 8_787 },
    logLevel: 'info',
    staleTimeoutMs: 30_000,
    minHistoryBars: 100,
    requestLatencyMs: 100,
    responseLatencyMs: 50,
    fills: DEFAULT_FILL_TERMS,
    fullBookIntervalMs: 30_000,
    strategyCallBudgetMs: 1_000,
    twin: 'off',
    feeTier: 0,
    makerFeeRate: '0.0002',
    takerFeeRate: '0.0006',
    risk: {
      maxOrdersPerSecond: 10,
      maxDayLossPercent: 5,
      maxAccountLossPercent: 20,
      maxNotional: null,
      maxLeverage: 5,
      ...{ maxPosition: null, maxTotalNotional: null, maxTotalLeverage: null, maxTradeLossPercent: null },
      ...{ maxDrawdownPercent: null, maxConsecutiveLosses: null, maxPositionTimeMs: null },
      cooldownMs: 3_600_000,
    },
    maxMemoryMb: 1_024,
    freezeTimeoutMs: 30_000,
    restUrl: 'https://fapi.bitunix.com',
    wsUrl: 'wss://fapi.bitunix.com/public/',
  });
  expect(Object.values(effective).every(({ origin }) => origin.kind === 'default')).toBe(true);
});

test('prefers flag to environment to file to default, and remembers which it was', () => {
  writeConfig('leverage: 2\nseed: 2\nbalance: 2\n');
  const settings = load({
    flags: { leverage: '4' },
    environment: { LA_LEVERAGE: '3', LA_SEED: '3', LA_RISK_MAX_LEVERAGE: '7' },
  });
  expect(settings).toMatchObject({
    leverage: 4,
    seed: 3,
    balance: '2',
    durationMs: 600_000,
    risk: { maxLeverage: 7 },
  });
  expect(origins(settings)).toMatchObject({
    leverage: '--leverage',
    seed: 'LA_SEED',
    balance: 'laptop-agents.yaml:3:10',
    duration: 'default',
    'risk.max_leverage': 'LA_RISK_MAX_LEVERAGE',
  });
});

test('reads positions by symbol from a map of the file and from text', () => {
  writeConfig('risk:\n  max_position: { BTCUSDT: 0.5 }\n  max_position_time: 4h\n');
  expect(load({}).risk).toMatchObject({ maxPosition: { BTCUSDT: '0.5' }, maxPositionTimeMs: 14_400_000 });
  const environment = { LA_RISK_MAX_POSITION: 'btcusdt=1, ETHUSDT=20.5', LA_RISK_COOLDOWN: '90s' };
  expect(load({ environment }).risk).toMatchObject({
    maxPosition: { BTCUSDT: '1', ETHUSDT: '20.5' },
    cooldownMs: 90_000,
  });
  expect(findings({ environment: { LA_RISK_MAX_POSITION: 'BTCUSDT' } })).toEqual([
    'LA_RISK_MAX_POSITION: expected the largest position by symbol: a map, or text such as BTCUSDT=0.5,ETHUSDT=4, found "BTCUSDT"',
  ]);
});

test('checks every source, also one that another overrides, and reports all findings together', () => {
  writeConfig('leverage: 0\n');
  expect(findings({ flags: { leverage: '4', seed: '-1' }, environment: { LA_BALANCE: 'much' } })).toEqual([
    'laptop-agents.yaml:1:11: expected a whole number from 1 to 200 for leverage, found 0',
    'LA_BALANCE: expected a positive amount in USDT with at most 8 decimals, found "much"',
    '--seed: expected a whole number from 0 to 9007199254740991, found -1',
  ]);
});

test.each([
  ['10', 600_000],
  ['0.5', 30_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['3d', 259_200_000],
  ['forever', null],
])('takes a duration of %s', (duration, expected) => {
  expect(load({ flags: { duration } }).durationMs).toBe(expected);
});

test.each(['0', '-1', 'soon', '10 m', '1e3', '', '99999d'])('refuses a duration of %j', (duration) => {
  expect(findings({ flags: { duration } })).toHaveLength(1);
});

test('folds symbols to upper case, drops repeats, and takes lists', () => {
  expect(load({ flags: { symbols: ['btcusdt', 'ETHUSDT', 'BTCUSDT'] } }).symbols).toEqual([
    'BTCUSDT',
    'ETHUSDT',
  ]);
  expect(load({ environment: { LA_SYMBOLS: 'btcusdt, solusdt' } }).symbols).toEqual(['BTCUSDT', 'SOLUSDT']);
  expect(load({ environment: { LA_SYMBOL: 'solusdt' } }).symbols).toEqual(['SOLUSDT']);
});

test.each(['', 'B', 'BTC-USDT', 'BTC USDT', '../etc', 'A'.repeat(21), 'ＢＴＣ'])(
  'refuses %j as a symbol',
  (symbol) => {
    expect(findings({ flags: { symbols: [symbol] } })).toHaveLength(1);
  },
);

test.each(['0', '-5', '1e3', '0x10', '0.000000001', 'NaN', '9'.repeat(16)])(
  'refuses a balance of %j',
  (balance) => {
    expect(findings({ flags: { balance } })).toHaveLength(1);
  },
);

test('keeps the balance exact', () => {
  expect(load({ flags: { balance: '12345678.12345678' } }).balance).toBe('12345678.12345678');
});

test.each([
  ['off', null],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['[::1]:8787', { host: '::1', port: 8_787 }],
])('takes a dashboard of %s', (dashboard, expected) => {
  expect(load({ flags: { dashboard } }).dashboard).toEqual(expected);
});

test.each(['on', '8787', 'host:', 'host:99999', '::1:80', 'a b:80'])(
  'refuses a dashboard of %j',
  (dashboard) => {
    expect(findings({ flags: { dashboard } })).toHaveLength(1);
  },
);

test('takes the fee rates of the configured tier', () => {
  writeConfig('fees: {tier: 8}\n');
  expect(load()).toMatchObject({ feeTier: 8, makerFeeRate: '0', takerFeeRate: '0.00026' });
});

test('takes parameters as JSON, as a file, and as YAML', () => {
  writeFileSync(join(workspace, 'p.json'), '{"length": 3}');
  expect(load({ flags: { params: '{"length": 1}' } }).params).toEqual({ length: 1 });
  expect(load({ flags: { params: join(workspace, 'p.json') } }).params).toEqual({ length: 3 });
  writeConfig('params:\n  length: 2\n');
  expect(load().params).toEqual({ length: 2 });
  writeConfig('params: p.json\n');
  expect(load().params).toEqual({ length: 3 });
});

test.each(['{"a":', '[1]', 'missing.json'])('refuses parameters of %j', (params) => {
  expect(findings({ flags: { params } })[0]).toMatch(/^--params: expected a JSON object/);
});

test('finds recordings by file and by prefix, and refuses missing ones by name', () => {
  const folder = join(workspace, 'data');
  mkdirSync(folder);
  writeFileSync(join(folder, 'x-l2.csv.gz'), '');
  writeFileSync(join(folder, 'y-book.csv.gz'), '');
  for (const name of ['x', 'y', 'x-l2.csv.gz']) {
    const path = join(folder, name);
    expect(load({ flags: { source: `recording:${path}` } }).source).toEqual({ kind: 'recording', path });
  }
  writeConfig('source: recording:data/x\n');
  expect(load().source).toEqual({ kind: 'recording', path: join(folder, 'x') });
  expect(findings({ flags: { source: `recording:${folder}` } })[0]).toContain(folder);
  expect(findings({ flags: { source: 'recording:' } })[0]).toMatch(
    /^--source: expected bitunix, simulated or recording:PATH/,
  );
});

test('fills of a recording without an order book follow the parametric model, unless the book is asked for', () => {
  for (const name of ['candles.csv', 'deep-l2.csv.gz', 'deep-trades.csv.gz'])
    writeFileSync(join(workspace, name), '');
  const model = (recording: string, flags = {}) =>
    load({ flags: { source: `recording:${join(workspace, recording)}`, ...flags } });
  const ofCandles = model('candles.csv');
  expect(ofCandles.fillModel).toBe('parametric');
  expect(ofCandles.effective['fill_model']).toEqual({
    value: 'parametric',
    origin: { kind: 'flag', flag: '--source' },
  });
  expect(model('candles.csv', { fill_model: 'book' }).fillModel).toBe('book');
  expect(model('deep').fillModel).toBe('book');
  expect(model('deep-trades.csv.gz').fillModel).toBe('book');
});

test('finds a strategy file from where it was written, and refuses a missing one', () => {
  writeFileSync(join(workspace, 'mine.ts'), '');
  writeConfig('strategy: ./mine.ts\n');
  expect(load().strategy).toBe(join(workspace, 'mine.ts'));
  expect(findings({ flags: { strategy: './mine.ts' } })).toEqual([
    '--strategy: expected a strategy file, found none at "./mine.ts"',
  ]);
});

test('reads the named configuration file instead of the own one of the workspace', () => {
  writeConfig('leverage: 2\n');
  const configFile = join(workspace, 'other.yaml');
  expect(findings({ configFile })).toEqual([`${configFile}: expected a readable file, found none`]);
  writeFileSync(configFile, 'leverage: 3\n');
  expect(load({ configFile }).leverage).toBe(3);
});

test('takes other endpoints of the venue, without a trailing slash', () => {
  const environment = {
    BITUNIX_REST_URL: 'http://127.0.0.1:8790/',
    BITUNIX_WS_URL: 'ws://localhost:8790/public/',
  };
  expect(load({ environment })).toMatchObject({
    restUrl: 'http://127.0.0.1:8790',
    wsUrl: 'ws://localhost:8790/public/',
  });
});

test.each([
  ['BITUNIX_REST_URL', 'nonsense'],
  ['BITUNIX_REST_URL', 'ftp://127.0.0.1'],
  ['BITUNIX_REST_URL', 'ws://127.0.0.1'],
  ['BITUNIX_REST_URL', 'http://example.com'],
  ['BITUNIX_REST_URL', 'http://127.0.0.1.example.com'],
  ['BITUNIX_WS_URL', 'ws://example.com/public/'],
  ['BITUNIX_WS_URL', 'https://example.com'],
  ['BITUNIX_WS_URL', 'wss://example.com/?a=b'],
])('refuses %s=%s', (variable, url) => {
  expect(findings({ environment: { [variable]: url } })).toHaveLength(1);
  expect(findings({ environment: { [variable]: url } })[0]).toContain(variable);
});

test('does not repeat a password that stands in a URL', () => {
  const [finding] = findings({ environment: { BITUNIX_REST_URL: 'https://me:hunter22@example.com' } });
  expect(finding).toMatch(/^BITUNIX_REST_URL: /);
  expect(finding).not.toContain('hunter22');
});

test('refuses variables that look like mistyped settings and leaves the rest alone', () => {
  expect(findings({ environment: { LA_LEVERGE: '3', LA_RISK_FOO: '1' } })).toEqual([
    'LA_LEVERGE: expected a known variable, found this one (did you mean LA_LEVERAGE?)',
    'LA_RISK_FOO: expected a known variable, found this one',
  ]);
  expect(
    findings({
      environment: { LA_KILL_SWITCH: 'TRUE', LA_DATA_DIR: '/x', LA_SOMETHING_ELSE: '1', LANG: 'C' },
    }),
  ).toEqual([]);
});

test('refuses what begins like a section of settings, whichever', () => {
  const sections = ['LA_CHECKS_NOTHING', 'LA_LIQUIDATION_NOTHING', 'LA_MARKET_DATA_NOTHING'];
  expect(findings({ environment: Object.fromEntries(sections.map((name) => [name, '1'])) })).toEqual(
    sections.map((name) => `${name}: expected a known variable, found this one`),
  );
});

test('takes an empty variable as none', () => {
  expect(load({ environment: { LA_LEVERAGE: '', BITUNIX_REST_URL: '' } })).toMatchObject({ leverage: 5 });
});

test('takes the terms of fills, and refuses a latency distribution that is none', () => {
  writeConfig(
    'latency: {model: distribution, minimum: 10, request_p99: 1s}\nfills: {full_book_interval: off}\nparametric: {model: square_root}\n',
  );
  expect(load()).toMatchObject({
    fullBookIntervalMs: null,
    fills: {
      latency: { model: 'distribution', minimum_ms: 10, request_p99_ms: 1_000 },
      tail_max_age_ms: 0,
      parametric: { model: 'square_root' },
    },
  });
  expect(findings({ environment: { LA_LATENCY_MINIMUM: '60ms' } })).toEqual([
    'latency.model: expected latency.minimum < exchange.response_latency < latency.response_p99 of a distribution, found 60, 50, 200 ms',
  ]);
  expect(findings({ environment: { LA_FILLS_QUEUE_EXPONENT: '0.5' } })).toHaveLength(1);
});

test('a call of a strategy must fit into the time in which the event loop may stand still', () => {
  expect(findings({ environment: { LA_ENGINE_STRATEGY_CALL_BUDGET: '30s' } })).toEqual([
    'engine.strategy_call_budget: expected less than resources.freeze_timeout (30s), which ends a session whose strategy holds it up, found 30s',
  ]);
  const longer = { LA_ENGINE_STRATEGY_CALL_BUDGET: '30s', LA_RESOURCES_FREEZE_TIMEOUT: '31s' };
  expect(findings({ environment: longer })).toEqual([]);
});
