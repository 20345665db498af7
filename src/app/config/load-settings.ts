/**
 * Merges flags, environment, configuration file and defaults, in that order of precedence, into checked settings.
 *
 * Every source is checked whole, also where another one wins; all findings are reported together.
 * Relative paths count from the working directory, those in a file from the file.
 */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { isInterval, MINUTE_MS, parseSpanMs, SECOND_MS } from '../../core/base/time.ts';
import { assert } from '../../core/base/assert.ts';
import { FEE_TIERS } from '../../core/exchange/fee-schedule.ts';
import { CONFIG_FILE_NAME } from '../../session/workspace-paths.ts';
import { buildAlertSettings } from './alert-settings.ts';
import { ConfigError, showValue } from './config-error.ts';
import { readConfigFile, type FileValues } from './config-file.ts';
import { VARIABLE_ALIASES, findUnknownVariables } from './environment-variables.ts';
import { buildFillSettings, checkFillSettings } from './fill-settings.ts';
import { type Layered, layerOf, showOrigin } from './setting-layers.ts';
import { buildRiskSettings } from './risk-settings.ts';
import {
  parseListenAddress,
  readSettingText,
  SETTING_KEYS,
  SETTINGS,
  settingVariable,
  type SettingKey,
  type SettingValues,
} from './setting-schemas.ts';
import { PathReader, hasRecordedBook } from './path-reader.ts';
import { type RecordedSettings, mayReplace, recordedLayer } from './recorded-settings.ts';
import type { EffectiveValue, Origin, Settings, SourceSetting } from './settings.ts';
import { readVenueEndpoints, REST_URL_VARIABLE, WS_URL_VARIABLE } from './venue-endpoints.ts';

