/**
 * Measures what the dashboard costs a browser: processor time at 20 updates a second, and memory while many hours' worth of
 * updates go through it in minutes.
 *
 * Method: a made-up session over real sockets, headless Chromium, its own counters (`Performance.getMetrics`: time of all
 * tasks of the page's thread; heap after a forced collection), and the processor time of all its processes from `/proc`
 * (Linux; null elsewhere), rasterizing in software included. Needs `npm run build:web` and Chromium.
 *
 *     node bench/dashboard-load.ts [seconds] [updates a second]
 */

import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import { startFakeSessionServer } from '../test/builders/fake-session-server.ts';

const SECONDS = Number(process.argv[2] ?? 60);
const UPDATES_PER_SECOND = Number(process.argv[3] ?? 20);
const SETTLING_MS = 5_000;
const SAMPLES = 6;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

const server = await startFakeSessionServer({ seed: 1, updatesPerSecond: UPDATES_PER_SECOND });
const before = listProcesses();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
await page.goto(server.url);
await page.getByText('running').first().waitFor();
await delay(SETTLING_MS);
const client = await page.context().newCDPSession(page);
await client.send('Performance.enable');

const metric = async (name: string): Promise<number> => {
  const { metrics } = await client.send('Performance.getMetrics');
  return metrics.find((found) => found.name === name)?.value ?? Number.NaN;
};

let taskSeconds = await metric('TaskDuration');
let processSeconds = browserSeconds();
for (let sample = 0; sample < SAMPLES; sample++) {
  await delay((SECONDS / SAMPLES) * 1_000);
  const nowTask = await metric('TaskDuration');
  const nowProcess = browserSeconds();
  await client.send('HeapProfiler.collectGarbage');
  const heapMb = (await metric('JSHeapUsedSize')) / 2 ** 20;
  const share = (used: number | null): number | null =>
    used === null ? null : Math.round((used / (SECONDS / SAMPLES)) * 1_000) / 10;
  console.log(
    JSON.stringify({
      updates_per_second: UPDATES_PER_SECOND,
      page_thread_percent: share(nowTask - taskSeconds),
      browser_percent: share(
        nowProcess === null || processSeconds === null ? null : nowProcess - processSeconds,
      ),
      heap_mb: Math.round(heapMb * 10) / 10,
      nodes: await metric('Nodes'),
    }),
  );
  taskSeconds = await metric('TaskDuration');
  processSeconds = browserSeconds();
}
await browser.close();
await server.close();

/** Processor time so far of every process of the browser: those that appeared since before it was started. */
function browserSeconds(): number | null {
  let ticks = 0;
  const pids = [...listProcesses()].filter((pid) => !before.has(pid));
  if (pids.length === 0) return null;
  for (const pid of pids) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('chrom'))
        ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It ended in between.
    }
  }
  return ticks / TICKS_PER_SECOND;
}

function listProcesses(): ReadonlySet<string> {
  try {
    return new Set(readdirSync('/proc').filter((name) => /^\d+$/.test(name)));
  } catch {
    return new Set();
  }
}
