/** Why the account's amounts are what they are: sums of the ledger, checked to the last digit. */

import type { Account, LedgerEntry, Trade } from '../../protocol/rows.ts';
import {
  addAmounts,
  amountText,
  negateAmount,
  percentOf,
  percentText,
  signedText,
  subtractAmounts,
} from '../display/amount-text.ts';
import { dateTimeText } from '../display/time-text.ts';
import { ledgerWord, plainWord } from '../display/words.ts';
import type { Replica } from '../replica/replica.ts';
import type { Explanation, ExplanationPart, WhyTopic } from './explanation.ts';

const UNIT = 'USDT';

function usdt(amount: string | null): string {
  return `${amountText(amount)} ${UNIT}`;
}

function signedUsdt(amount: string): string {
  return `${signedText(amount)} ${UNIT}`;
}

export function explainAccount(
  field: Extract<WhyTopic, { kind: 'account' }>['field'],
  account: Account,
): Explanation {
  switch (field) {
    case 'equity':
      return {
        title: 'Equity',
        value: usdt(account.equity),
        sentences: [
          'What the account would be worth if its positions were closed at the mark price, before the fee of closing.',
        ],
        parts: [
          {
            label: 'Wallet balance',
            value: usdt(account.wallet_balance),
            topic: { kind: 'account', field: 'wallet' },
          },
          {
            label: 'Unrealized profit and loss',
            value: signedUsdt(account.unrealized_pnl),
            topic: { kind: 'account', field: 'unrealized' },
          },
        ],
        addsUp: addAmounts([account.wallet_balance, account.unrealized_pnl]) === account.equity,
      };
    case 'wallet':
      return explainWallet(account);
    case 'unrealized':
      return {
        title: 'Unrealized profit and loss',
        value: signedUsdt(account.unrealized_pnl),
        sentences: [
          'Position quantity times the distance from what it cost to the mark price, over all open positions. Nothing of it is in the wallet yet.',
        ],
        parts: [],
        addsUp: null,
      };
    case 'profit': {
      const profit = subtractAmounts(account.equity, account.starting_equity);
      return {
        title: 'Profit of this session',
        value: `${signedUsdt(profit)} (${percentText(percentOf(profit, account.starting_equity))})`,
        sentences: [
          'Equity now, less the equity that this session opened with. Fees and funding are already in it.',
        ],
        parts: [
          { label: 'Equity now', value: usdt(account.equity), topic: { kind: 'account', field: 'equity' } },
          { label: 'Opening equity', value: usdt(negateAmount(account.starting_equity)) },
        ],
        addsUp: addAmounts([account.starting_equity, profit]) === account.equity,
      };
    }
    case 'available':
      return {
        title: 'Available balance',
        value: usdt(account.available_balance),
        sentences: [
          'Wallet, less the margin of open positions, less what working orders set aside (margin at leverage, and the taker fee).',
        ],
        parts: [
          {
            label: 'Wallet balance',
            value: usdt(account.wallet_balance),
            topic: { kind: 'account', field: 'wallet' },
          },
          { label: 'Margin of positions', value: usdt(account.initial_margin) },
        ],
        addsUp: null,
      };
    case 'initial_margin':
      return {
        title: 'Margin of positions',
        value: usdt(account.initial_margin),
        sentences: ['What open positions hold back: their notional at entry divided by leverage.'],
        parts: [],
        addsUp: null,
      };
  }
}

function explainWallet(account: Account): Explanation {
  const parts: ExplanationPart[] = [
    { label: 'Wallet when the session began', value: usdt(account.opening_wallet) },
    ...account.ledger_totals.map(({ kind, amount, entries }) => ({
      label: `${ledgerWord(kind)} (${entries} ${entries === 1 ? 'entry' : 'entries'})`,
      value: signedUsdt(amount),
      topic: { kind: 'ledger_total', ledgerKind: kind } as const,
    })),
  ];
  const sum = addAmounts([account.opening_wallet, ...account.ledger_totals.map(({ amount }) => amount)]);
  return {
    title: 'Wallet balance',
    value: usdt(account.wallet_balance),
    sentences: ['The sum of every entry in the ledger. Nothing else ever changes it.'],
    parts,
    addsUp: sum === account.wallet_balance,
  };
}