export interface SettingSources {
  readonly workspace: string;
  /** `--config`; null = the workspace's own file where present. */
  readonly configFile: string | null;
  /** Text of each flag given; a repeated one is a list. */
  readonly flags: Readonly<Partial<Record<SettingKey, string | readonly string[]>>>;
  readonly account: Settings['account'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the session that is continued; null = a new one. */
  readonly recorded: RecordedSettings | null;
}

/** Throws {@link ConfigError} with every finding. */
export function loadSettings(sources: SettingSources): Settings {
  const findings: string[] = [];
  const { recorded } = sources;
  const file = locateConfigFile(sources);
  const fileValues = readFileLayer(file, findings);
  findings.push(...findUnknownVariables(sources.environment).refused);

  const merged = new Map<SettingKey, Layered>();
  for (const key of SETTING_KEYS) {
    const layers = [
      readFlag(key, sources, findings),
      readVariable(key, sources, findings),
      file === null ? null : fromFile(fileValues.get(key), file.shownName),
    ];
    const layer = layers.find((candidate) => candidate !== null) ?? null;
    merged.set(key, layer ?? recordedLayer(key, recorded) ?? initialValue(key));
  }
  const endpoints = readVenueEndpoints(withRecordedEndpoints(sources), findings);
  const reader = new PathReader(file === null ? null : dirname(file.path), findings);
  const read = () => ({
    source: reader.source(merged),
    strategy: reader.strategy(merged),
    params: reader.params(merged),
  });
  if (recorded !== null) holdToRecorded(merged, read(), recorded, findings);
  const { source, strategy, params } = read();
  if (findings.length > 0) throw new ConfigError(findings);
  if (source.kind === 'recording' && !hasRecordedBook(source.path)) preferParametric(merged);

  const values = Object.fromEntries([...merged].map(([key, layer]) => [key, layer.value])) as SettingValues;
  const misfits = [...checkFillSettings(buildFillSettings(values)), ...checkCallBudget(values)];
  if (misfits.length > 0) throw new ConfigError(misfits);
  const effective: Record<string, EffectiveValue> = Object.fromEntries(merged);
  effective['params'] = { value: params, origin: originOf(merged, 'params') };
  if (values['risk.max_leverage'] === null) {
    effective['risk.max_leverage'] = { value: values.leverage, origin: originOf(merged, 'leverage') };
  }
  effective[REST_URL_VARIABLE] = { value: endpoints.rest.url, origin: endpoints.rest.origin };
  effective[WS_URL_VARIABLE] = { value: endpoints.ws.url, origin: endpoints.ws.origin };
  return {
    ...buildSettings(values),
    alerts: buildAlertSettings(values, (key) => reader.file(merged, key)),
    source,
    strategy,
    params,
    account: sources.account,
    resumes: recorded?.sessionId ?? null,
    acceptsChange: recorded?.acceptsChange ?? false,
    restUrl: endpoints.rest.url,
    wsUrl: endpoints.ws.url,
    effective,
  };
}

/** A market of candles has no order book; one that the venue makes up around them is no ground for fills, unless asked for. */
function preferParametric(merged: Map<SettingKey, Layered>): void {
  if (originOf(merged, 'fill_model').kind !== 'default') return;
  merged.set('fill_model', { value: 'parametric', origin: originOf(merged, 'source') });
}

/** What is asked for beside a recorded session gives way where it may not replace; see `recorded-settings.ts`. */
function holdToRecorded(
  merged: Map<SettingKey, Layered>,
  asked: { readonly source: SourceSetting; readonly strategy: string; readonly params: unknown },
  recorded: RecordedSettings,
  findings: string[],
): void {
  const { source, strategy, params } = asked;
  const resolved: Partial<Record<SettingKey, unknown>> = {
    source: source.kind === 'recording' ? `recording:${source.path}` : source.kind,
    strategy,
    params,
  };
  for (const [key, { value, origin }] of merged) {
    if (origin.kind === 'default' || origin.kind === 'session') continue;
    const began = recordedLayer(key, recorded);
    if (began === null) continue;
    if (!mayReplace(key, resolved[key] ?? value, recorded, showOrigin(origin), findings))
      merged.set(key, began);
  }
}

/** The venue of the session that is continued, unless another is named now. */
function withRecordedEndpoints({ environment, recorded }: SettingSources): SettingSources['environment'] {
  if (recorded === null) return environment;
  const known = [REST_URL_VARIABLE, WS_URL_VARIABLE].flatMap((name) => {
    const url = recorded.values[name];
    return typeof url === 'string' && (environment[name]?.trim() ?? '') === '' ? [[name, url] as const] : [];
  });
  return { ...environment, ...Object.fromEntries(known) };
}

function buildSettings(
  values: SettingValues,
): Omit<
  Settings,
  | 'alerts'
  | 'source'
  | 'strategy'
  | 'params'
  | 'account'
  | 'resumes'
  | 'acceptsChange'
  | 'restUrl'
  | 'wsUrl'
  | 'effective'
> {
  const [firstSymbol, ...otherSymbols] = values.symbols;
  const fees = FEE_TIERS[values['fees.tier']];
  assert(
    firstSymbol !== undefined && fees !== undefined && isInterval(values.interval),
    'settings were checked',
  );
  return {
    symbols: [firstSymbol, ...otherSymbols],
    interval: values.interval,
    durationMs: values.duration === 'forever' ? null : spanMs(values.duration, MINUTE_MS),
    balance: values.balance,
    seed: values.seed,
    leverage: values.leverage,
    marginMode: values.margin_mode,
    positionMode: values.position_mode,
    liquidation: {
      on_event: values['liquidation.on_event'],
      fee_rate: values['liquidation.fee_rate'],
      tier_rule: values['liquidation.tier_rule'],
    },
    fillModel: values.fill_model,
    onEnd: values.on_end,
    band: values.band,
    dashboard: values.dashboard === 'off' ? null : parseListenAddress(values.dashboard),
    logLevel: values.log_level,
    staleTimeoutMs: spanMs(values['market_data.stale_timeout'], SECOND_MS),
    minHistoryBars: values['engine.min_history_bars'],
    strategyCallBudgetMs: spanMs(values['engine.strategy_call_budget'], 1),
    twin: values['checks.twin'],
    ...buildFillSettings(values),
    feeTier: values['fees.tier'],
    makerFeeRate: fees.maker,
    takerFeeRate: fees.taker,
    risk: buildRiskSettings(values, values.leverage),
    maxMemoryMb: values['resources.max_memory_mb'],
    freezeTimeoutMs: spanMs(values['resources.freeze_timeout'], SECOND_MS),
  };
}

interface ConfigFileLocation {
  readonly path: string;
  /** What findings call it. */
  readonly shownName: string;
}

function locateConfigFile(sources: SettingSources): ConfigFileLocation | null {
  if (sources.configFile !== null)
    return { path: resolve(sources.configFile), shownName: sources.configFile };
  const path = join(resolve(sources.workspace), CONFIG_FILE_NAME);
  return existsSync(path) ? { path, shownName: CONFIG_FILE_NAME } : null;
}

function readFileLayer(file: ConfigFileLocation | null, findings: string[]): FileValues {
  if (file === null) return new Map();
  try {
    return readConfigFile(file.path, file.shownName);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.findings);
    return new Map();
  }
}

