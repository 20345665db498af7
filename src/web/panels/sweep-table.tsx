/** The sweeps of this workspace, each with its best trial and how far that can be believed. */

import type { ReactElement } from 'react';
import type { SweepParams, SweepSummary } from '../../protocol/sweeps.ts';
import { percentText, signOf, signedMoneyText } from '../display/amount-text.ts';
import { dateTimeText } from '../display/time-text.ts';
import { signClass } from './why.tsx';

export function SweepTable({ sweeps }: { readonly sweeps: readonly SweepSummary[] }): ReactElement | null {
  return sweeps.length === 0 ? null : (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Sweep</th>
          <th scope="col" className="minor">
            Began (UTC)
          </th>
          <th scope="col">Strategy</th>
          <th scope="col" className="minor">
            Market
          </th>
          <th scope="col" className="number minor">
            Trials
          </th>
          <th scope="col">Best</th>
          <th scope="col" className="number">
            Its profit
          </th>
          <th scope="col" className="number minor">
            Skill, not luck
          </th>
        </tr>
      </thead>
      <tbody>
        {sweeps.map((sweep) => (
          <SweepRow key={sweep.sweep_id} sweep={sweep} />
        ))}
      </tbody>
    </table>
  );
}

function SweepRow({ sweep }: { readonly sweep: SweepSummary }): ReactElement {
  const { sweep_id: id, made_time_ms: madeMs, figures } = sweep;
  if (figures === null) {
    return (
      <tr>
        <td>{id}</td>
        <td className="minor">{dateTimeText(madeMs)}</td>
        <td colSpan={6}>cannot be read here; see report.html in its folder</td>
      </tr>
    );
  }
  const { best } = figures;
  return (
    <tr>
      <td>
        <a href={`#/sweeps/${encodeURIComponent(id)}`}>{id}</a>
      </td>
      <td className="minor">{dateTimeText(madeMs)}</td>
      <td>{figures.strategy}</td>
      <td className="minor">
        {figures.symbol} · {dateTimeText(figures.from_ms).slice(0, 10)} to{' '}
        {dateTimeText(figures.to_ms).slice(0, 10)}
      </td>
      <td className="number minor">{figures.trials}</td>
      <td>{best === null ? 'every set was refused' : paramsText(best.params)}</td>
      <td className={`number ${signClass(signOf(best?.pnl_absolute))}`}>
        {signedMoneyText(best?.pnl_absolute)} <small>{percentText(best?.pnl_percent)}</small>
      </td>
      <td className="number minor">{shareText(figures.deflated_sharpe)}</td>
    </tr>
  );
}

/** `fast 5, slow 20`. */
export function paramsText(params: SweepParams): string {
  const parts = Object.entries(params).map(([name, value]) => `${name} ${String(value)}`);
  return parts.length === 0 ? 'as configured' : parts.join(', ');
}

/** A share of 1 as `62 %`. */
export function shareText(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}
