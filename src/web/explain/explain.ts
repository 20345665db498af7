/** Answers "why" for any number on the screen, from the replica alone. */

import { isWorking, type Replica } from '../replica/replica.ts';
import {
  explainBookLevel,
  explainFeed,
  explainHealth,
  explainMarket,
  explainState,
  explainTime,
} from './explain-health.ts';
import { explainAccount, explainLedgerEntry, explainLedgerTotal, explainTrade } from './explain-money.ts';
import { explainDenial, explainOrder } from './explain-order.ts';
import { explainPosition } from './explain-position.ts';
import type { Explanation, WhyTopic } from './explanation.ts';

/** Returns null where what was asked about is not (or no longer) in the replica. */
export function explain(topic: WhyTopic, replica: Replica): Explanation | null {
  const { account, status } = replica;
  switch (topic.kind) {
    case 'account':
      return account === null ? null : explainAccount(topic.field, account);
    case 'ledger_total':
      return explainLedgerTotal(topic.ledgerKind, replica);
    case 'ledger_entry': {
      const entry = replica.ledger.find(({ entry_id: id }) => id === topic.entryId);
      return entry === undefined ? null : explainLedgerEntry(entry);
    }
    case 'trade': {
      const trade = replica.trades.find(({ trade_id: id }) => id === topic.tradeId);
      return trade === undefined ? null : explainTrade(trade, replica);
    }
    case 'position': {
      const position = replica.positions.get(topic.symbol);
      return position === undefined ? null : explainPosition(topic.field, position, replica);
    }
    case 'order': {
      const order = replica.orders.get(topic.orderId);
      return order === undefined ? null : explainOrder(order, replica);
    }
    case 'denial': {
      const denial = replica.denials.find(({ time_ms: timeMs }) => timeMs === topic.timeMs);
      return denial === undefined ? null : explainDenial(denial);
    }
    case 'market': {
      const market = replica.markets.get(topic.symbol);
      return market === undefined ? null : explainMarket(topic.field, market);
    }
    case 'book': {
      const book = replica.books.get(topic.symbol);
      if (book === undefined) return null;
      const ours = [...replica.orders.values()].filter(
        (order) => isWorking(order) && order.symbol === topic.symbol && order.price === topic.price,
      );
      return explainBookLevel(book, topic.side, topic.price, ours);
    }
    case 'feed':
      return status === null ? null : explainFeed(topic.feed, status);
    case 'health':
      return status === null ? null : explainHealth(topic.field, status);
    case 'state':
      return status === null ? null : explainState(status);
    case 'time':
      return status === null ? null : explainTime(topic.field, status, replica);
  }
}
