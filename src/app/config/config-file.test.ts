import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { ConfigError } from './config-error.ts';
import { parseConfigText, readConfigFile } from './config-file.ts';

const NAME = 'laptop-agents.yaml';

function findings(text: string): readonly string[] {
  try {
    parseConfigText(text, NAME);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
  return [];
}

test('reads values with the place where each stands', () => {
  const values = parseConfigText('leverage: 3\nrisk:\n  max_notional: 2500.50\nsymbol: ethusdt\n', NAME);
  expect(Object.fromEntries(values)).toEqual({
    leverage: { value: 3, line: 1, column: 11 },
    'risk.max_notional': { value: '2500.5', line: 3, column: 17 },
    symbols: { value: ['ETHUSDT'], line: 4, column: 9 },
  });
});

test.each([
  ['an empty file', ''],
  ['nothing but comments', '# leverage: 3\n'],
  ['a section without settings', 'risk:\n  # max_notional: 1\nleverage: 3\n'],
  ['values that stand for unset', 'seed:\nrisk: {max_notional: , max_leverage: ~}\n'],
  ['YAML 1.1 habits', '%YAML 1.1\n---\ndashboard: off\n'],
])('accepts %s', (_, text) => {
  expect(findings(text)).toEqual([]);
});

test.each([
  [
    'an unknown key',
    'levrage: 3',
    ['1:1: expected a known setting, found "levrage" (did you mean leverage?)'],
  ],
  [
    'an unknown key of a section',
    'risk:\n  leverage: 3',
    ['2:3: expected a known setting, found "risk.leverage"'],
  ],
  [
    'a key without its section',
    'max_notional: 3',
    ['1:1: expected a known setting, found "max_notional" (did you mean risk.max_notional?)'],
  ],
  [
    'a number out of range',
    'leverage: 500',
    ['1:11: expected a whole number from 1 to 200 for leverage, found 500'],
  ],
  [
    'text for a number',
    'leverage: "5"',
    ['1:11: expected a whole number from 1 to 200 for leverage, found "5"'],
  ],
  [
    'nothing for a number',
    'leverage:',
    ['1:1: expected a whole number from 1 to 200 for leverage, found nothing'],
  ],
  ['a value for a section', 'fees: 3', ['1:7: expected settings under fees, found 3']],
  ['a list for the whole', '- a', ['1:1: expected settings as "key: value", found ["a"]']],
  ['a key given twice', 'seed: 1\nseed: 2', ['2:1: expected YAML, found: Map keys must be unique']],
  [
    'a key given under two names',
    'symbol: A1\nsymbols: [B1]',
    ['2:1: expected symbols once, found it again as symbols'],
  ],
  ['an alias', 'params: &a {x: 1}\nrisk: *a', ['2:7: expected a plain value, found the alias *a']],
  ['a prototype as a key', '__proto__: {leverage: 3}', ['1:1: expected a known setting, found "__proto__"']],
  [
    'several faults at once',
    'leverage: 0\nfees:\n  tier: 9\n',
    [
      '1:11: expected a whole number from 1 to 200 for leverage, found 0',
      '3:9: expected a VIP tier from 0 to 8 for fees.tier, found 9',
    ],
  ],
])('names line and column of %s', (_, text, expected) => {
  expect(findings(text)).toEqual(expected.map((finding) => `${NAME}:${finding}`));
});

test.each([
  ['broken syntax', 'leverage: [1', /^laptop-agents\.yaml:\d+:\d+: expected YAML, found: /],
  ['a second document', 'seed: 1\n---\nseed: 2', /^laptop-agents\.yaml:\d+:\d+: expected YAML, found: /],
  ['an unknown tag', 'seed: !!js/function x', /^laptop-agents\.yaml:1:\d+: expected YAML, found: /],
  ['tabs as indentation', 'risk:\n\tmax_notional: 1', /^laptop-agents\.yaml:2:\d+: expected YAML, found: /],
])('names line and column of %s', (_, text, pattern) => {
  expect(findings(text)[0]).toMatch(pattern);
});

test('refuses an alias bomb without expanding it', () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}, *a${level}]`,
  );
  expect(findings(`a0: &a0 x\n${levels.join('\n')}\n`)).toHaveLength(20);
});

test('refuses what is nested absurdly deep', () => {
  expect(findings(`params: ${'['.repeat(50_000)}`)[0]).toMatch(/^laptop-agents\.yaml:1:/);
});

test('never fails in another way, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(...Array.from('leverage:risk \n-[]{}&*!|>"\'#,?0123')),
        maxLength: 80,
      }),
      (text) => {
        for (const finding of findings(text))
          expect(finding).toMatch(/^laptop-agents\.yaml:[1-9]\d*:[1-9]\d*: [^\n]+$/);
      },
    ),
    { seed: 11, numRuns: 500 },
  );
});

test('refuses a file that is missing, too large, or no text', () => {
  const directory = mkdtempSync(join(tmpdir(), 'la-config-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, NAME);
  expect(() => readConfigFile(path, NAME)).toThrow(`${NAME}: expected a readable file, found none`);
  writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]));
  expect(() => readConfigFile(path, NAME)).toThrow(`${NAME}:1:1: expected UTF-8 text`);
  writeFileSync(path, '#'.repeat(1_048_577));
  expect(() => readConfigFile(path, NAME)).toThrow(`${NAME}:1:1: expected at most 1048576 bytes`);
});
