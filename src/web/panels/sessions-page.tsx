/** Past sessions, backtests and sweeps of this workspace. */

import { type ReactElement, useEffect, useState } from 'react';
import type { SessionSummary, SweepList } from '../../protocol/rest.ts';
import { fetchSessions, fetchSweeps } from '../connection/rest-client.ts';
import { amountText, percentText, signOf, signedMoneyText } from '../display/amount-text.ts';
import { dateTimeText, durationText } from '../display/time-text.ts';
import { plainWord } from '../display/words.ts';
import { ThemeButton } from './theme-button.tsx';
import { signClass } from './why.tsx';

interface Found {
  readonly sessions: readonly SessionSummary[];
  readonly sweeps: SweepList | null;
}

export function SessionsPage(): ReactElement {
  const [found, setFound] = useState<Found | string | null>(null);
  useEffect(() => {
    Promise.all([fetchSessions(), fetchSweeps()]).then(
      ([{ sessions }, sweeps]) => setFound({ sessions, sweeps }),
      (error: unknown) => setFound(error instanceof Error ? error.message : String(error)),
    );
  }, []);
  return (
    <>
      <header className="page-head">
        <h1>Sessions</h1>
        <div className="controls">
          <a className="button" href="#/">
            The running session
          </a>
          <ThemeButton />
        </div>
      </header>
      <main className="page">
        {found === null ? <p role="status">Reading…</p> : null}
        {typeof found === 'string' ? <p className="notice bad">▲ {found}</p> : null}
        {found === null || typeof found === 'string' ? null : <Lists found={found} />}
      </main>
    </>
  );
}

function Lists({ found }: { readonly found: Found }): ReactElement {
  const paper = found.sessions.filter(({ kind }) => kind === 'paper');
  const backtests = found.sessions.filter(({ kind }) => kind === 'backtest');
  return (
    <>
      <SessionTable
        title="Paper sessions"
        sessions={paper}
        empty="No session has run in this workspace yet."
      />
      <SessionTable
        title="Backtests"
        sessions={backtests}
        empty="No backtest has run in this workspace yet."
      />
      <section className="panel" aria-label="Sweeps">
        <h2>Sweeps</h2>
        {found.sweeps === null || found.sweeps.sweeps.length === 0 ? (
          <p className="empty">No sweep has run in this workspace yet.</p>
        ) : (
          <SweepTable sweeps={found.sweeps.sweeps} />
        )}
      </section>
    </>
  );
}

interface SessionTableProps {
  readonly title: string;
  readonly sessions: readonly SessionSummary[];
  readonly empty: string;
}

function SessionTable({ title, sessions, empty }: SessionTableProps): ReactElement {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      {sessions.length === 0 ? (
        <p className="empty">{empty}</p>
      ) : (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Session</th>
              <th scope="col">Began (UTC)</th>
              <th scope="col" className="minor">
                Length
              </th>
              <th scope="col">Strategy</th>
              <th scope="col" className="minor">
                Market
              </th>
              <th scope="col">End</th>
              <th scope="col" className="number minor">
                Trades
              </th>
              <th scope="col" className="number">
                Profit
              </th>
              <th scope="col" className="number minor">
                Drawdown
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.map((session) => (
              <SessionRow key={session.session_id} session={session} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function SessionRow({ session }: { readonly session: SessionSummary }): ReactElement {
  const { started_time_ms: startedMs, ended_time_ms: endedMs } = session;
  const isRunning = session.status === 'running';
  return (
    <tr>
      <td>
        <a href={isRunning ? '#/' : `#/sessions/${encodeURIComponent(session.session_id)}`}>
          {session.session_id}
        </a>
      </td>
      <td>{dateTimeText(startedMs)}</td>
      <td className="minor">
        {durationText(startedMs === null || endedMs === null ? null : (endedMs - startedMs) / 1_000)}
      </td>
      <td>{session.strategy ?? ''}</td>
      <td className="minor">
        {session.symbols.join(', ')} {session.source === null ? '' : `· ${session.source}`}
      </td>
      <td>
        {session.status ?? 'left no report'}
        {session.stopped_reason === null ? '' : `, ${plainWord(session.stopped_reason)}`}
      </td>
      <td className="number minor">{amountText(session.trades === null ? null : String(session.trades))}</td>
      <td className={`number ${signClass(signOf(session.pnl_absolute))}`}>
        {signedMoneyText(session.pnl_absolute)} <small>{percentText(session.pnl_percent)}</small>
      </td>
      <td className="number minor">
        {session.max_drawdown_percent === null ? '–' : `${session.max_drawdown_percent.toFixed(2)} %`}
      </td>
    </tr>
  );
}

function SweepTable({ sweeps }: { readonly sweeps: SweepList['sweeps'] }): ReactElement {
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Sweep</th>
          <th scope="col">Began (UTC)</th>
          <th scope="col">Strategy</th>
          <th scope="col" className="number">
            Runs
          </th>
          <th scope="col">Best</th>
          <th scope="col" className="number">
            Its profit
          </th>
        </tr>
      </thead>
      <tbody>
        {sweeps.map((sweep) => (
          <tr key={sweep.sweep_id}>
            <td>{sweep.sweep_id}</td>
            <td>{dateTimeText(sweep.started_time_ms)}</td>
            <td>{sweep.strategy}</td>
            <td className="number">
              {sweep.runs_done} / {sweep.runs}
            </td>
            <td>
              <code>{sweep.best === null ? '' : JSON.stringify(sweep.best.params)}</code>
            </td>
            <td className="number">{percentText(sweep.best?.pnl_percent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
