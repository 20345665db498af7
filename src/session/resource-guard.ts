/**
 * Holds a session's use of the machine against its limits, once a heartbeat.
 *
 * Memory above its limit and a disk near its end stop the session while it can still close, log and report. A disk that
 * becomes short, and open files near their limit, are warned of once for each time they do.
 */

import type { Logger } from '../ports/logger.ts';
import type { OpenFiles } from './open-files.ts';

/** Below it the session stops: room for closing orders, the end of the event log, the journal and the report. */
export const DISK_RESERVE_MB = 64;

/** Below it the system log says so. */
export const DISK_COMFORTABLE_MB = 1_024;

/** Share of the allowed open files that is worth a warning. */
const OPEN_FILES_SHARE = 0.8;

/** Counting open files lists a folder: every so many checks is enough. */
const OPEN_FILES_EVERY = 5;

export interface ResourceGuardOptions {
  readonly logger: Logger;
  readonly maxMemoryMb: number;
  /** MiB that may still be written where the workspace lies; null = unknown. */
  readonly freeDiskMb: () => number | null;
  /** null = unknown. */
  readonly openFiles: () => OpenFiles | null;
  /** A limit was passed: the session must stop. Told once a limit. */
  readonly onLimit: (reason: 'memory_limit' | 'disk_full', detail: string) => void;
}

export class ResourceGuard {
  readonly #options: ResourceGuardOptions;
  readonly #told = new Set<string>();
  #checks = 0;

  constructor(options: ResourceGuardOptions) {
    this.#options = options;
  }

  /** `ramMb`: resident memory; null = unknown. */
  check(ramMb: number | null): void {
    this.#checkMemory(ramMb);
    this.#checkDisk();
    if (this.#checks++ % OPEN_FILES_EVERY === 0) this.#checkOpenFiles();
  }

  #checkMemory(ramMb: number | null): void {
    const { maxMemoryMb, logger, onLimit } = this.#options;
    if (ramMb === null || ramMb <= maxMemoryMb || !this.#isFirst('memory')) return;
    logger.log('critical', 'high_memory', 'High Memory', { ram_mb: ramMb, limit_mb: maxMemoryMb });
    onLimit('memory_limit', `${ramMb} MiB resident, the limit is ${maxMemoryMb}`);
  }

  #checkDisk(): void {
    const { freeDiskMb, logger, onLimit } = this.#options;
    const freeMb = freeDiskMb();
    if (freeMb === null) return;
    const fields = { free_mb: Math.round(freeMb), reserve_mb: DISK_RESERVE_MB };
    if (freeMb < DISK_RESERVE_MB) {
      if (!this.#isFirst('disk_full')) return;
      logger.log('critical', 'disk_full', 'Disk Full', fields);
      onLimit('disk_full', `${Math.round(freeMb)} MiB free, the reserve is ${DISK_RESERVE_MB}`);
    } else if (freeMb < DISK_COMFORTABLE_MB) {
      if (this.#isFirst('disk_low')) logger.log('warning', 'disk_low', 'Disk space is short', fields);
    } else {
      this.#told.delete('disk_low');
    }
  }

  #checkOpenFiles(): void {
    const { openFiles, logger } = this.#options;
    const files = openFiles();
    if (files === null || files.open < files.limit * OPEN_FILES_SHARE) this.#told.delete('open_files');
    else if (this.#isFirst('open_files'))
      logger.log('warning', 'open_files', 'Open files are near their limit', { ...files });
  }

  #isFirst(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }
}
