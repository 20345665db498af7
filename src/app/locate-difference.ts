/** Finds the event at which a replay first said something else than the recorded session did. */

import path from 'node:path';
import type { Output } from '../core/domain/outputs.ts';
import { type ComparedTable, type RowDifference, compareJournals } from '../storage/journal-comparison.ts';
import { Journal } from '../storage/journal.ts';
import type { SessionFolder } from '../storage/session-folder.ts';
import { SessionReplay } from './replay-session.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** Whose replay is looked through. */
export interface LocatedSession {
  readonly folder: SessionFolder;
  readonly createStrategy: StrategyMaker;
}

export interface LocatedEvent {
  readonly sequence: number;
  readonly timeMs: number;
  /** What the engine said at it. */
  readonly outputs: readonly Output[];
  /** The journal's row that differs there; null where the journal does not show it. */
  readonly row: RowDifference | null;
}

/** Events with outputs that are held against the journal one by one; between two checkpoints there are a few. */
const COMPARED_MAXIMUM = 100;

/**
 * Runs the log again up to event `to` and looks at each event after `from` for itself. `journalCopy`: the recorded journal,
 * null where it cannot be read. Returns null where the engine said nothing in between: then something is missing.
 */
export async function locateBetween(
  { folder, createStrategy }: LocatedSession,
  from: number,
  to: number,
  journalCopy: string | null,
  scratch: string,
): Promise<LocatedEvent | null> {
  const replay = await SessionReplay.open(folder, {
    createStrategy,
    endsBlock: (sequence) => sequence >= from && sequence <= to,
  });
  const file = path.join(scratch, 'located.db');
  const journal = Journal.open(file, replay.start);
  let first: LocatedEvent | null = null;
  let compared = 0;
  try {
    for (const { block, outputs } of replay.steps()) {
      journal.deliver(outputs);
      const sequence = block.firstSequence + block.events - 1;
      if (sequence > from && outputs.length > 0) {
        const timeMs = block.receivedTimeMs[block.length - 1] ?? 0;
        first ??= { sequence, timeMs, outputs, row: null };
        if (journalCopy !== null && compared++ < COMPARED_MAXIMUM) {
          const row = compareJournals(journalCopy, file, true).difference;
          if (row !== null) return { sequence, timeMs, outputs, row };
        }
      }
      if (sequence >= to) return first;
    }
    return first;
  } finally {
    journal.close();
  }
}

/** Which output makes the rows of a table; of the instruments none does. */
const OUTPUT_OF_TABLE: Readonly<Record<ComparedTable, Output['type'] | null>> = {
  instruments: null,
  orders: 'order',
  fills: 'fill',
  receipts: 'fill',
  ledger: 'ledger',
  trades: 'trade',
  positions: 'fill',
  equity: 'equity',
  band: 'band',
  denials: 'denial',
  quality: 'quality',
  lifecycle: 'lifecycle',
  verdicts: 'verdict',
};

/** Finds the event that made a row of the journal: of an order, the last that changed it. Null where none did. */
export async function locateRow(
  { folder, createStrategy }: LocatedSession,
  row: RowDifference,
): Promise<LocatedEvent | null> {
  const type = OUTPUT_OF_TABLE[row.table];
  const replay = await SessionReplay.open(folder, { createStrategy, endsBlock: () => true });
  let located: LocatedEvent | null = null;
  let count = 0;
  for (const { block, outputs } of replay.steps()) {
    for (const output of outputs) {
      if (output.type !== type) continue;
      const isMeant =
        output.type === 'order'
          ? output.order.id === row.key
          : row.table === 'positions' || count === row.index;
      count++;
      if (!isMeant) continue;
      located = {
        sequence: block.firstSequence,
        timeMs: block.receivedTimeMs[0] ?? 0,
        outputs: [output],
        row,
      };
    }
    const isFixed = row.table !== 'orders' && row.table !== 'positions';
    if (isFixed && located !== null) return located;
  }
  return located;
}
