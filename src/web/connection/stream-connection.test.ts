import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type FakeSessionServer,
  startFakeSessionServer,
} from '../../../test/builders/fake-session-server.ts';
import type { StreamMessage } from '../../protocol/messages.ts';
import { Replica } from '../replica/replica.ts';
import { type ConnectionState, StreamConnection } from './stream-connection.ts';

let server: FakeSessionServer;
let connection: StreamConnection;
let messages: StreamMessage[];
let states: ConnectionState[];
let replica: Replica;

beforeEach(async () => {
  server = await startFakeSessionServer({ seed: 9, updatesPerSecond: 50 });
  messages = [];
  states = [];
  replica = new Replica();
  connection = new StreamConnection({
    url: `${server.url.replace('http', 'ws')}api/v1/stream`,
    token: () => null,
    nowMs: () => performance.now(),
    onMessage: (message) => {
      messages.push(message);
      return replica.apply(message);
    },
    onState: (state) => states.push(state),
  });
});

afterEach(async () => {
  connection.close();
  await server.close();
});

test('begins with a snapshot and follows it with numbered updates', async () => {
  connection.open();
  await expect.poll(() => messages.length).toBeGreaterThan(5);
  expect(messages[0]?.type).toBe('snapshot');
  expect(messages.slice(1, 5).map(({ type }) => type)).toEqual(['update', 'update', 'update', 'update']);
  expect(states.map(({ phase }) => phase)).toEqual(['open']);
});

test('connects again for a whole picture when a number is missing', async () => {
  connection.open();
  await expect.poll(() => replica.generation).toBe(1);
  server.skipNumber();
  await expect.poll(() => replica.generation, { timeout: 5_000 }).toBe(2);
  expect(states.map(({ phase }) => phase)).toEqual(['open', 'lost', 'open']);
  expect(states[1]?.detail).toContain('missed');
});

test('says that it cannot read what it was sent, and asks again', async () => {
  connection.open();
  await expect.poll(() => replica.generation).toBe(1);
  server.say('{"type":"snapshot","version":2}');
  await expect.poll(() => states.length).toBeGreaterThan(1);
  expect(states[1]?.detail).toContain('speaks version 2');
});
