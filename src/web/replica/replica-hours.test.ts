import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { MadeUpSession } from '../../../test/builders/made-up-session.ts';
import type { Update } from '../../protocol/messages.ts';
import { ReplicaStore } from './replica-store.ts';

/** The server's pace where there is time for it; otherwise each update brings what happened in two seconds. */
const IS_LONG = process.env['LA_LONG'] !== undefined;
const UPDATES_PER_SECOND = IS_LONG ? 20 : 0.5;
const HOUR_UPDATES = 3_600 * UPDATES_PER_SECOND;
const HOURS = IS_LONG ? 24 : 2;
/** Until every list of the page, and of the made-up session, is as long as it gets. */
const FILLING_UPDATES = 5_000;
const GROWTH_MAX_MIB = 1;

test(`${HOURS} hours of updates leave the page's copy of the session no larger than one does`, () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const session = new MadeUpSession(7, Date.UTC(2026, 10, 22, 22, 51));
  const frames: ((timeMs: number) => void)[] = [];
  const store = new ReplicaStore((callback) => frames.push(callback));
  let heard = 0;
  store.subscribe(['markets', 'orders', 'logs', 'equity'], () => heard++);
  expect(store.receive(session.snapshot(0))).toBe('applied');
  const heapMib: number[] = [];
  for (let seq = 1; seq <= FILLING_UPDATES + HOURS * HOUR_UPDATES; seq++) {
    const text = JSON.stringify({ type: 'update', seq, ...session.step(1_000 / UPDATES_PER_SECOND) });
    if (store.receive(JSON.parse(text) as Update) !== 'applied')
      throw new Error(`update ${seq} was not applied`);
    for (const draw of frames.splice(0)) draw((seq * 1_000) / UPDATES_PER_SECOND);
    if (seq < FILLING_UPDATES || (seq - FILLING_UPDATES) % (HOUR_UPDATES / 4) !== 0) continue;
    collectGarbage();
    heapMib.push(process.memoryUsage().heapUsed / 2 ** 20);
  }
  expect(heard).toBeGreaterThan(HOURS * 1_000);
  const [full = 0, ...later] = heapMib;
  const shown = heapMib.map((mib) => mib.toFixed(2)).join(' ');
  expect(Math.max(...later) - full, `MiB every quarter of an hour: ${shown}`).toBeLessThan(GROWTH_MAX_MIB);
}, 3_600_000);
