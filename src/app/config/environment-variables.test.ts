import { expect, test } from 'vitest';
import { findUnknownVariables } from './environment-variables.ts';

function ignored(...names: readonly string[]): readonly string[] {
  return findUnknownVariables(Object.fromEntries(names.map((name) => [name, '1']))).ignored;
}

test('a variable that nothing reads is told, with the setting whose section it leaves out', () => {
  expect(ignored('LA_MIN_HISTORY_BARS', 'LA_SOMETHING_ELSE')).toEqual([
    'LA_MIN_HISTORY_BARS: no setting has this variable, it is ignored (did you mean LA_ENGINE_MIN_HISTORY_BARS?)',
    'LA_SOMETHING_ELSE: no setting has this variable, it is ignored',
  ]);
});

test('what several settings end with is no hint to any of them', () => {
  expect(ignored('LA_LATENCY')).toEqual(['LA_LATENCY: no setting has this variable, it is ignored']);
});

test('a mistyped setting is refused, not told', () => {
  expect(findUnknownVariables({ LA_DURATON: '30s' })).toEqual({
    refused: ['LA_DURATON: expected a known variable, found this one (did you mean LA_DURATION?)'],
    ignored: [],
  });
});

test('what the program, its alerts and its tests read is known, and what is not its own is no business of it', () => {
  const known = ['LA_DURATION', 'LA_SYMBOL', 'LA_KILL_SWITCH', 'LA_TEST_CRASH', 'LA_DATA_DIR', 'LA_LONG'];
  const secrets = ['LA_ALERTS_TELEGRAM_TOKEN', 'LA_ALERTS_TELEGRAM_TOKEN_FILE', 'LA_TEST_TIME_FACTOR'];
  const names = [...known, ...secrets, 'LANG', 'LA'];
  expect(findUnknownVariables(Object.fromEntries(names.map((name) => [name, '1'])))).toEqual({
    refused: [],
    ignored: [],
  });
});
