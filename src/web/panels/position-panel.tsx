/** The position with its margin, and what it would be after one more trade. */

import { type ReactElement, type SyntheticEvent, useState } from 'react';
import type { WhatIf } from '../../protocol/rest.ts';
import type { Position } from '../../protocol/rows.ts';
import { fetchWhatIf } from '../connection/rest-client.ts';
import {
  amountText,
  moneyText,
  signOf,
  signedMoneyText,
  signedText,
  UNKNOWN_TEXT,
} from '../display/amount-text.ts';
import { plainWord } from '../display/words.ts';
import type { PositionField } from '../explain/explanation.ts';
import { useReplica } from '../replica/use-replica.ts';
import { formText } from './form-text.ts';
import { Panel } from './panel.tsx';
import { useScreen } from './screen-context.ts';
import { Why, signClass } from './why.tsx';

const SLICES = ['positions', 'account', 'markets', 'session'] as const;

export function PositionPanel({ symbol }: { readonly symbol: string }): ReactElement {
  const replica = useReplica(SLICES);
  const { recordedSessionId } = useScreen();
  const position = replica.positions.get(symbol);
  const instrument = replica.instrument(symbol);
  const market = replica.markets.get(symbol);
  return (
    <Panel
      title="Position"
      className="position-panel"
      aside={
        position === undefined ? null : (
          <Why topic={{ kind: 'position', symbol, field: 'leverage' }} className="soft" name="Leverage">
            {position.leverage}x {position.margin_mode}
          </Why>
        )
      }
    >
      {position === undefined || signOf(position.quantity) === 0 ? (
        <p className="position-size">flat</p>
      ) : (
        <PositionFacts
          position={position}
          base={instrument?.base ?? ''}
          decimals={instrument?.price_decimals ?? null}
        />
      )}
      <dl className="facts">
        <div>
          <dt>Wallet</dt>
          <dd>
            <Why topic={{ kind: 'account', field: 'wallet' }}>
              {moneyText(replica.account?.wallet_balance)}
            </Why>
          </dd>
        </div>
        <div>
          <dt>Available</dt>
          <dd>
            <Why topic={{ kind: 'account', field: 'available' }}>
              {moneyText(replica.account?.available_balance)}
            </Why>
          </dd>
        </div>
        <div>
          <dt>Funding</dt>
          <dd>
            <Why topic={{ kind: 'market', symbol, field: 'funding' }} name="rate">
              {market?.funding_rate === null || market === undefined
                ? UNKNOWN_TEXT
                : `${signedText((Number(market.funding_rate) * 100).toFixed(4))} %`}
            </Why>
          </dd>
        </div>
      </dl>
      {recordedSessionId === null && instrument !== null ? (
        <WhatIfForm symbol={symbol} minimum={instrument.min_quantity} />
      ) : null}
    </Panel>
  );
}

interface FactsProps {
  readonly position: Position;
  readonly base: string;
  readonly decimals: number | null;
}

function PositionFacts({ position, base, decimals }: FactsProps): ReactElement {
  const { symbol } = position;
  const rows: readonly (readonly [PositionField, string, string, string])[] = [
    ['average_price', 'Entry', amountText(position.average_price, decimals), ''],
    [
      'unrealized',
      'Unrealized',
      signedMoneyText(position.unrealized_pnl),
      signClass(signOf(position.unrealized_pnl)),
    ],
    ['notional', 'Notional', moneyText(position.notional), ''],
    ['initial_margin', 'Initial margin', moneyText(position.initial_margin), ''],
    ['maintenance_margin', 'Maintenance', moneyText(position.maintenance_margin), ''],
    ['liquidation', 'Liquidation', amountText(position.liquidation_price, decimals), ''],
    ['distance', 'Distance', distanceText(position), ''],
  ];
  return (
    <>
      <p className="position-size">
        <Why
          topic={{ kind: 'position', symbol, field: 'quantity' }}
          className={signClass(signOf(position.quantity))}
        >
          {signOf(position.quantity) === 1 ? 'long' : 'short'} {signedText(position.quantity)}
        </Why>{' '}
        <span className="unit">{base}</span>
      </p>
      <dl className="facts">
        {rows.map(([field, label, text, className]) => (
          <div key={field}>
            <dt>{label}</dt>
            <dd>
              <Why topic={{ kind: 'position', symbol, field }} className={className}>
                {text}
              </Why>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function distanceText({
  liquidation_distance_percent: percent,
}: Pick<Position, 'liquidation_distance_percent'>): string {
  return percent === null ? UNKNOWN_TEXT : `${percent.toFixed(2)} %`;
}

function WhatIfForm({
  symbol,
  minimum,
}: {
  readonly symbol: string;
  readonly minimum: string;
}): ReactElement {
  const [answer, setAnswer] = useState<WhatIf | string | null>(null);
  const ask = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const quantity = formText(form, 'quantity');
    if (!/^\d+(?:\.\d+)?$/.test(quantity)) {
      setAnswer('A quantity is a decimal number, as 0.01.');
      return;
    }
    const signed = form.get('side') === 'sell' ? `-${quantity}` : quantity;
    fetchWhatIf(symbol, signed).then(
      (result) => setAnswer(result ?? 'This version of the server cannot tell.'),
      (error: unknown) => setAnswer(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <details className="what-if">
      <summary>What if…</summary>
      <form onSubmit={ask}>
        <select name="side" aria-label="Side">
          <option value="buy">buy</option>
          <option value="sell">sell</option>
        </select>
        <input name="quantity" inputMode="decimal" defaultValue={minimum} aria-label="Quantity" required />
        <button type="submit">Ask</button>
      </form>
      <div aria-live="polite">{answer === null ? null : <WhatIfAnswer answer={answer} />}</div>
    </details>
  );
}

function WhatIfAnswer({ answer }: { readonly answer: WhatIf | string }): ReactElement {
  if (typeof answer === 'string') return <p className="warned">{answer}</p>;
  const rows: readonly (readonly [string, string])[] = [
    ['Position after', signedText(answer.quantity)],
    ['Entry', amountText(answer.average_price)],
    ['Initial margin', moneyText(answer.initial_margin)],
    ['Available after', moneyText(answer.available_balance)],
    ['Liquidation', amountText(answer.liquidation_price)],
    ['Distance', distanceText(answer)],
    ['Fee', moneyText(answer.fee)],
  ];
  return (
    <>
      {answer.refusal === null ? null : (
        <p className="warned">▲ It would be refused: {plainWord(answer.refusal)}.</p>
      )}
      <dl className="facts">
        {rows.map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
