/** The receipt of a fill: its story, its costs, and the book at that moment with what the fill took of it. */

import { type ReactElement, useCallback, useEffect, useState } from 'react';
import type { Receipt } from '../../protocol/rest.ts';
import type { Fill } from '../../protocol/rows.ts';
import { ReceiptBook } from '../charts/receipt-book.tsx';
import { fetchReceipt } from '../connection/rest-client.ts';
import { addAmounts, amountText, signedText } from '../display/amount-text.ts';
import { clockText, dateTimeText, spanText } from '../display/time-text.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Dialog } from './dialog.tsx';
import { useScreen } from './screen-context.ts';

const SLICES = ['fills'] as const;

export function ReceiptDialog({
  fillId,
  onClose,
}: {
  readonly fillId: string;
  readonly onClose: () => void;
}): ReactElement {
  const { recordedSessionId } = useScreen();
  const { fills } = useReplica(SLICES);
  const [answer, setAnswer] = useState<Receipt | string | null>(null);
  const load = useCallback(() => {
    fetchReceipt(recordedSessionId, fillId).then(setAnswer, (error: unknown) =>
      setAnswer(error instanceof Error ? error.message : String(error)),
    );
  }, [fillId, recordedSessionId]);
  useEffect(load, [load]);
  const receipt = answer === null || typeof answer === 'string' ? null : answer;
  const fill = receipt?.fill ?? fills.find(({ fill_id: id }) => id === fillId);
  return (
    <Dialog title="Receipt" className="drawer" onClose={onClose}>
      {fill === undefined ? null : <FillHead fill={fill} />}
      {answer === null ? <p role="status">Reading the receipt…</p> : null}
      {typeof answer === 'string' ? (
        <p className="warned">
          ▲ The rest of the receipt cannot be had: {answer}{' '}
          <button
            type="button"
            onClick={() => {
              setAnswer(null);
              load();
            }}
          >
            Try again
          </button>
        </p>
      ) : null}
      {receipt === null ? null : <ReceiptDrawing receipt={receipt} />}
      {fill === undefined ? null : <CostTable fill={fill} />}
      {receipt === null ? null : <ReceiptStory text={receipt.text} />}
      {receipt === null ? null : <ReceiptEvidence receipt={receipt} />}
    </Dialog>
  );
}

function FillHead({ fill }: { readonly fill: Fill }): ReactElement {
  return (
    <>
      <p className="why-value">
        <span className={fill.side === 'buy' ? 'up' : 'down'}>{fill.side}</span> {amountText(fill.quantity)}{' '}
        {fill.symbol} @ {amountText(fill.price)}
      </p>
      <p className="soft">
        {dateTimeText(fill.time_ms, true)} UTC · {fill.liquidity} · fill {fill.fill_id} of order{' '}
        {fill.order_id}
        {fill.reconstructed ? ' · reconstructed after an outage' : ''}
      </p>
      <ol className="timeline">
        <li>
          <time>{clockText(fill.decision_time_ms, true)}</time> decided
        </li>
        <li>
          <time>{clockText(fill.arrival_time_ms, true)}</time> at the exchange,{' '}
          {spanText(fill.arrival_time_ms - fill.decision_time_ms)} later
          {fill.queue_ahead_at_acceptance === null
            ? ''
            : `, ${amountText(fill.queue_ahead_at_acceptance)} ahead of it`}
        </li>
        <li>
          <time>{clockText(fill.time_ms, true)}</time> filled, {spanText(fill.time_ms - fill.arrival_time_ms)}{' '}
          after that
        </li>
      </ol>
    </>
  );
}

function ReceiptDrawing({ receipt }: { readonly receipt: Receipt }): ReactElement {
  const { fill, book_at_arrival: atArrival, book_at_decision: atDecision, levels_used: used } = receipt;
  const book = atArrival ?? atDecision;
  if (book === null) return <p className="soft">No book is kept for this fill.</p>;
  const label = atArrival === null ? 'The book at the decision' : 'The book at that moment';
  return <ReceiptBook book={book} fill={fill} used={used} label={label} />;
}

function ReceiptStory({ text }: Pick<Receipt, 'text'>): ReactElement {
  return (
    <section className="story" aria-label="In words">
      <h3>In words</h3>
      {text.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </section>
  );
}

function CostTable({ fill }: { readonly fill: Fill }): ReactElement {
  const rows: readonly (readonly [string, string | null, string])[] = [
    ['Spread', fill.spread_cost, 'from the middle to the best price, at arrival'],
    ['Latency', fill.latency_cost, 'how the market moved while the order was under way'],
    ['Impact', fill.impact_cost, 'deeper levels than the best one'],
    ['Slippage', fill.slippage_cost, 'random part of the parametric model'],
    ['Fee', fill.fee, `${(Number(fill.fee_rate) * 100).toFixed(4)} % of the notional`],
  ];
  const known = rows.flatMap(([, cost]) => (cost === null ? [] : [cost]));
  return (
    <table className="rows costs">
      <caption>What it cost, in USDT (positive: paid)</caption>
      <tbody>
        {rows.map(([name, cost, note]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number">{signedText(cost)}</td>
            <td className="soft">{note}</td>
          </tr>
        ))}
        <tr className="total">
          <th scope="row">Together</th>
          <td className="number">{signedText(addAmounts(known))}</td>
          <td className="soft">{known.length < rows.length ? 'without what could not be known' : ''}</td>
        </tr>
      </tbody>
    </table>
  );
}

function ReceiptEvidence({ receipt }: { readonly receipt: Receipt }): ReactElement {
  const { queue_steps: steps, prints, book_hash: hash, evidence_sequence: sequence } = receipt;
  return (
    <>
      {steps.length === 0 ? null : (
        <table className="rows">
          <caption>Its way through the queue</caption>
          <tbody>
            {steps.map((step) => (
              <tr key={`${step.time_ms} ${step.kind} ${step.ahead}`}>
                <td>{clockText(step.time_ms, true)}</td>
                <td>{step.kind}</td>
                <td className="number">{amountText(step.quantity)}</td>
                <td className="number">{amountText(step.ahead)} ahead</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {prints.length === 0 ? null : (
        <table className="rows">
          <caption>Public trades that justify it</caption>
          <tbody>
            {prints.map((print) => (
              <tr key={`${print.time_ms} ${print.price} ${print.quantity}`}>
                <td>{clockText(print.time_ms, true)}</td>
                <td>{print.side}</td>
                <td className="number">
                  {amountText(print.quantity)} @ {amountText(print.price)}
                </td>
                <td className="number">{amountText(print.used)} of it ours</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="soft">
        {sequence === null ? '' : `Evidence: event ${sequence} of the event log. `}
        {hash === null ? '' : `Book fingerprint ${hash}. `}
        The same in a terminal: <code>la explain {receipt.fill.fill_id}</code>
      </p>
    </>
  );
}
