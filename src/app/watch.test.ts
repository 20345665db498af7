import { expect, test } from 'vitest';
import { sessionWords } from './watch.ts';

const WORDS = ['--workspace=w', 'run', '--fresh', '--duration', '10m', '--seed', '5'];

test('starts the first session as it was asked for', () => {
  expect(sessionWords(WORDS, 600_000, false)).toEqual(WORDS);
});

test('starts a further one on the account of the one before, for the rest of the time', () => {
  expect(sessionWords(WORDS, 1_500, true)).toEqual([
    ...['--workspace=w', 'run', '--duration', '10m', '--seed', '5'],
    ...['--duration', '1500ms'],
  ]);
  expect(sessionWords(['run', '--duration', 'forever'], null, true)).toEqual([
    'run',
    '--duration',
    'forever',
  ]);
});
