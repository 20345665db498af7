/** The authority: what reached the engine, in order. */

import type { EventBlock } from '../core/domain/event-block.ts';

export interface EventLog {
  /** Makes the block durable before it returns. Throws StorageError when it cannot; the session must then stop. */
  append(block: EventBlock): void;
  close(): void;
}
