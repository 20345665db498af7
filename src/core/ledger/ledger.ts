/**
 * The account's double entry: every movement of the wallet has a counter-account, and all accounts sum to zero.
 *
 * Invariants, asserted by {@link Ledger.assertBalanced}: wallet + counter-accounts = 0, and the wallet equals the sum of
 * its movements by kind. Amounts are exact; nothing is rounded here.
 */

import { assert, InvariantViolation } from '../base/assert.ts';
import type { LedgerEntry, LedgerKind } from '../domain/outputs.ts';
import { type MarkPrice, type Money, type Rate, ZERO_MONEY, money } from '../domain/units.ts';

/** What a movement refers to besides its amount. */
export interface LedgerReference {
  readonly instrument: number | null;
  readonly fillId: string | null;
  readonly settlementTimeMs: number | null;
  readonly rate: Rate | null;
  readonly markPrice: MarkPrice | null;
}

export const NO_REFERENCE: LedgerReference = {
  instrument: null,
  fillId: null,
  settlementTimeMs: null,
  rate: null,
  markPrice: null,
};

/** The other side of each kind of movement. */
type CounterAccount =
  | 'external'
  | 'market'
  | 'venue_fees'
  | 'funding_pool'
  | 'liquidation_fees'
  | 'insurance_fund';

const COUNTER: Readonly<Record<LedgerKind, CounterAccount>> = {
  deposit: 'external',
  realized_pnl: 'market',
  fee: 'venue_fees',
  funding: 'funding_pool',
  liquidation_fee: 'liquidation_fees',
  insurance: 'insurance_fund',
};

export class Ledger {
  #wallet: Money = ZERO_MONEY;
  readonly #counter = new Map<CounterAccount, bigint>();
  readonly #byKind = new Map<LedgerKind, bigint>();
  #entries = 0;
  /** Wallet carried over from an earlier session: not a movement of this one. */
  #opening: Money = ZERO_MONEY;

  get wallet(): Money {
    return this.#wallet;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Opens with the wallet of an earlier session instead of a deposit. */
  carry(wallet: Money): void {
    assert(this.#entries === 0 && this.#wallet === 0n, 'a wallet is carried over before anything is booked');
    this.#opening = wallet;
    this.#wallet = wallet;
    this.#counter.set('external', -wallet);
  }

  /** Books one movement of the wallet; `amount` signed, negative = paid out. */
  post(timeMs: number, kind: LedgerKind, amount: Money, reference: LedgerReference): LedgerEntry {
    this.#wallet = money(this.#wallet + amount);
    const counter = COUNTER[kind];
    this.#counter.set(counter, (this.#counter.get(counter) ?? 0n) - amount);
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0n) + amount);
    this.#entries++;
    return { id: this.#entries, timeMs, kind, amount, ...reference };
  }

  /** Sum of this session's movements of a kind, signed. */
  total(kind: LedgerKind): Money {
    return money(this.#byKind.get(kind) ?? 0n);
  }

  assertBalanced(): void {
    let sum: bigint = this.#wallet;
    for (const balance of this.#counter.values()) sum += balance;
    // Not `assert`: making the texts for every fill would cost more than the checks.
    if (sum !== 0n) throw new InvariantViolation(`ledger accounts sum to ${sum}, expected 0`);
    let movements: bigint = this.#opening;
    for (const amount of this.#byKind.values()) movements += amount;
    if (movements !== this.#wallet)
      throw new InvariantViolation(`wallet ${this.#wallet} differs from its movements ${movements}`);
  }

  save() {
    return {
      wallet: this.#wallet,
      counter: [...this.#counter],
      byKind: [...this.#byKind],
      entries: this.#entries,
      opening: this.#opening,
    };
  }

  restore(state: ReturnType<Ledger['save']>): void {
    this.#wallet = state.wallet;
    this.#counter.clear();
    for (const [account, balance] of state.counter) this.#counter.set(account, balance);
    this.#byKind.clear();
    for (const [kind, amount] of state.byKind) this.#byKind.set(kind, amount);
    this.#entries = state.entries;
    this.#opening = state.opening;
  }
}
