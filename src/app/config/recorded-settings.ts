/**
 * The settings of a session that is continued: what it began with stands for whatever is not asked for now, and what is
 * asked for now must not say otherwise.
 */

import { ALERT_SETTINGS } from './alert-settings.ts';
import { showValue } from './config-error.ts';
import type { SettingKey } from './setting-schemas.ts';
import type { Origin } from './settings.ts';

/** What the manifest of an interrupted session says of its settings, by configuration key. */
export interface RecordedSettings {
  readonly sessionId: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly acceptsChange: boolean;
}

/** Belong to the process, not to the session; and the duration, which may be set anew. */
const FREE_KEYS: ReadonlySet<string> = new Set([
  'duration',
  'balance',
  'dashboard',
  'log_level',
  'resources.max_memory_mb',
  'resources.freeze_timeout',
  'engine.strategy_call_budget',
  'checks.twin',
  ...Object.keys(ALERT_SETTINGS),
]);

export interface ResumedLayer {
  readonly value: unknown;
  readonly origin: Origin;
}

/** The recorded value as a layer; null where the session has none of that key. */
export function recordedLayer(key: SettingKey, recorded: RecordedSettings | null): ResumedLayer | null {
  // Where alerts go belongs to the machine that the session is continued on.
  if (recorded === null || Object.hasOwn(ALERT_SETTINGS, key)) return null;
  if (!Object.hasOwn(recorded.values, key)) return null;
  return { value: recorded.values[key], origin: { kind: 'session', sessionId: recorded.sessionId } };
}

/**
 * Whether what is asked for now counts beside what the session began with: always for {@link FREE_KEYS}, else only where
 * it is the same. `place`: how a finding names where it was asked for.
 */
export function mayReplace(
  key: SettingKey,
  asked: unknown,
  recorded: RecordedSettings,
  place: string,
  findings: string[],
): boolean {
  const began = recorded.values[key];
  if (FREE_KEYS.has(key) || isSame(asked, began)) return true;
  if (!recorded.acceptsChange) {
    findings.push(
      `${place}: expected ${showValue(began)}, with which session ${recorded.sessionId} began (--accept-change continues it with that), found ${showValue(asked)}`,
    );
  }
  return false;
}

/** By content, whatever the order of an object's keys. */
function isSame(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
