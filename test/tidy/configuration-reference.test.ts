/** docs/configuration.md is made from the schemas of the settings; this keeps it from falling behind them. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeConfiguration } from '../../src/app/configuration-reference.ts';
import { SETTING_KEYS } from '../../src/app/config/setting-schemas.ts';
import { SETTING_PURPOSES } from '../../src/app/config/setting-purposes.ts';

test('the configuration reference is what the schemas say: npm run docs', () => {
  const written = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(written).toBe(describeConfiguration());
});

test('every setting is said in whole sentences', () => {
  const text = describeConfiguration();
  for (const key of SETTING_KEYS) {
    expect(text).toContain(`- **\`${key}\`** (`);
    expect(SETTING_PURPOSES[key]).toMatch(/^[A-Z].*[.]$/s);
  }
});