/** A sum of one kind of ledger entries, with the newest of them. */
export function explainLedgerTotal(ledgerKind: string, replica: Replica): Explanation | null {
  const total = replica.account?.ledger_totals.find(({ kind }) => kind === ledgerKind);
  if (total === undefined) return null;
  const shown = replica.ledger.filter(({ kind }) => kind === ledgerKind).slice(-8);
  return {
    title: ledgerWord(total.kind),
    value: signedUsdt(total.amount),
    sentences: [
      `${total.entries} ledger ${total.entries === 1 ? 'entry' : 'entries'} of this kind; the newest are below, all of them in the ledger.`,
    ],
    parts: shown.toReversed().map((entry) => ({
      label: dateTimeText(entry.time_ms, true),
      value: signedUsdt(entry.amount),
      topic: { kind: 'ledger_entry', entryId: entry.entry_id } as const,
    })),
    addsUp: null,
  };
}

export function explainLedgerEntry(entry: LedgerEntry): Explanation {
  const parts: ExplanationPart[] = [{ label: 'Booked', value: `${dateTimeText(entry.time_ms, true)} UTC` }];
  if (entry.fill_id !== null) parts.push({ label: 'Of fill', value: entry.fill_id, fillId: entry.fill_id });
  if (entry.settlement_time_ms !== null)
    parts.push({ label: 'Settlement', value: `${dateTimeText(entry.settlement_time_ms)} UTC` });
  if (entry.rate !== null) parts.push({ label: 'Rate', value: amountText(entry.rate) });
  if (entry.mark_price !== null) parts.push({ label: 'Mark price', value: amountText(entry.mark_price) });
  return {
    title: `Ledger entry ${entry.entry_id}: ${ledgerWord(entry.kind)}`,
    value: signedUsdt(entry.amount),
    sentences: [ledgerSentence(entry)],
    parts,
    addsUp: null,
  };
}

function ledgerSentence({ kind }: LedgerEntry): string {
  switch (kind) {
    case 'deposit':
      return 'The opening balance of a new account.';
    case 'realized_pnl':
      return 'A fill reduced the position: what was gained or lost between entry and this price.';
    case 'fee':
      return 'Notional of the fill times the fee rate of its side, rounded against the account.';
    case 'funding':
      return 'Minus position quantity times mark price times rate: a positive rate is paid by longs and received by shorts.';
    case 'liquidation_fee':
      return 'The venue charges this for closing a position by force.';
    case 'insurance':
      return 'What the account could not bear; the insurance fund took it over.';
  }
}

export function explainTrade(trade: Trade, replica: Replica): Explanation {
  const net = addAmounts([trade.gross_pnl, negateAmount(trade.fees), trade.funding]);
  const fills = replica.fills.filter(
    ({ symbol, time_ms: timeMs }) =>
      symbol === trade.symbol && timeMs >= trade.entry_time_ms && timeMs <= trade.exit_time_ms,
  );
  return {
    title: `Trade ${trade.trade_id}: ${trade.side} ${amountText(trade.quantity)} ${trade.symbol}`,
    value: signedUsdt(trade.net_pnl),
    sentences: [
      `Entered at ${amountText(trade.entry_price)}, left at ${amountText(trade.exit_price)} after ${trade.bars_held} bars: ${plainWord(trade.exit_reason)}.`,
    ],
    parts: [
      { label: 'Gross', value: signedUsdt(trade.gross_pnl) },
      { label: 'Fees', value: signedUsdt(negateAmount(trade.fees)) },
      { label: 'Funding', value: signedUsdt(trade.funding) },
      ...fills.slice(-8).map((fill) => ({
        label: `Fill ${fill.side} ${amountText(fill.quantity)}`,
        value: `@ ${amountText(fill.price)}`,
        fillId: fill.fill_id,
      })),
    ],
    addsUp: net === trade.net_pnl,
  };
}
