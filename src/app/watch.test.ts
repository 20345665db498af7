import { expect, test } from 'vitest';
import { sessionWords } from './watch.ts';

const WORDS = ['--workspace=w', 'run', '--fresh', '--duration', '10m', '--seed', '5'];

test('starts the first session as it was asked for', () => {
  expect(sessionWords(WORDS, { kind: 'first', remainingMs: 600_000 })).toEqual(WORDS);
});

test('continues a session that had begun, without a duration of its own', () => {
  expect(sessionWords(WORDS, { kind: 'resumed', remainingMs: 1_500 })).toEqual([
    ...['--workspace=w', 'run', '--seed', '5', '--resume'],
  ]);
  expect(sessionWords(['run', '--duration=3d', '--resume'], { kind: 'resumed', remainingMs: 1 })).toEqual([
    'run',
    '--resume',
  ]);
});

test('starts another one on the account of the one before, for the rest of the time', () => {
  expect(sessionWords(WORDS, { kind: 'another', remainingMs: 1_500 })).toEqual([
    ...['--workspace=w', 'run', '--duration', '10m', '--seed', '5'],
    ...['--duration', '1500ms'],
  ]);
  expect(sessionWords(['run', '--duration', 'forever'], { kind: 'another', remainingMs: null })).toEqual([
    'run',
    '--duration',
    'forever',
  ]);
});