function fromFile(
  found: { value: unknown; line: number; column: number } | undefined,
  file: string,
): Layered | null {
  if (found === undefined) return null;
  return { value: found.value, origin: { kind: 'file', file, line: found.line, column: found.column } };
}

function initialValue(key: SettingKey): Layered {
  const { schema, initial } = SETTINGS[key];
  return { value: schema.parse(initial), origin: { kind: 'default' } };
}

function readFlag(key: SettingKey, sources: SettingSources, findings: string[]): Layered | null {
  const text = sources.flags[key];
  const flag = SETTINGS[key].flag;
  if (text === undefined || flag === null) return null;
  const raw = typeof text === 'string' ? readSettingText(SETTINGS[key].textForm, text) : text;
  return { value: check(key, raw, flag, findings), origin: { kind: 'flag', flag } };
}

function readVariable(key: SettingKey, sources: SettingSources, findings: string[]): Layered | null {
  for (const variable of [settingVariable(key), VARIABLE_ALIASES[key]]) {
    const text = variable === undefined ? '' : (sources.environment[variable]?.trim() ?? '');
    // An empty variable is the usual way to unset one for a single command.
    if (variable === undefined || text === '') continue;
    const raw = readSettingText(SETTINGS[key].textForm, text);
    return { value: check(key, raw, variable, findings), origin: { kind: 'environment', variable } };
  }
  return null;
}

function check(key: SettingKey, raw: unknown, place: string, findings: string[]): unknown {
  const result = SETTINGS[key].schema.safeParse(raw);
  if (result.success) return result.data;
  const shown = Array.isArray(raw) && raw.length === 1 ? (raw[0] as unknown) : raw;
  findings.push(`${place}: expected ${SETTINGS[key].expected}, found ${showValue(shown)}`);
  return SETTINGS[key].initial;
}

/** A call that may take longer than the event loop would be ended with the whole session, within its time. */
function checkCallBudget(values: SettingValues): string[] {
  const { strategyCallBudgetMs, freezeTimeoutMs } = buildSettings(values);
  if (strategyCallBudgetMs < freezeTimeoutMs) return [];
  return [
    `engine.strategy_call_budget: expected less than resources.freeze_timeout (${freezeTimeoutMs / SECOND_MS}s), ` +
      `which ends a session whose strategy holds it up, found ${strategyCallBudgetMs / SECOND_MS}s`,
  ];
}

function originOf(merged: ReadonlyMap<SettingKey, Layered>, key: SettingKey): Origin {
  return layerOf(merged, key).origin;
}

function spanMs(value: string | number, bareUnitMs: number): number {
  const ms = parseSpanMs(String(value), bareUnitMs);
  assert(ms !== null, `a checked span, found ${value}`);
  return ms;
}
