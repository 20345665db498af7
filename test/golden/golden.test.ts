/**
 * Small event logs of every version of the format, each written by the program of its time from the synthetic market, and
 * what their replay must come to. Where a change of the engine is meant to change it, `npx vitest run test/golden -u` writes
 * the new outcome; say in CHANGELOG.md why.
 */

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EventLogReader } from '../../src/storage/event-log-reader.ts';
import { LOG_FORMAT_VERSION } from '../../src/storage/log-frame.ts';
import { outcomeOf } from '../builders/outcome-hash.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

describe('golden event logs', () => {
  test('are kept for every version of the format', () => {
    const kept = readdirSync(HERE).filter((name) => name.startsWith('event-log-v'));
    const versions = Array.from({ length: LOG_FORMAT_VERSION }, (_unused, index) => `event-log-v${index + 1}`);
    expect(kept.toSorted()).toEqual(versions.toSorted());
  });

  test.each(Array.from({ length: LOG_FORMAT_VERSION }, (_unused, index) => index + 1))(
    'version %i is read, migrated and replayed to the outcome recorded',
    async (version) => {
      const reader = new EventLogReader(path.join(HERE, `event-log-v${version}`));
      const outcome = outcomeOf(reader);
      expect(reader.end?.cutBytes).toBe(0);
      expect(outcome.outputs['fill']).toBeGreaterThan(5);
      const text = `${JSON.stringify(outcome, null, 2)}\n`;
      await expect(text).toMatchFileSnapshot(path.join(HERE, `expected-v${version}.json`));
    },
  );

  test('of version 1 hold the same market as those of version 2, and so give the same fills', () => {
    const outcomes = [1, 2].map((version) => outcomeOf(new EventLogReader(path.join(HERE, `event-log-v${version}`))));
    expect(outcomes[0]?.outputs_hash).toBe(outcomes[1]?.outputs_hash);
  });
});
