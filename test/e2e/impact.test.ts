/**
 * What size costs: small and large orders through the real program, held against the recorded book and the plan's formula.
 *
 * The book fills are recomputed from the event log alone: the frame in force at arrival, walked level by level, less what
 * own orders took before from a level that is still displayed.
 */

import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type FillRow,
  type OrderRow,
  type ReportDocument,
  reportDocumentShape,
} from './support/contract-shapes.ts';
import { type EventOf, type LoggedEvent, eventsOf, readEvents } from './support/event-lines.ts';
import { exact } from './support/exact-decimal.ts';
import { endPrograms, runProgram } from './support/program.ts';
import { shareSession } from './support/shared-session.ts';
import {
  type LogLine,
  makeWorkspace,
  readSystemLog,
  removeWorkspaces,
  writeScript,
} from './support/workspace.ts';

/** About 10 and 100,000 USDT at the simulated market's 86,000. */
const SMALL = '0.0001';
const LARGE = '1.1627';
const UNIT = 10n ** 8n;
/** One price step of BTCUSDT, in units of 10^-8. */
const TICK = UNIT / 10n;

/** Round trips of the large order: one alone may find all it needs at the best price. */
const ROUNDS = 5;
/** Pairs of resting orders: the market may run away from both of one pair. */
const RESTING_PAIRS = 8;
const TEST_LIMIT_MS = 120_000;

const SCRIPT = [
  // Late enough for a first book, without which nobody knows what waiting costs.
  { at: '4s', action: 'submit', id: 'small-in', side: 'buy', type: 'market', quantity: SMALL },
  ...Array.from({ length: ROUNDS }, (_, round) => [
    {
      at: `${5_000 + round * 2_400}ms`,
      action: 'submit',
      id: `large-in-${round}`,
      side: 'buy',
      type: 'market',
      quantity: LARGE,
    },
    {
      at: `${6_200 + round * 2_400}ms`,
      action: 'submit',
      id: `large-out-${round}`,
      side: 'sell',
      type: 'market',
      quantity: LARGE,
    },
  ]).flat(),
  { at: '17s', action: 'submit', id: 'small-out', side: 'sell', type: 'market', quantity: SMALL },
  // Rest at the best prices and wait for public trades.
  ...Array.from({ length: RESTING_PAIRS }, (_, pair) =>
    (['buy', 'sell'] as const).map((side) => ({
      at: `${18 + pair * 2}s`,
      action: 'submit',
      id: `resting-${side}-${pair}`,
      side,
      type: 'limit',
      quantity: '0.0005',
      price_offset_bps: 0,
    })),
  ).flat(),
];
const TAKERS = SCRIPT.flatMap(({ id, type }) => (type === 'market' ? [id] : []));

interface Held {
  readonly document: ReportDocument;
  readonly events: readonly LoggedEvent[];
  readonly log: readonly LogLine[];
}

async function hold(model: 'book' | 'parametric', seed: number): Promise<Held> {
  const workspace = makeWorkspace();
  const strategy = ['--strategy', 'scripted', '--params', writeScript(workspace, SCRIPT)];
  const { code, stdout, stderr } = await runProgram([
    ...['run', '--source', 'simulated', '--seed', String(seed), '--duration', '36s', '--dashboard', 'off'],
    ...['--balance', '200000', '--fill-model', model, '--workspace', workspace, ...strategy],
  ]);
  expect(code, stdout + stderr).toBe(0);
  const printed = await runProgram(['report', 'latest', '--format', 'json', '--workspace', workspace]);
  return {
    document: reportDocumentShape.parse(JSON.parse(printed.stdout)),
    events: readEvents(join(workspace, 'runs/latest')),
    log: readSystemLog(workspace),
  };
}

const onBook = shareSession(() => hold('book', 5));
const parametric = shareSession(() => hold('parametric', 5));

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
});

function orderOf({ document }: Held, id: string): OrderRow {
  const order = document.orders.find(({ client_order_id: clientId }) => clientId === id);
  if (order === undefined) throw new Error(`no order ${id}`);
  return order;
}

function fillsOf(held: Held, id: string): FillRow[] {
  const { order_id: orderId } = orderOf(held, id);
  return held.document.fills.filter((fill) => fill.order_id === orderId);
}

/**
 * What the parametric price is a price round, in ticks, with half a tick where it has one: the middle of the last frame
 * before the arrival; where the session began before its first frame, the last trade, or the close of its history.
 */
