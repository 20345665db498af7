import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import { ReplicaStore } from './replica-store.ts';

test('tells readers of their slices only, once a frame, however many messages came', () => {
  const frames: ((timeMs: number) => void)[] = [];
  const store = new ReplicaStore((callback) => frames.push(callback));
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
  expect(frames).toHaveLength(1);
  const version = store.version(['books']);
  // Too soon after the last one: it waits for a later frame.
  frame(1_016);
  expect(heard.books).toBe(1);
  frame(1_120);
  expect(heard).toEqual({ books: 2, fills: 1 });
  expect(store.version(['books'])).not.toBe(version);

  end();
  store.receive({ type: 'update', seq: 12, fills: [] });
  frame(2_000);
  expect(heard.fills).toBe(1);
});
