/** Frames on their way to one client: each is delivered after its delay, and never before the one that came before it. */

interface Parcel {
  readonly dueMs: number;
  readonly frames: readonly string[];
}

export class DeliveryQueue {
  readonly #send: (frames: readonly string[]) => void;
  #parcels: Parcel[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (frames: readonly string[]) => void) {
    this.#send = send;
  }

  push(frames: readonly string[], delayMs: number): void {
    const dueMs = Math.max(performance.now() + delayMs, this.#parcels.at(-1)?.dueMs ?? 0);
    this.#parcels.push({ dueMs, frames });
    this.#schedule();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#parcels = [];
  }

  #schedule(): void {
    const next = this.#parcels[0];
    if (this.#timer !== null || next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#deliver();
      },
      Math.max(0, Math.ceil(next.dueMs - performance.now())),
    );
  }

  #deliver(): void {
    const nowMs = performance.now();
    const waiting = this.#parcels.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.#parcels.splice(0, waiting === -1 ? this.#parcels.length : waiting);
    this.#schedule();
    for (const { frames } of due) this.#send(frames);
  }
}
