/**
 * Brings lines of older event logs to the form that this program writes.
 *
 * A change of what a line holds is a new version of the log's format ({@link LOG_FORMAT_VERSION}) and a migration here that
 * says what the older lines meant. Nothing on disk is rewritten: each frame names its version, and a log may hold frames of
 * several. Invariant: there is a migration from every version to the next; a test reads a log of each.
 */

import { assert } from '../core/base/assert.ts';
import type { FillTerms } from '../core/domain/fill-terms.ts';
import { LOG_FORMAT_VERSION } from './log-frame.ts';

type Fields = Readonly<Record<string, unknown>>;
type Migration = (line: Fields) => Fields;

/** Version 1 drew no latencies and knew nothing of reconstructed bars. */
function from1To2(line: Fields): Fields {
  if (line['kind'] === 'bar') return { ...line, reconstructed: false };
  if (line['kind'] !== 'session_started') return line;
  const start = line['start'] as Fields;
  return { ...line, start: { ...start, fills: start['fills'] ?? FILLS_OF_VERSION_1 } };
}

/** Not the defaults of today, which may change: these say what a session of version 1 was run with. */
const FILLS_OF_VERSION_1: FillTerms = {
  price_source: 'stream',
  latency: { model: 'constant', minimum_ms: 20, request_p99_ms: 400, response_p99_ms: 200 },
  queue_exponent: 3,
  tail_max_age_ms: 120_000,
  parametric: {
    model: 'linear',
    simulated_liquidity: 1_000_000,
    coefficient: 1,
    half_spread_bps: 0.5,
    max_slippage_bps: 1,
    max_volume_share: 0.1,
  },
};

/** Migration n - 1 of the list brings a line of version n to n + 1. */
const MIGRATIONS: readonly Migration[] = [from1To2];

assert(MIGRATIONS.length === LOG_FORMAT_VERSION - 1, 'a version of the event log lacks its migration');

/** Whether lines of this version can be read. */
export function isReadableVersion(version: number): boolean {
  return version >= 1 && version <= LOG_FORMAT_VERSION;
}

/** Returns a parsed line of `version` as this program would have written it. */
export function migrateLine(line: Fields, version: number): Fields {
  let migrated = line;
  for (const migration of MIGRATIONS.slice(version - 1)) migrated = migration(migrated);
  return migrated;
}
