/**
 * THE loop: the same for a paper session, a replay and a backtest. They differ in source, log and sinks only.
 */

import type { EventBlock } from '../core/domain/event-block.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { OutputSink } from '../ports/output-sink.ts';

export interface LoopParts {
  readonly source: AsyncIterable<EventBlock> | Iterable<EventBlock>;
  /** null where the source is a log already. */
  readonly log: EventLog | null;
  readonly engine: Pick<Engine, 'process' | 'takeOutputs' | 'lifecycle'>;
  readonly sinks: readonly OutputSink[];
  /** After each block: where a live session lets time pass. */
  readonly afterBlock?: (block: EventBlock) => void;
}

/**
 * Runs until the session has ended or the source has. Whatever a part throws ends the session.
 *
 * A source that is logged is left with the block in which the session ends: what arrived in that block was logged, and
 * counts. A source that is a log already is read to its own end, so that the same events count however they are cut.
 */
export async function runLoop(parts: LoopParts): Promise<void> {
  for await (const block of parts.source) {
    takeBlock(parts, block);
    if (parts.engine.lifecycle === 'ended' && parts.log !== null) return;
    parts.afterBlock?.(block);
  }
}

/** Takes what is left in a source that was closed, also after the session's end: what is still to be said of it. */
export async function drainLoop(parts: LoopParts): Promise<void> {
  for await (const block of parts.source) takeBlock(parts, block);
}

function takeBlock({ log, engine, sinks }: LoopParts, block: EventBlock): void {
  // Durable before it acts: one sync a block.
  log?.append(block);
  engine.process(block);
  const outputs = engine.takeOutputs();
  if (outputs.length > 0) for (const sink of sinks) sink.deliver(outputs);
}
