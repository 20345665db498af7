/** Why a position's numbers are what they are: quantity, price, margin, liquidation. */

import type { Instrument, Position } from '../../protocol/rows.ts';
import { amountText, percentText, signedText } from '../display/amount-text.ts';
import type { Replica } from '../replica/replica.ts';
import type { Explanation, ExplanationPart, PositionField } from './explanation.ts';

const FILLS_SHOWN = 8;

export function explainPosition(field: PositionField, position: Position, replica: Replica): Explanation {
  const plain = { addsUp: null };
  const instrument = replica.instrument(position.symbol);
  const base = instrument?.base ?? '';
  const facts: ExplanationPart[] = [
    { label: 'Quantity', value: `${signedText(position.quantity)} ${base}` },
    { label: 'Average entry', value: amountText(position.average_price) },
    { label: 'Mark price', value: amountText(position.mark_price) },
  ];
  switch (field) {
    case 'quantity':
      return {
        ...plain,
        title: `Position ${position.symbol}`,
        value: `${signedText(position.quantity)} ${base}`,
        sentences: [
          'The signed sum of every fill of the account: positive is long. The newest fills are below.',
        ],
        parts: replica.fills
          .filter(({ symbol }) => symbol === position.symbol)
          .slice(-FILLS_SHOWN)
          .toReversed()
          .map((fill) => ({
            label: `${fill.side === 'buy' ? '+' : '−'}${amountText(fill.quantity)} @ ${amountText(fill.price)}`,
            value: fill.liquidity,
            fillId: fill.fill_id,
          })),
      };
    case 'average_price':
      return {
        ...plain,
        title: 'Average entry price',
        value: amountText(position.average_price),
        sentences: [
          'What the open quantity cost, divided by it. A fill that reduces the position leaves it as it is. Shown rounded; the program keeps the exact cost.',
        ],
        parts: facts.slice(0, 1),
      };
    case 'notional':
      return {
        ...plain,
        title: 'Notional',
        value: `${amountText(position.notional)} USDT`,
        sentences: ['Quantity times mark price: what the position is worth, without leverage.'],
        parts: facts,
      };
    case 'unrealized':
      return {
        ...plain,
        title: 'Unrealized profit and loss',
        value: `${signedText(position.unrealized_pnl)} USDT`,
        sentences: [
          'Quantity times (mark price less average entry). It is booked when the position is reduced.',
        ],
        parts: facts,
      };
    case 'liquidation':
    case 'distance':
      return {
        ...plain,
        title: field === 'liquidation' ? 'Liquidation price' : 'Distance to liquidation',
        value:
          field === 'liquidation'
            ? amountText(position.liquidation_price)
            : percentText(position.liquidation_distance_percent),
        sentences: [
          position.margin_mode === 'isolated'
            ? 'The mark price at which the margin of this position plus its loss falls to the maintenance margin: the exchange then closes it. The price shown is the one that is acted on.'
            : 'The mark price at which the equity of the account falls to the maintenance margin of its positions. It moves with every other position and with the wallet.',
        ],
        parts: [
          ...facts,
          { label: 'Initial margin', value: amountText(position.initial_margin) },
          { label: 'Maintenance margin', value: amountText(position.maintenance_margin) },
          ...tierPart(position, instrument),
        ],
      };
    case 'initial_margin':
      return {
        ...plain,
        title: 'Initial margin',
        value: `${amountText(position.initial_margin)} USDT`,
        sentences: ['What the position holds back of the wallet: its notional divided by leverage.'],
        parts: [...facts, { label: 'Leverage', value: `${position.leverage}x` }],
      };
    case 'maintenance_margin':
      return {
        ...plain,
        title: 'Maintenance margin',
        value: `${amountText(position.maintenance_margin)} USDT`,
        sentences: [
          "What the exchange wants to see at any time: notional at mark times the rate of its step in the venue's risk table.",
        ],
        parts: [...facts, ...tierPart(position, instrument)],
      };
    case 'leverage':
      return {
        ...plain,
        title: 'Leverage',
        value: `${position.leverage}x, ${position.margin_mode}`,
        sentences: [
          'As the session was started; the risk table of the venue allows less on larger positions.',
        ],
        parts: tierPart(position, instrument),
      };
  }
}

function tierPart(position: Position, instrument: Instrument | null): ExplanationPart[] {
  const notional = Number(position.notional ?? '0');
  const tier = instrument?.tiers.find(({ end_notional: end }) => notional <= Number(end));
  if (tier === undefined) return [];
  return [
    {
      label: `Risk table, step ${tier.level} (up to ${amountText(tier.end_notional)} USDT)`,
      value: `rate ${tier.maintenance_rate}, at most ${tier.max_leverage}x`,
    },
  ];
}
