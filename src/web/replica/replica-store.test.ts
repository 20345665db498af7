import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { ReplicaStore } from './replica-store.ts';

test('tells readers of their slices only, once a frame, however many messages came', () => {
  const frames: ((timeMs: number) => void)[] = [];
  let dueMs = 0;
  const store = new ReplicaStore((callback, notBeforeMs) => {
    frames.push(callback);
    dueMs = notBeforeMs;
  });
  const frame = (timeMs: number): void => frames.splice(0).forEach((callback) => callback(timeMs));
  const session = new MadeUpSession(3, Date.UTC(2026, 10, 22));
  const heard = { books: 0, fills: 0 };
  store.subscribe(['books'], () => heard.books++);
  const end = store.subscribe(['fills'], () => heard.fills++);

  store.receive(session.snapshot(1));
  expect(heard).toEqual({ books: 0, fills: 0 });
  frame(1_000);
  expect(heard).toEqual({ books: 1, fills: 1 });

  const { books } = session.snapshot(0);
  for (let seq = 2; seq < 12; seq++) store.receive({ type: 'update', seq, books });
  // One frame for all of them, and none before it can be read.
  expect(frames).toHaveLength(1);
  expect(dueMs).toBe(1_200);
  const version = store.version(['books']);
  frame(1_210);
  expect(heard).toEqual({ books: 2, fills: 1 });
  expect(store.version(['books'])).not.toBe(version);

  end();
  store.receive({ type: 'update', seq: 12, fills: [] });
  frame(2_000);
  expect(heard.fills).toBe(1);
});
