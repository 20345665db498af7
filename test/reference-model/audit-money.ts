/** Adds the money up from the fills and the scenario alone: fees, funding, wallet, equity, positions. */

import type { LedgerEntry } from '../../src/core/domain/outputs.ts';
import type { FillRecord } from '../../src/core/domain/order.ts';
import { START_MS } from '../builders/session.ts';
import { exact } from '../e2e/support/exact-decimal.ts';
import { type Outcome, MARK_OF_TICK, OPENING } from './outcome.ts';
import { INSTRUMENTS, type Scenario } from './scenario.ts';

const RATE_UNIT = 10n ** 12n;

export function auditMoney(
  fills: readonly FillRecord[],
  entries: readonly LedgerEntry[],
  outcome: Pick<Outcome, 'wallet' | 'equity' | 'holdings'>,
  scenario: Scenario,
): string[] {
  return [
    ...auditFees(fills, entries, scenario),
    ...auditFunding(fills, entries, scenario),
    ...auditTotals(fills, entries, outcome, scenario),
  ];
}

/** One rounding, up, and one ledger entry a fill. */
function auditFees(
  fills: readonly FillRecord[],
  entries: readonly LedgerEntry[],
  { terms }: Scenario,
): string[] {
  const booked = new Map<string | null, bigint>();
  const findings: string[] = [];
  for (const { kind, fillId, amount } of entries) {
    if (kind !== 'fee') continue;
    if (booked.has(fillId)) findings.push(`${fillId}: two fees`);
    booked.set(fillId, amount);
  }
  for (const fill of fills) {
    const rate = exact(fill.liquidity === 'maker' ? terms.makerFee : terms.takerFee, 12);
    const product = valueOf(fill) * rate;
    const short = product % RATE_UNIT;
    const fee = product / RATE_UNIT + (short > 0n ? 1n : 0n);
    if (fill.fee !== fee) findings.push(`${fill.id}: fee ${fill.fee}, should be ${fee}`);
    if (-(booked.get(fill.id) ?? 0n) !== fee) findings.push(`${fill.id}: its fee was not booked`);
    booked.delete(fill.id);
  }
  return [...findings, ...[...booked.keys()].map((id) => `a fee of ${id}, which was never filled`)];
}

/** At most one payment a settlement, on what was held at its instant. */
function auditFunding(
  fills: readonly FillRecord[],
  entries: readonly LedgerEntry[],
  { events }: Scenario,
): string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  for (const { kind, instrument, settlementTimeMs, amount } of entries) {
    if (kind !== 'funding' || instrument === null || settlementTimeMs === null) continue;
    const key = `${instrument} ${settlementTimeMs}`;
    if (seen.has(key)) findings.push(`two payments for settlement ${key}`);
    seen.add(key);
    const own = fills.filter((fill) => fill.instrument === instrument);
    // At the very instant either order of the two is right; the reference model knows which.
    if (own.some(({ timeMs }) => timeMs === settlementTimeMs)) continue;
    const held = own
      .filter(({ timeMs }) => timeMs < settlementTimeMs)
      .reduce((sum, { side, quantity }) => sum + (side === 'buy' ? quantity : -quantity), 0);
    const published = events.find(
      (event) =>
        event.do === 'funding' &&
        event.instrument === instrument &&
        event.settlementMs === settlementTimeMs - START_MS,
    );
    if (published?.do !== 'funding') {
      findings.push(`a payment for settlement ${key}, which was never published`);
      continue;
    }
    const paid = down(
      -markValue(BigInt(published.mark), held, instrument) * BigInt(published.rate),
      RATE_UNIT,
    );
    if (paid !== amount) findings.push(`settlement ${key}: paid ${amount}, should be ${paid}`);
  }
  return findings;
}

/** Wallet from its entries; equity from what was spent and what is held, without ever asking for a cost basis. */
function auditTotals(
  fills: readonly FillRecord[],
  entries: readonly LedgerEntry[],
  { wallet, equity, holdings }: Pick<Outcome, 'wallet' | 'equity' | 'holdings'>,
  scenario: Scenario,
): string[] {
  const findings: string[] = [];
  const sum = entries.reduce((total, { amount }) => total + amount, 0n);
  if (sum !== wallet) findings.push(`the wallet is ${wallet}, its entries add up to ${sum}`);
  const deposits = entries.filter(({ kind }) => kind === 'deposit');
  if (deposits.length !== 1 || deposits[0]?.amount !== exact(scenario.terms.wallet))
    findings.push('the deposit is not the account’s opening');
  let worth = exact(scenario.terms.wallet);
  const beside = new Set(['funding', 'liquidation_fee', 'insurance']);
  for (const { kind, amount } of entries) if (beside.has(kind)) worth += amount;
  const held = INSTRUMENTS.map(() => 0);
  for (const fill of fills) {
    const sign = fill.side === 'buy' ? 1 : -1;
    worth -= BigInt(sign) * valueOf(fill) + fill.fee;
    held[fill.instrument] = (held[fill.instrument] ?? 0) + sign * fill.quantity;
  }
  for (const [instrument, text] of holdings.entries()) {
    const quantity = held[instrument] ?? 0;
    const [shown = '', cost = ''] = text.split(' ');
    if (Number(shown) !== quantity)
      findings.push(`holds ${shown} of ${instrument}, its fills add up to ${quantity}`);
    if (quantity === 0 && cost !== '0') findings.push(`flat in ${instrument} at a cost of ${cost}`);
    worth += markValue(lastMark(scenario, instrument), quantity, instrument);
  }
  if (worth !== equity) findings.push(`equity is ${equity}, should be ${worth}`);
  return findings;
}

function lastMark({ events }: Scenario, instrument: number): bigint {
  const opening = OPENING[instrument]?.find((event) => event.do === 'mark');
  const last = events.findLast((event) => event.do === 'mark' && event.instrument === instrument) ?? opening;
  return last?.do === 'mark' ? BigInt(last.mark) : 0n;
}

function valueOf({ instrument, price, quantity }: FillRecord): bigint {
  const spec = INSTRUMENTS[instrument];
  const unit = BigInt(MARK_OF_TICK[instrument] ?? 0) / 10n ** BigInt(spec?.quantity_decimals ?? 0);
  return BigInt(price) * BigInt(quantity) * unit;
}

function markValue(mark: bigint, quantity: number, instrument: number): bigint {
  return down(mark * BigInt(quantity), 10n ** BigInt(INSTRUMENTS[instrument]?.quantity_decimals ?? 0));
}

function down(dividend: bigint, divisor: bigint): bigint {
  const rest = ((dividend % divisor) + divisor) % divisor;
  return (dividend - rest) / divisor;
}
