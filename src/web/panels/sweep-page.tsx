/** One sweep: its best trial, what speaks against believing it, its map, its walk forward, its trials. */

import { type ReactElement, useCallback, useEffect, useState } from 'react';
import type { Sweep, SweepTrial } from '../../protocol/sweeps.ts';
import { fetchSweep, fetchTrials } from '../connection/rest-client.ts';
import { amountText, moneyText, percentText, signOf, signedMoneyText } from '../display/amount-text.ts';
import { dateTimeText } from '../display/time-text.ts';
import { MoreButton } from './sessions-page.tsx';
import { SweepMapTable } from './sweep-map.tsx';
import { paramsText, shareText } from './sweep-table.tsx';
import { ThemeButton } from './theme-button.tsx';
import { type Page, usePages } from './use-pages.ts';
import { signClass } from './why.tsx';

const WINDOWS_AT_FIRST = 30;

export function SweepPage({ sweepId }: { readonly sweepId: string }): ReactElement {
  const [sweep, setSweep] = useState<Sweep | string | null>(null);
  useEffect(() => {
    fetchSweep(sweepId).then(setSweep, (error: unknown) =>
      setSweep(error instanceof Error ? error.message : String(error)),
    );
  }, [sweepId]);
  return (
    <>
      <header className="page-head">
        <h1>Sweep {sweepId}</h1>
        <div className="controls">
          <a className="button" href="#/sessions">
            All sweeps
          </a>
          <ThemeButton />
        </div>
      </header>
      <main className="page">
        {sweep === null ? <p role="status">Reading…</p> : null}
        {typeof sweep === 'string' ? <p className="notice bad">▲ {sweep}</p> : null}
        {sweep === null || typeof sweep === 'string' ? null : <Findings sweep={sweep} />}
      </main>
    </>
  );
}

function Findings({ sweep }: { readonly sweep: Sweep }): ReactElement {
  const { figures, map } = sweep;
  return (
    <>
      <Best sweep={sweep} />
      <section className="panel" aria-label="Map">
        <h2>Map of {figures.score}</h2>
        {map === null ? (
          <p className="empty">There is none: no two parameters had several values each.</p>
        ) : (
          <SweepMapTable map={map} score={figures.score} />
        )}
      </section>
      <Trials sweepId={sweep.sweep_id} total={figures.trials} refused={figures.refused} />
      <WalkForward walk={sweep.walk_forward} />
      <Origin sweep={sweep} />
    </>
  );
}

