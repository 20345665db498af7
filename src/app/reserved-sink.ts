/** A sink that spends the session's reserve of disk space where it finds none, and says the same once more. */

import type { Output } from '../core/domain/outputs.ts';
import type { OutputSink } from '../ports/output-sink.ts';
import { StorageError } from '../storage/storage-error.ts';

/** `sink` must store nothing of a delivery that it failed at for want of room. */
export function reservedSink(sink: OutputSink, reserve: { spend(): boolean }): OutputSink {
  return {
    deliver(outputs: readonly Output[]): void {
      try {
        sink.deliver(outputs);
      } catch (error) {
        const isFull = error instanceof StorageError && error.code === 'disk_full' && error.retryable;
        if (!isFull || !reserve.spend()) throw error;
        sink.deliver(outputs);
      }
    },
  };
}
