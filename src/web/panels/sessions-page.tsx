/** Past sessions, backtests and sweeps of this workspace. */

import type { ReactElement, ReactNode } from 'react';
import type { SessionSummary } from '../../protocol/rest.ts';
import type { SweepSummary } from '../../protocol/sweeps.ts';
import { fetchSessions, fetchSweeps } from '../connection/rest-client.ts';
import { amountText, percentText, signOf, signedMoneyText } from '../display/amount-text.ts';
import { dateTimeText, durationText } from '../display/time-text.ts';
import { plainWord } from '../display/words.ts';
import { SweepTable } from './sweep-table.tsx';
import { ThemeButton } from './theme-button.tsx';
import { type Page, type Pages, usePages } from './use-pages.ts';
import { signClass } from './why.tsx';

async function sessionPage(cursor: string | null): Promise<Page<SessionSummary>> {
  const { sessions, next_cursor: nextCursor } = await fetchSessions(cursor);
  return { rows: sessions, nextCursor };
}

async function sweepPage(cursor: string | null): Promise<Page<SweepSummary>> {
  const { sweeps, next_cursor: nextCursor } = await fetchSweeps(cursor);
  return { rows: sweeps, nextCursor };
}

export function SessionsPage(): ReactElement {
  const sessions = usePages(sessionPage);
  const sweeps = usePages(sweepPage);
  const paper = sessions.rows?.filter(({ kind }) => kind === 'paper') ?? [];
  const backtests = sessions.rows?.filter(({ kind }) => kind === 'backtest') ?? [];
  const older = <MoreButton pages={sessions}>Older sessions and backtests</MoreButton>;
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
        <List title="Paper sessions" pages={sessions} isEmpty={paper.length === 0} noun="session">
          <SessionTable sessions={paper} />
          {older}
        </List>
        <List title="Backtests" pages={sessions} isEmpty={backtests.length === 0} noun="backtest">
          <SessionTable sessions={backtests} />
        </List>
        <List title="Sweeps" pages={sweeps} isEmpty={sweeps.rows?.length === 0} noun="sweep">
          <SweepTable sweeps={sweeps.rows ?? []} />
          <MoreButton pages={sweeps}>Older sweeps</MoreButton>
        </List>
      </main>
    </>
  );
}

interface ListProps {
  readonly title: string;
  readonly pages: Pages<unknown>;
  readonly isEmpty: boolean;
  readonly noun: string;
  readonly children: ReactNode;
}

function List({ title, pages, isEmpty, noun, children }: ListProps): ReactElement {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      {pages.trouble === null ? null : <p className="notice bad">▲ {pages.trouble}</p>}
      {pages.rows === null && pages.trouble === null ? <p role="status">Reading…</p> : null}
      {pages.rows !== null && isEmpty && pages.readMore === null ? (
        <p className="empty">No {noun} has run in this workspace yet.</p>
      ) : null}
      {pages.rows === null ? null : <div className="list">{children}</div>}
    </section>
  );
}

interface MoreButtonProps {
  readonly pages: Pages<unknown>;
  readonly children: ReactNode;
}

export function MoreButton({ pages, children }: MoreButtonProps): ReactElement | null {
  const { readMore } = pages;
  return readMore === null ? null : (
    <button type="button" className="quiet more" onClick={readMore}>
      {children}
    </button>
  );
}

function SessionTable({ sessions }: { readonly sessions: readonly SessionSummary[] }): ReactElement | null {
  return sessions.length === 0 ? null : (
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
