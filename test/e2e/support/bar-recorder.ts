/** A user's strategy file that tells which bars it was shown: one order a bar, whose id names the bar and what it saw. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OrderRow } from './contract-shapes.ts';
import { type Program, waitFor } from './program.ts';

const SHOWN_LIMIT_MS = 60_000;

const SOURCE = `import { defineStrategy, limitOrder, lots, ticks } from 'laptop-agents';
import { z } from 'zod';

/** Rests half a percent below the market, where nothing reaches it. */
export default defineStrategy({
  name: 'bar_recorder',
  params: z.strictObject({ history: z.int() }),
  historyBars: ({ history }) => history,
  create: () => ({
    onBar(instrument, view) {
      const bars = view.bars(instrument);
      const bid = view.bestBid(instrument);
      const price = ticks(Math.floor((bid ?? bars.close(0)) * 0.995));
      const clientOrderId = \`bar \${bars.openTimeMs(0)} \${bars.length} \${bars.volume(0)}\`;
      return [limitOrder(instrument, 'buy', lots(1), price, { clientOrderId })];
    },
  }),
});
`;

/** Writes the strategy into the workspace; returns the options that choose it. `history`: bars it asks for. */
export function writeBarRecorder(workspace: string, history: number): string[] {
  const file = join(workspace, 'bar-recorder.ts');
  writeFileSync(file, SOURCE);
  return ['--strategy', file, '--params', JSON.stringify({ history })];
}

/** Waits until the strategy of a running session was shown the bar that opened then. */
export async function waitUntilShown(program: Program, workspace: string, openMs: number): Promise<void> {
  await waitFor(program, `bar of ${openMs} shown`, SHOWN_LIMIT_MS, () => {
    const journal = new DatabaseSync(join(workspace, 'runs/latest/journal.db'), { readOnly: true });
    const find = journal.prepare('SELECT 1 FROM orders WHERE client_order_id LIKE ?');
    const found = find.get(`bar ${openMs} %`);
    journal.close();
    return found === undefined ? null : true;
  });
}

export interface ShownBar {
  readonly openMs: number;
  /** Closed bars that the strategy could look at. */
  readonly bars: number;
  readonly volumeLots: number;
}

/** The bars that the strategy was shown, in its own order. */
export function shownBars(orders: readonly OrderRow[]): ShownBar[] {
  return orders.flatMap(({ client_order_id: id }) => {
    const [, openMs, bars, volume] = /^bar (\d+) (\d+) (\d+)$/.exec(id ?? '') ?? [];
    return openMs === undefined
      ? []
      : [{ openMs: Number(openMs), bars: Number(bars), volumeLots: Number(volume) }];
  });
}
