/**
 * Measures what the process takes from the machine: memory, CPU, delay of the event loop, free disk.
 *
 * The delay is taken with a timer of our own: `monitorEventLoopDelay` drops the interval after each reset, so a block that
 * begins with a sample would go unseen. Assumption: `sample` is called at a steady pace, about once a second.
 */

import { statfsSync } from 'node:fs';

/** Pace of the delay probe: shorter delays than this are not resolved. */
const PROBE_INTERVAL_MS = 25;

const BYTES_PER_MIB = 1_048_576;

export interface ResourceSample {
  /** Resident memory, MiB, one decimal. */
  readonly ramMb: number;
  /** CPU since the last sample, 100 = one core, one decimal; null in the first one. */
  readonly cpuPercent: number | null;
  /** Longest delay since the last sample, whole ms; null before the first probe. */
  readonly eventLoopLagMs: number | null;
}

export class ResourceSampler {
  readonly #probe: NodeJS.Timeout;
  #probeMs = performance.now();
  #lagMs: number | null = null;
  #cpu: NodeJS.CpuUsage | null = null;
  #sampleMs = 0;

  constructor() {
    this.#probe = setInterval(() => {
      this.#measureLag();
    }, PROBE_INTERVAL_MS);
    this.#probe.unref();
  }

  sample(): ResourceSample {
    const nowMs = performance.now();
    const cpu = process.cpuUsage();
    const before = this.#cpu;
    const elapsedMs = nowMs - this.#sampleMs;
    const usedMs = before === null ? 0 : (cpu.user - before.user + cpu.system - before.system) / 1_000;
    this.#cpu = cpu;
    this.#sampleMs = nowMs;
    const lagMs = this.#lagMs;
    this.#lagMs = null;
    return {
      ramMb: roundTenth(residentMb()),
      cpuPercent: before === null || elapsedMs <= 0 ? null : roundTenth((usedMs / elapsedMs) * 100),
      eventLoopLagMs: lagMs,
    };
  }

  close(): void {
    clearInterval(this.#probe);
  }

  #measureLag(): void {
    const nowMs = performance.now();
    const lagMs = Math.max(0, Math.round(nowMs - this.#probeMs - PROBE_INTERVAL_MS));
    this.#probeMs = nowMs;
    if (this.#lagMs === null || lagMs > this.#lagMs) this.#lagMs = lagMs;
  }
}

/** Resident memory of this process, MiB. */
function residentMb(): number {
  return process.memoryUsage.rss() / BYTES_PER_MIB;
}

/** Space an unprivileged process may still use on the file system of `path`, MiB; null where it cannot be told. */
export function freeDiskMb(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return (bavail * bsize) / BYTES_PER_MIB;
  } catch {
    return null;
  }
}

function roundTenth(value: number): number {
  return Math.round(value * 10) / 10;
}
