/**
 * Collects the engine's outputs and hashes each as it is said, so that two runs can be compared however their input was
 * cut into blocks.
 */

import { assert } from '../base/assert.ts';
import { StateHash } from '../base/state-hash.ts';
import type { Output } from './outputs.ts';

export class OutputBuffer {
  readonly hash = new StateHash();
  readonly #onPush: (output: Output) => void;
  readonly #kept: ReadonlySet<Output['type']> | null;
  #outputs: Output[] = [];

  /** `onPush` hears every output as it is said. `kept`: the types that are collected and hashed; null for all. */
  constructor(onPush: (output: Output) => void, kept: ReadonlySet<Output['type']> | null = null) {
    this.#onPush = onPush;
    this.#kept = kept;
  }

  push(output: Output): void {
    if (this.#kept === null || this.#kept.has(output.type)) {
      hashOutput(this.hash, output);
      this.#outputs.push(output);
    }
    this.#onPush(output);
  }

  /** Hands over what was said since the last call. */
  take(): Output[] {
    const taken = this.#outputs;
    if (taken.length > 0) this.#outputs = [];
    return taken;
  }

  /** Call it when everything said was taken. */
  save() {
    assert(this.#outputs.length === 0, 'outputs are taken before the state is saved');
    return { hash: this.hash.save() };
  }

  restore({ hash }: ReturnType<OutputBuffer['save']>): void {
    this.hash.restore(hash);
  }
}

function hashOutput(hash: StateHash, output: Output): void {
  hash.addText(output.type);
  hash.addNumber(output.timeMs);
  switch (output.type) {
    case 'order': {
      const { order } = output;
      hash.addText(order.id);
      hash.addText(order.status);
      hash.addNumber(order.quantity);
      hash.addNumber(order.filled);
      hash.addNumber(order.price ?? -1);
      break;
    }
    case 'fill': {
      const { fill } = output;
      hash.addText(fill.id);
      hash.addText(fill.orderId);
      hash.addNumber(fill.price);
      hash.addNumber(fill.quantity);
      hash.addBigint(fill.fee);
      hash.addNumber(fill.evidenceSequence);
      hash.addText(fill.receipt.book?.hash ?? '');
      hash.addBigint(fill.receipt.totalCost ?? 0n);
      break;
    }
    case 'ledger':
      hash.addNumber(output.entry.id);
      hash.addText(output.entry.kind);
      hash.addBigint(output.entry.amount);
      break;
    case 'trade':
      hash.addNumber(output.trade.id);
      hash.addBigint(output.trade.netPnl);
      break;
    case 'verdict':
      hash.addText(output.verdict.agent);
      hash.addText(output.verdict.verdict);
      hash.addNumber(output.verdict.barOpenTimeMs);
      break;
    case 'equity':
      hash.addBigint(output.point.equity);
      hash.addNumber(output.point.position);
      break;
    case 'band':
      hash.addBigint(output.point.optimistic ?? 0n);
      hash.addBigint(output.point.pessimistic ?? 0n);
      break;
    case 'denial':
      hash.addText(output.reason.code);
      break;
    case 'lifecycle':
      hash.addText(output.state);
      break;
    case 'log':
      hash.addText(output.event);
      break;
    case 'quality':
      hash.addText(output.record.kind);
      hash.addNumber(output.record.fromMs);
      break;
    case 'ended':
      hash.addText(output.reason);
      break;
  }
}
