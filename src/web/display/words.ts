/** Closed lists of the program as people read them. A word that is not listed is shown as it is, with blanks. */

import type { LedgerKind } from '../../protocol/rows.ts';

const LEDGER_WORDS: Readonly<Record<LedgerKind, string>> = {
  deposit: 'Deposits',
  realized_pnl: 'Realized profit and loss',
  fee: 'Fees',
  funding: 'Funding',
  liquidation_fee: 'Liquidation fees',
  insurance: 'Insurance',
};

const REASON_SENTENCES: Readonly<Record<string, string>> = {
  not_running: 'The session was not running yet, or no longer.',
  paused: 'Trading was paused by the operator.',
  market_data_stale: 'Market data was too old to trade on.',
  bars_missing: 'A bar was overdue: the history had a hole.',
  order_rate: 'Too many orders within one second.',
  position_quantity: 'The position would have exceeded the quantity allowed for its contract.',
  position_notional: 'The position would have exceeded the configured notional.',
  leverage: 'The position would have exceeded the allowed leverage.',
  total_notional: 'All positions together would have exceeded the configured notional.',
  total_leverage: 'All positions together would have exceeded the allowed leverage.',
  trade_loss: 'It could have lost more than one trade may, at its own stop.',
  drawdown:
    'The equity had fallen too far below its highest; only reducing orders pass during the cool-down.',
  consecutive_losses:
    'Too many trades in a row had lost money; only reducing orders pass during the cool-down.',
  risk_limit: 'A limit was reached, and it could have added risk.',
  day_loss: 'The loss of the UTC day had reached its limit; only reducing orders pass.',
  insufficient_balance: 'There was not enough free margin.',
  post_only_would_cross: 'It would have taken liquidity, and was to rest only.',
  fok_not_fillable: 'It could not be filled whole at once.',
  ioc_remainder: 'What could not be filled at once was not to rest.',
  market_remainder: 'The displayed book was not deep enough for the rest.',
  cancel_requested: 'The strategy asked for it.',
  other_exit_triggered: 'The other exit of its bracket filled.',
  session_end: 'The session ended.',
  ORDER_BOOK_STALE: 'The order book is too old to trade on.',
};

export function ledgerWord(kind: LedgerKind): string {
  return LEDGER_WORDS[kind];
}

/** `post_only` as `post only`. */
export function plainWord(code: string): string {
  return code.replaceAll('_', ' ');
}

/** What a reason code means, as a sentence. */
export function reasonSentence(code: string): string {
  return REASON_SENTENCES[code] ?? `${plainWord(code)}.`;
}
