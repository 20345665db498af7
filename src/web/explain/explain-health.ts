/** What the numbers of the program's health and of the market mean, and when they should worry anybody. */

import type { Status } from '../../protocol/messages.ts';
import type { Book, Market, Order } from '../../protocol/rows.ts';
import { amountText, signedText, UNKNOWN_TEXT } from '../display/amount-text.ts';
import { clockText, dateTimeText, durationText, spanText } from '../display/time-text.ts';
import { reasonSentence } from '../display/words.ts';
import type { Replica } from '../replica/replica.ts';
import type { Explanation, HealthField, WhyTopic } from './explanation.ts';

const PLAIN = { addsUp: null, parts: [] };

export function explainHealth(field: HealthField, status: Status): Explanation {
  switch (field) {
    case 'memory':
      return {
        ...PLAIN,
        title: 'Memory',
        value: status.ram_mb === null ? UNKNOWN_TEXT : `${status.ram_mb} MiB`,
        sentences: [
          'Resident memory of the process. It should be flat over hours; above resources.max_memory_mb the session ends by itself, with a report.',
        ],
      };
    case 'cpu':
      return {
        ...PLAIN,
        title: 'Processor',
        value: status.cpu_percent === null ? UNKNOWN_TEXT : `${status.cpu_percent} %`,
        sentences: ['Share of one core that the process used in the last second.'],
      };
    case 'lag':
      return {
        ...PLAIN,
        title: 'Event loop',
        value: spanText(status.event_loop_lag_ms),
        sentences: [
          'The longest time in the last second that the program could not listen because it was working. Orders are decided on event time, so a short delay changes no fill; five seconds raise an alert.',
        ],
      };
    case 'clock':
      return {
        ...PLAIN,
        title: 'Clock offset',
        value:
          status.clock_offset_ms === null ? UNKNOWN_TEXT : `${signedText(String(status.clock_offset_ms))} ms`,
        sentences: [
          "The venue's clock minus this machine's. Any size is fine: it is measured all the time, and every time in the session is the venue's.",
        ],
      };
    case 'round_trip':
      return {
        ...PLAIN,
        title: 'Round trip',
        value: spanText(status.round_trip_ms),
        sentences: ['How long the venue takes to answer a small request.'],
      };
    case 'events':
      return {
        ...PLAIN,
        title: 'Events',
        value: amountText(status.events === null ? null : String(status.events)),
        sentences: [
          'Everything that reached the engine, in order. All of them are in the event log: a replay of it gives the same fills.',
        ],
      };
    case 'errors':
      return {
        ...PLAIN,
        title: 'Errors',
        value: String(status.errors ?? UNKNOWN_TEXT),
        sentences: ['Lines of level error and critical in the log. Filter the log by level to read them.'],
      };
  }
}

export function explainFeed(name: string, status: Status): Explanation | null {
  const feed = status.feeds[name];
  if (feed === undefined) return null;
  return {
    title: `Feed ${name}`,
    value: feed.state,
    sentences: [
      name === 'kline'
        ? 'The connection that brings bars.'
        : 'The connection that brings trades, the order book, prices and the ticker.',
      'It is replaced by itself when it falls silent; what was missed is fetched or recorded as a gap.',
    ],
    parts: [
      { label: 'Newest message', value: `${spanText(feed.age_ms)} ago` },
      { label: 'Reconnects', value: String(feed.reconnects) },
      { label: 'Gaps', value: String(feed.gaps) },
    ],
    addsUp: null,
  };
}

export function explainState(status: Status): Explanation {
  const sentences: Record<Status['state'], string> = {
    starting: 'The session is connecting to its market.',
    warming: 'History is being loaded; nothing is traded before it is whole.',
    running: 'The strategy is running.',
    halted: 'Market data cannot be trusted at the moment: no new orders, no fills, until it can.',
    stopping: 'The session is ending: orders are canceled, the position is closed as asked.',
    ended: 'The session is over; its report is written.',
  };
  return {
    ...PLAIN,
    title: 'State of the session',
    value: status.is_paused ? `${status.state}, paused` : status.state,
    sentences: [
      sentences[status.state],
      ...(status.is_paused ? ['It was paused: the strategy places no orders until it is resumed.'] : []),
      ...(status.reason === null ? [] : [reasonSentence(status.reason)]),
    ],
  };
}

export function explainTime(field: 'elapsed' | 'remaining', status: Status, replica: Replica): Explanation {
  const started = replica.session?.started_time_ms ?? null;
  return {
    title: field === 'elapsed' ? 'Time since the start' : 'Time left',
    value: durationText(field === 'elapsed' ? status.elapsed : status.remaining),
    sentences: ["Measured on the venue's clock."],
    parts: [
      { label: 'Started', value: `${dateTimeText(started)} UTC` },
      { label: 'Session time now', value: `${dateTimeText(status.session_time_ms)} UTC` },
    ],
    addsUp: null,
  };
}

export function explainMarket(
  field: Extract<WhyTopic, { kind: 'market' }>['field'],
  market: Market,
): Explanation {
  switch (field) {
    case 'last':
      return {
        ...PLAIN,
        title: 'Last price',
        value: amountText(market.last_price),
        sentences: ['Price of the newest public trade.'],
      };
    case 'mark':
      return {
        ...PLAIN,
        title: 'Mark price',
        value: amountText(market.mark_price),
        sentences: [
          "The venue's fair price. Unrealized profit and liquidation go by it, so that one odd trade does not liquidate anybody.",
        ],
      };
    case 'index':
      return {
        ...PLAIN,
        title: 'Index price',
        value: amountText(market.index_price),
        sentences: ['Volume-weighted spot price of several exchanges.'],
      };
    case 'funding':
      return {
        title: 'Funding rate',
        value:
          market.funding_rate === null ? UNKNOWN_TEXT : `${(Number(market.funding_rate) * 100).toFixed(4)} %`,
        sentences: [
          'The rate of the last settlement. It was paid on what was held then: positive, longs pay shorts.',
        ],
        parts: [{ label: 'Next settlement', value: `${dateTimeText(market.next_funding_time_ms)} UTC` }],
        addsUp: null,
      };
  }
}

/** `working`: our orders at this price. */
export function explainBookLevel(
  book: Book,
  side: 'bids' | 'asks',
  price: string,
  working: readonly Order[],
): Explanation {
  const level = book[side].find(([levelPrice]) => levelPrice === price);
  return {
    title: `${side === 'bids' ? 'Bids' : 'Asks'} at ${amountText(price)}`,
    value: level === undefined ? 'nothing displayed now' : amountText(level[1]),
    sentences: [
      `Displayed by the venue at ${clockText(book.time_ms, true)}.`,
      ...(working.length === 0
        ? []
        : ['Our own orders are not in it: they are simulated, and the venue does not know them.']),
    ],
    parts: working.map((order) => ({
      label: `Our ${order.side} of ${amountText(order.quantity)}`,
      value: order.queue_ahead === null ? 'under way' : `${amountText(order.queue_ahead)} ahead of it`,
      topic: { kind: 'order', orderId: order.order_id } as const,
    })),
    addsUp: null,
  };
}
