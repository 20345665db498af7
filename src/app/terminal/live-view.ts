/**
 * The session on the terminal while it runs: redrawn once a second, never waited for, never a reason to fail.
 *
 * What goes wrong in drawing is the view's own affair: it says nothing more, and the session goes on.
 */

import type { HeartbeatFields } from '../../ports/heartbeat-fields.ts';
import type { StatusEvent } from '../status-glance.ts';
import { describePanel, findTroubles } from './session-panel.ts';
import { lineLength, paintLine } from './terminal-line.ts';
import { TerminalScreen, type TerminalScreenOptions } from './terminal-screen.ts';

/** Samples of equity that the curve keeps; when they are full every second one goes, and sampling is half as often. */
const CURVE_SAMPLES_MAX = 60;

export interface LiveViewOptions extends TerminalScreenOptions {
  readonly color: boolean;
  /** Null while it is not known. */
  readonly startingEquity: () => string | null;
  /** The newest last. */
  readonly events: () => readonly StatusEvent[];
}

export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #screen: TerminalScreen;
  #curve: number[] = [];
  #curveStride = 1;
  #beats = 0;
  #isBroken = false;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#screen = new TerminalScreen(options);
  }

  /** Shows the session as it stands; call it once a second. `price` is display text, null where unknown. */
  update(heartbeat: HeartbeatFields, price: string | null): void {
    this.#guarded(() => {
      this.#sample(heartbeat.equity);
      const { color, startingEquity, events } = this.#options;
      const lines = describePanel({
        heartbeat,
        prices: [[heartbeat.symbol ?? '', price]],
        startingEquity: startingEquity(),
        equityCurve: this.#curve,
        events: events(),
        troubles: findTroubles(heartbeat),
      });
      const { width } = this.#screen;
      this.#screen.show(
        lines.map((line) => paintLine(line, width, color)),
        lines.map((line) => Math.min(width, lineLength(line))),
      );
    });
  }

  /** Prints a line of its own above the panel. */
  note(text: string): void {
    this.#guarded(() => {
      this.#screen.print(text);
      // Before the first panel there is nothing to wait for.
      if (this.#beats === 0) this.#screen.show([], []);
    });
  }

  /** Leaves the last panel standing and the cursor below it. */
  end(): void {
    this.#isBroken = true;
  }

  #sample(equity: string | null): void {
    this.#beats++;
    if (equity === null || this.#beats % this.#curveStride !== 0) return;
    this.#curve.push(Number(equity));
    if (this.#curve.length < CURVE_SAMPLES_MAX) return;
    this.#curve = this.#curve.filter((_, place) => place % 2 === 1);
    this.#curveStride *= 2;
  }

  #guarded(draw: () => void): void {
    if (this.#isBroken) return;
    try {
      draw();
    } catch {
      this.#isBroken = true;
    }
  }
}
