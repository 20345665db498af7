/** A supplier of event blocks: a live venue's ingress, a recorded event log, a dataset. Ends when its market does. */

import type { EventBlock } from '../core/domain/event-block.ts';

/** Each yielded block may be reused by the source after the next one is asked for. */
export interface EventSource extends AsyncIterable<EventBlock> {
  close(): Promise<void>;
}
