import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../src/core/domain/reasons.ts';

const RUNBOOK = readFileSync(new URL('../docs/runbook.md', import.meta.url), 'utf8');

test('the runbook says what to do at every end of a session, under its exit code', () => {
  for (const [reason, code] of Object.entries(EXIT_CODES)) {
    expect(RUNBOOK, reason).toMatch(new RegExp(`^\\| ${code} +\\| \`${reason}\``, 'm'));
  }
});