function referenceTicks({ events }: Held, arrivalMs: number): number {
  const before = events.filter(({ received_ms: receivedMs }) => receivedMs < arrivalMs);
  const frame = eventsOf(before, 'book_snapshot').at(-1);
  const last = eventsOf(before, 'trade').at(-1)?.price ?? eventsOf(before, 'bar').at(-1)?.close ?? '';
  const [bid = last, ask = last] = [frame?.bids[0]?.[0], frame?.asks[0]?.[0]];
  return Number((exact(bid) + exact(ask)) / TICK) / 2;
}

interface Taken {
  readonly price: bigint;
  readonly quantity: bigint;
}

interface Expected {
  readonly frame: EventOf<'book_snapshot'>;
  readonly best: bigint;
  readonly parts: readonly Taken[];
}

/** Walks the book for every market order of the session, in the order of their arrival. */
function walkBook(held: Held): Map<string, Expected> {
  const frames = eventsOf(held.events, 'book_snapshot');
  const orders = held.document.orders
    .filter(({ type, arrival_time_ms: arrivalMs }) => type === 'market' && arrivalMs !== null)
    .toSorted((one, other) => (one.arrival_time_ms ?? 0) - (other.arrival_time_ms ?? 0));
  /** Own takings by side and price, while the level is displayed. */
  const spent = new Map<string, bigint>();
  const expected = new Map<string, Expected>();
  let at = 0;
  let frame = frames[0];
  for (const order of orders) {
    for (
      let next = frames[at];
      next !== undefined && next.received_ms < (order.arrival_time_ms ?? 0);
      next = frames[++at]
    ) {
      frame = next;
      forget(spent, next);
    }
    if (frame === undefined) throw new Error('no book');
    const side = order.side === 'buy' ? 'asks' : 'bids';
    const parts: Taken[] = [];
    let left = exact(order.quantity);
    for (const [price, displayed] of frame[side]) {
      const key = `${side} ${exact(price)}`;
      const available = exact(displayed) - (spent.get(key) ?? 0n);
      const quantity = available < left ? available : left;
      if (quantity <= 0n) continue;
      parts.push({ price: exact(price), quantity });
      spent.set(key, (spent.get(key) ?? 0n) + quantity);
      left -= quantity;
    }
    expected.set(order.order_id, { frame, best: exact(frame[side][0]?.[0] ?? ''), parts });
  }
  return expected;
}

/** A level that shrank or went takes the memory of it along; beyond the window nothing is known. */
function forget(spent: Map<string, bigint>, frame: EventOf<'book_snapshot'>): void {
  for (const side of ['bids', 'asks'] as const) {
    const shown = new Map(frame[side].map(([price, quantity]) => [exact(price), exact(quantity)]));
    const worst = exact(frame[side].at(-1)?.[0] ?? '0');
    for (const [key, taken] of spent) {
      const price = BigInt(key.split(' ')[1] ?? '');
      const isShown = key.startsWith(side) && (side === 'bids' ? price >= worst : price <= worst);
      if (!isShown) continue;
      const displayed = shown.get(price) ?? 0n;
      spent.set(key, displayed < taken ? displayed : taken);
    }
  }
}

/** Sum of price x quantity, in units of 10^-16. */
const value = (parts: readonly Taken[]): bigint =>
  parts.reduce((sum, part) => sum + part.price * part.quantity, 0n);
const filled = (fills: readonly FillRow[]): Taken[] =>
  fills.map((fill) => ({ price: exact(fill.price), quantity: exact(fill.quantity) }));

describe('on the order book', { timeout: TEST_LIMIT_MS }, () => {
  test.each(TAKERS)('%s fills exactly as the book at its arrival says', async (id) => {
    const held = await onBook();
    const order = orderOf(held, id);
    const { frame, parts } = walkBook(held).get(order.order_id) ?? {};
    const fills = fillsOf(held, id);
    expect(order.status).toBe('filled');
    expect(filled(fills)).toEqual(parts);
    expect(new Set(fills.map(({ evidence_sequence: sequence }) => sequence))).toEqual(new Set([frame?.seq]));
  });

  test('100,000 USDT get a worse average price than 10, by exactly the levels beyond the best', async () => {
    const held = await onBook();
    const expected = walkBook(held);
    let sumLarge = 0n;
    for (const id of TAKERS) {
      const order = orderOf(held, id);
      const { best, parts } = expected.get(order.order_id) ?? { best: 0n, parts: [] };
      // (Average - best price) x quantity, against the account: what the book charges for size.
      const beyond = value(parts) - best * exact(order.quantity);
      const charged = order.side === 'buy' ? beyond : -beyond;
      const impact = fillsOf(held, id).reduce((sum, fill) => sum + exact(fill.impact_cost ?? ''), 0n);
      expect(impact * UNIT, id).toBe(charged);
      if (id.startsWith('large')) sumLarge += impact;
      // Later ones meet what the large ones left of the best level.
      else if (id === 'small-in') expect(impact, id).toBe(0n);
    }
    expect(sumLarge).toBeGreaterThan(0n);
  });

  test('has no slippage beyond the book, and logs impact and slippage apart, in bps and USDT', async () => {
    const held = await onBook();
    for (const fill of held.document.fills) expect(fill.slippage_cost).toBe('0');
    expectCostLines(held);
  });
});

