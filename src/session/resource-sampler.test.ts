import { afterEach, expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';

import { freeDiskMb, ResourceSampler } from './resource-sampler.ts';

let sampler: ResourceSampler | null = null;

afterEach(() => {
  sampler?.close();
});

function spin(forMs: number): void {
  for (const endMs = performance.now() + forMs; performance.now() < endMs;);
}

test('knows no CPU share before the second sample, and a busy one after it', async () => {
  sampler = new ResourceSampler();
  const first = sampler.sample();
  expect(first.cpuPercent).toBeNull();
  expect(first.ramMb).toBeGreaterThan(10);
  const fromMs = performance.now();
  const before = process.cpuUsage();
  spin(150);
  await delay(1);
  const { cpuPercent } = sampler.sample();
  // A busy machine gives a part of the time only, and that part is the share.
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 10 / (performance.now() - fromMs);
  expect(share).toBeGreaterThan(0);
  expect(cpuPercent).toBeGreaterThan(share / 2);
  expect(cpuPercent).toBeLessThan(share * 2);
});

test('sees a blocked loop, also one blocked right after a sample', async () => {
  sampler = new ResourceSampler();
  await delay(60);
  sampler.sample();
  spin(200);
  await delay(60);
  expect(sampler.sample().eventLoopLagMs).toBeGreaterThanOrEqual(150);
});

test('tells the free disk, and null where there is none', () => {
  expect(freeDiskMb('/')).toBeGreaterThan(0);
  expect(freeDiskMb('/does/not/exist')).toBeNull();
});
