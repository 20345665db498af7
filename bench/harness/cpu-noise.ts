/**
 * Who else used the processors while something was measured.
 *
 * Busy time of all processors less our own is what others took; steal is what the host took from the whole machine.
 * Source: /proc/stat, in ticks of 10 ms. Limitation: elsewhere than on Linux nothing is known, and nothing is discarded.
 */

import { readFileSync } from 'node:fs';

const TICK_MS = 10;
/** Cores that others may use at most in a round that counts. */
const OTHERS_CORES_MAX = 0.15;

export interface CpuReading {
  readonly wallMs: number;
  /** User and system time of this process, every thread of it, and of its children that ended. */
  readonly ownMs: number;
  /** Of the whole machine; null where the system does not say. */
  readonly machine: { readonly busyMs: number; readonly stealMs: number } | null;
}

export interface CpuUse {
  readonly wallMs: number;
  readonly ownMs: number;
  /** Cores that others used on average; null where unknown. */
  readonly othersCores: number | null;
  readonly stealMs: number | null;
}

export function readCpu(): CpuReading {
  const { user, system } = process.cpuUsage();
  const ownMs = (user + system) / 1_000 + childrenMs();
  return { wallMs: performance.now(), ownMs, machine: readMachine() };
}

export function cpuSince(from: CpuReading): CpuUse {
  const to = readCpu();
  const wallMs = to.wallMs - from.wallMs;
  const ownMs = to.ownMs - from.ownMs;
  if (from.machine === null || to.machine === null)
    return { wallMs, ownMs, othersCores: null, stealMs: null };
  const busyMs = to.machine.busyMs - from.machine.busyMs;
  return {
    wallMs,
    ownMs,
    othersCores: Math.max(0, busyMs - ownMs) / wallMs,
    stealMs: to.machine.stealMs - from.machine.stealMs,
  };
}

/** Whether a measurement with this use of the machine is to be discarded. */
export function isNoisy({ othersCores, stealMs }: CpuUse): boolean {
  return (othersCores ?? 0) > OTHERS_CORES_MAX || (stealMs ?? 0) > 0;
}

/** Of children that were waited for. Source: proc(5), fields 16 and 17 of /proc/self/stat; the name may hold blanks. */
function childrenMs(): number {
  if (process.platform !== 'linux') return 0;
  const text = readFileSync('/proc/self/stat', 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

function readMachine(): CpuReading['machine'] {
  if (process.platform !== 'linux') return null;
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busyMs: (user + nice + system + irq + softirq) * TICK_MS, stealMs: steal * TICK_MS };
}
