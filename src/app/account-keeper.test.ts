import { beforeEach, expect, test } from 'vitest';
import { START_MS, sessionStart, strategyOf } from '../../test/builders/session.ts';
import { EventBlock } from '../core/domain/event-block.ts';
import type { Output } from '../core/domain/outputs.ts';
import type { AccountStart } from '../core/domain/session-start.ts';
import { Engine } from '../core/engine/engine.ts';
import { AccountKeeper } from './account-keeper.ts';

const LOG: Output = { type: 'log', timeMs: 0, level: 'info', event: 'x', msg: 'x', fields: {} };
const EQUITY_LIKE: Output = { type: 'lifecycle', timeMs: 0, state: 'running', reason: null };

interface Written {
  readonly wallet: string;
  readonly durable: boolean;
}

let written: Written[];
let nowMs: number;
let wallet: string;
let keeper: AccountKeeper;
let engine: Engine;

beforeEach(() => {
  written = [];
  nowMs = 0;
  wallet = '10000';
  engine = new Engine(sessionStart({}), strategyOf({}));
  keeper = new AccountKeeper(
    { write: (account, _session, _now, durable) => void written.push({ wallet: account.wallet, durable }) },
    's1',
    { nowMs: () => 1_795_365_540_000, monotonicMs: () => nowMs },
  );
  keeper.attach({
    status: () => engine.status(),
    accountEnd: (): AccountStart => ({ ...engine.accountEnd(), wallet }),
  });
});

test('writes the account of the real engine after the block that opened it', () => {
  keeper.attach(engine);
  expect(keeper.status).toBeNull();
  const block = new EventBlock(4);
  block.reset(0);
  block.appendSessionStarted(START_MS, engine.start);
  engine.process(block);
  keeper.deliver(engine.takeOutputs());
  expect(written).toEqual([{ wallet: engine.start.account.wallet, durable: true }]);
  expect(keeper.status?.events).toBe(1);
});

test('writes every change, and syncs at most one a second', () => {
  const change = (amount: string, atMs: number): void => {
    wallet = amount;
    nowMs = atMs;
    keeper.deliver([EQUITY_LIKE]);
  };
  change('1', 0);
  change('2', 300);
  change('3', 999);
  change('4', 1_000);
  change('5', 1_001);
  expect(written.map(({ wallet: amount, durable }) => `${amount} ${durable}`)).toEqual([
    '1 true',
    '2 false',
    '3 false',
    '4 true',
    '5 false',
  ]);
});

test('writes nothing where nothing changed, or could have', () => {
  keeper.deliver([EQUITY_LIKE]);
  keeper.deliver([EQUITY_LIKE]);
  wallet = '7';
  keeper.deliver([LOG]);
  expect(written).toHaveLength(1);
});

test('syncs a change that nothing followed', () => {
  keeper.deliver([EQUITY_LIKE]);
  wallet = '7';
  keeper.deliver([EQUITY_LIKE]);
  nowMs = 999;
  keeper.sync();
  expect(written).toHaveLength(2);
  nowMs = 1_000;
  keeper.sync();
  keeper.sync();
  expect(written.slice(1)).toEqual([
    { wallet: '7', durable: false },
    { wallet: '7', durable: true },
  ]);
});

test('settles the account as it stood after the last delivered block', () => {
  keeper.settle();
  expect(written).toEqual([]);
  keeper.deliver([EQUITY_LIKE]);
  wallet = 'of a block that failed';
  keeper.settle();
  expect(written.at(-1)).toEqual({ wallet: '10000', durable: true });
});
