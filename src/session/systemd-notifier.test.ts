import { expect, test } from 'vitest';
import { SystemdNotifier } from './systemd-notifier.ts';

function createNotifier(send?: (assignments: readonly string[]) => Promise<void>) {
  const sent: string[][] = [];
  const errors: unknown[] = [];
  const clock = { nowMs: 0 };
  const notifier = new SystemdNotifier({
    intervalMs: 20_000,
    send:
      send ??
      ((assignments) => {
        sent.push([...assignments]);
        return Promise.resolve();
      }),
    monotonicMs: () => clock.nowMs,
    onError: (error) => errors.push(error),
  });
  return { notifier, sent, errors, clock };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test('says once that it is ready, then that it lives, no more often than it must', async () => {
  const { notifier, sent, clock } = createNotifier();
  for (let second = 0; second <= 60; second++) {
    clock.nowMs = second * 1_000;
    notifier.alive('running');
    await settle();
  }
  expect(sent).toEqual([
    ['READY=1', 'WATCHDOG=1', 'STATUS=running'],
    ['WATCHDOG=1', 'STATUS=running'],
    ['WATCHDOG=1', 'STATUS=running'],
    ['WATCHDOG=1', 'STATUS=running'],
  ]);
});

test('is silent while its loop stands still, and after it said that it stops', async () => {
  const { notifier, sent, clock } = createNotifier();
  notifier.alive('running');
  await settle();
  clock.nowMs = 600_000;
  notifier.stopping();
  notifier.stopping();
  notifier.alive('stopping');
  await settle();
  expect(sent).toEqual([['READY=1', 'WATCHDOG=1', 'STATUS=running'], ['STOPPING=1']]);
});

test('has one message on its way at most', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const { notifier, clock } = createNotifier(() => {
    calls++;
    return promise;
  });
  for (let index = 0; index < 10; index++) {
    clock.nowMs += 30_000;
    notifier.alive('running');
  }
  expect(calls).toBe(1);
  resolve();
  await settle();
  clock.nowMs += 30_000;
  notifier.alive('running');
  expect(calls).toBe(2);
});

test('tells once that it cannot be heard', async () => {
  const { notifier, errors, clock } = createNotifier(() => Promise.reject(new Error('no such program')));
  for (let index = 0; index < 3; index++) {
    clock.nowMs += 30_000;
    notifier.alive('running');
    await settle();
  }
  expect(errors).toHaveLength(1);
});

test('is only there where a manager listens', () => {
  const create = (environment: Record<string, string>) =>
    SystemdNotifier.fromEnvironment(
      environment,
      () => 0,
      () => {},
    );
  expect(create({})).toBeNull();
  expect(create({ NOTIFY_SOCKET: '' })).toBeNull();
  expect(create({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000' })).not.toBeNull();
});