function Best({ sweep }: { readonly sweep: Sweep }): ReactElement {
  const { figures, resampling, fill_draws: draws } = sweep;
  const { best, warnings } = figures;
  if (best === null) {
    return (
      <section className="panel" aria-label="Best trial">
        <p>The strategy refused every set of parameters.</p>
      </section>
    );
  }
  const facts: (readonly [string, string, string])[] = [
    ['Profit', `${signedMoneyText(best.pnl_absolute)} USDT`, percentText(best.pnl_percent)],
    [
      `Score (${figures.score})`,
      scoreText(best.score),
      `median ${scoreText(figures.median_score)}, one step beside ${scoreText(figures.neighbour_score)}`,
    ],
    ['Skill, not luck', shareText(figures.deflated_sharpe), 'deflated Sharpe ratio'],
    ['Trials with a profit', shareText(figures.profitable_share), `of ${figures.trials}`],
  ];
  if (resampling !== null)
    facts.push(
      [
        'Profit, trades drawn anew',
        `${scoreText(resampling.profit.p5)} to ${scoreText(resampling.profit.p95)}`,
        'USDT in 90 of 100 drawings',
      ],
      [
        'Drawdown, trades in other orders',
        scoreText(resampling.drawdown.p95),
        'USDT or less in 95 of 100 drawings',
      ],
    );
  if (draws !== null)
    facts.push([
      'Profit, fills drawn anew',
      `${scoreText(draws.profit.p5)} to ${scoreText(draws.profit.p95)}`,
      `USDT, ${draws.draws} seeds`,
    ]);
  return (
    <section className="panel" aria-label="Best trial">
      <h2>
        Best of {figures.trials} trials by {figures.score}
      </h2>
      <p className="best-params">{paramsText(best.params)}</p>
      {warnings.length === 0 ? (
        <p>Nothing here speaks against it; only data it has not seen can speak for it.</p>
      ) : (
        <ul className="doubts">
          {warnings.map((warning) => (
            <li key={warning}>▲ {warning}</li>
          ))}
        </ul>
      )}
      <dl className="tiles">
        {facts.map(([name, value, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value} <small>{more}</small>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function WalkForward({ walk }: { readonly walk: Sweep['walk_forward'] }): ReactElement | null {
  const [limit, setLimit] = useState(WINDOWS_AT_FIRST);
  if (walk === null) return null;
  return (
    <section className="panel" aria-label="Walk forward">
      <h2>Walk forward</h2>
      <p>
        {scoreText(walk.out_of_sample_pnl)} USDT on data on which nothing was chosen; efficiency{' '}
        {scoreText(walk.efficiency)}: profit for a day there, as a share of that where the parameters were
        chosen.
      </p>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Chosen from (UTC)</th>
            <th scope="col">Tried from</th>
            <th scope="col" className="minor">
              Tried to
            </th>
            <th scope="col">Parameters</th>
            <th scope="col" className="number minor">
              Profit where chosen
            </th>
            <th scope="col" className="number">
              Profit where tried
            </th>
          </tr>
        </thead>
        <tbody>
          {walk.windows.slice(0, limit).map((window) => (
            <tr key={window.test_from_ms}>
              <td>{dateTimeText(window.train_from_ms)}</td>
              <td>{dateTimeText(window.test_from_ms)}</td>
              <td className="minor">{dateTimeText(window.test_to_ms)}</td>
              <td>{window.params === null ? '–' : paramsText(window.params)}</td>
              <td className="number minor">{signedMoneyText(window.train_pnl)}</td>
              <td className={`number ${signClass(signOf(window.test_pnl))}`}>
                {signedMoneyText(window.test_pnl)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {walk.windows.length > limit ? (
        <button type="button" className="quiet more" onClick={() => setLimit(limit * 4)}>
          Show more ({limit} of {walk.windows.length})
        </button>
      ) : null}
    </section>
  );
}

interface TrialsProps {
  readonly sweepId: string;
  readonly total: number;
  readonly refused: number;
}

function Trials({ sweepId, total, refused }: TrialsProps): ReactElement {
  const fetchPage = useCallback(
    async (cursor: string | null): Promise<Page<SweepTrial>> => {
      const { rows, next_cursor: nextCursor } = await fetchTrials(sweepId, cursor);
      return { rows, nextCursor };
    },
    [sweepId],
  );
  const pages = usePages(fetchPage);
  return (
    <section className="panel" aria-label="Trials">
      <h2>Trials, best first</h2>
      {pages.trouble === null ? null : <p className="notice bad">▲ {pages.trouble}</p>}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col" className="number minor">
              Trial
            </th>
            <th scope="col">Parameters</th>
            <th scope="col" className="number">
              Score
            </th>
            <th scope="col" className="number">
              Profit
            </th>
            <th scope="col" className="number minor">
              Trades
            </th>
            <th scope="col" className="number minor">
              Drawdown
            </th>
            <th scope="col" className="number minor">
              Profit factor
            </th>
            <th scope="col" className="number minor">
              Fees
            </th>
          </tr>
        </thead>
        <tbody>
          {(pages.rows ?? []).map((row) => (
            <tr key={row.trial}>
              <td className="number minor">{row.trial}</td>
              <td>{paramsText(row.params)}</td>
              <td className="number">{scoreText(row.score)}</td>
              <td className={`number ${signClass(signOf(row.pnl_absolute))}`}>
                {signedMoneyText(row.pnl_absolute)}
              </td>
              <td className="number minor">{row.trades}</td>
              <td className="number minor">{moneyText(row.max_drawdown)}</td>
              <td className="number minor">{scoreText(row.profit_factor)}</td>
              <td className="number minor">{moneyText(row.fees_paid)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MoreButton pages={pages}>
        Show more ({pages.rows?.length ?? 0} of {total})
      </MoreButton>
      {refused === 0 ? null : (
        <p className="soft">{refused} sets of parameters were refused by the strategy.</p>
      )}
    </section>
  );
}

function Origin({ sweep }: { readonly sweep: Sweep }): ReactElement {
  const { figures, hashes } = sweep;
  const pairs = [
    ['Strategy', figures.strategy],
    ['Contract', figures.symbol],
    ['Data', figures.source],
    ['From, to (UTC)', `${dateTimeText(figures.from_ms)} to ${dateTimeText(figures.to_ms)}`],
    ['Seed', String(figures.seed)],
    ['SHA-256 of the data', hashes.data],
    ['SHA-256 of the engine', hashes.engine],
    ['SHA-256 of the strategy', hashes.strategy],
  ] as const;
  return (
    <section className="panel" aria-label="Origin">
      <h2>Origin</h2>
      <dl className="facts">
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function scoreText(value: number | null): string {
  return amountText(value?.toFixed(2));
}