describe('without a book', { timeout: TEST_LIMIT_MS }, () => {
  test.each(TAKERS)(
    '%s pays notional / 1,000,000 x 0.05, half a spread and its drawn slippage',
    async (id) => {
      const held = await parametric();
      const order = orderOf(held, id);
      const [fill, ...others] = fillsOf(held, id);
      if (fill === undefined) throw new Error('it did not fill');
      expect([order.status, others.length, fill.model]).toEqual(['filled', 0, 'parametric']);
      expect(exact(fill.quantity)).toBe(exact(order.quantity));

      const middle = referenceTicks(held, fill.arrival_time_ms);
      const notional = (Math.round(middle) / 10) * Number(fill.quantity);
      const impactTicks = Math.ceil(middle * (notional / 1_000_000) * 0.05);
      const spreadTicks = Math.ceil((middle * 0.5) / 10_000);
      const slippage = exact(fill.slippage_cost ?? '');
      const slippageTicks = Number((slippage * UNIT) / exact(fill.quantity) / TICK);
      const whole = order.side === 'buy' ? Math.ceil(middle) : Math.floor(middle);
      const sign = order.side === 'buy' ? 1 : -1;
      expect(Number(exact(fill.price) / TICK)).toBe(
        whole + sign * (spreadTicks + impactTicks + slippageTicks),
      );
      expect(exact(fill.impact_cost ?? '') * UNIT).toBe(BigInt(impactTicks) * TICK * exact(fill.quantity));
      expect(slippageTicks).toBeGreaterThanOrEqual(0);
      expect(slippageTicks).toBeLessThanOrEqual(Math.ceil(middle / 10_000));
    },
  );

  test('charges the large order 50 bps of impact for each 100,000 USDT, the small one nearly none', async () => {
    const held = await parametric();
    for (const id of TAKERS) {
      const [fill] = fillsOf(held, id);
      if (fill === undefined) throw new Error(`${id} did not fill`);
      const middle = referenceTicks(held, fill.arrival_time_ms) / 10;
      const notional = middle * Number(fill.quantity);
      const bps = (10_000 * Number(fill.impact_cost)) / notional;
      if (id.startsWith('large')) {
        expect(notional / 100_000).toBeCloseTo(1, 1);
        expect(bps, id).toBeCloseTo((50 * notional) / 100_000, 1);
      } else expect(bps, id).toBeLessThan(0.02);
    }
    expectCostLines(held);
  });
});

test.each([
  ['on the book', onBook],
  ['without it', parametric],
])(
  'a limit order that rested pays neither impact nor slippage %s',
  { timeout: TEST_LIMIT_MS },
  async (_, session) => {
    const held = await session();
    const makers = held.document.fills.filter(({ liquidity }) => liquidity === 'maker');
    const resting = new Set(
      held.document.orders.flatMap((order) =>
        order.client_order_id?.startsWith('resting') ? [order.order_id] : [],
      ),
    );
    // Sixteen orders at the best prices of a market that prints twenty times a second.
    expect(makers.length).toBeGreaterThanOrEqual(1);
    for (const fill of makers) {
      expect(resting.has(fill.order_id)).toBe(true);
      expect(fill.price).toBe(held.document.orders.find((order) => order.order_id === fill.order_id)?.price);
      expect([fill.impact_cost, fill.slippage_cost]).toEqual(['0', '0']);
    }
  },
);

/** One line each per taker fill, none for makers; bps of the fill's notional. */
function expectCostLines({ document, log }: Held): void {
  const takers = document.fills.filter(({ liquidity }) => liquidity === 'taker');
  expect(takers.length).toBeGreaterThanOrEqual(4);
  for (const [msg, field] of [
    ['Impact Penalty', 'impact_cost'],
    ['Slippage', 'slippage_cost'],
  ] as const) {
    const lines = log.filter((line) => line.msg === msg);
    expect(lines.map((line) => [line['fill_id'], line['usdt']])).toEqual(
      takers.map((fill) => [fill.fill_id, fill[field]]),
    );
    for (const [row, fill] of takers.entries()) {
      const bps = (10_000 * Number(fill[field])) / (Number(fill.price) * Number(fill.quantity));
      expect(lines[row]?.['bps']).toBeCloseTo(bps, 1);
    }
  }
}
