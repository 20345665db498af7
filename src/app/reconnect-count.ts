/** How often a session's feeds connected anew, over all of its processes: each of them counts from zero. */

import type { FeedState } from '../core/domain/commands.ts';
import { type EventBlock, EventKind } from '../core/domain/event-block.ts';
import type { SnapshotHeader } from '../storage/snapshot-file.ts';

export class ReconnectCount {
  readonly #last: Map<string, number>;
  #former: number;

  /** `saved`: what {@link save} gave. */
  constructor(saved: SnapshotHeader['reconnects'] = { last: {}, former: 0 }) {
    this.#last = new Map(Object.entries(saved.last));
    this.#former = saved.former;
  }

  get total(): number {
    return [...this.#last.values()].reduce((sum, count) => sum + count, this.#former);
  }

  note(block: EventBlock): void {
    // Connections are told in details, which few blocks have.
    if (block.details.length === 0) return;
    for (let row = 0; row < block.length; row++) {
      if (block.kind[row] !== EventKind.feed) continue;
      const { feed, reconnects } = block.details[block.price[row] ?? 0] as FeedState;
      const last = this.#last.get(feed) ?? 0;
      if (reconnects < last) this.#former += last;
      this.#last.set(feed, reconnects);
    }
  }

  save(): SnapshotHeader['reconnects'] {
    return { last: Object.fromEntries(this.#last), former: this.#former };
  }
}
