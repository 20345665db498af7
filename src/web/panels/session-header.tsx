/** The first glance: is it healthy, what is it worth, how long has it run. Updated with the heartbeat, once a second. */

import type { ReactElement, ReactNode } from 'react';
import type { Status } from '../../protocol/messages.ts';
import {
  moneyText,
  percentOf,
  percentText,
  signOf,
  signedMoneyText,
  subtractAmounts,
} from '../display/amount-text.ts';
import { durationText } from '../display/time-text.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Why, signClass } from './why.tsx';

const SLICES = ['session', 'status', 'account'] as const;

interface HeaderProps {
  /** Buttons at the right. */
  readonly controls: ReactNode;
}

export function SessionHeader({ controls }: HeaderProps): ReactElement {
  const { session, status, account } = useReplica(SLICES);
  const profit = account === null ? null : subtractAmounts(account.equity, account.starting_equity);
  return (
    <header className="session-head">
      <div className="session-name">
        <StatePill status={status} />
        <div>
          <h1>{session === null ? 'laptop-agents' : session.symbols.join(', ')}</h1>
          <p className="soft">
            {session === null
              ? 'waiting for the session'
              : `${session.strategy} · ${session.interval} · ${session.source}`}
          </p>
        </div>
      </div>
      <dl className="headline">
        <div>
          <dt>Equity</dt>
          <dd>
            <Why topic={{ kind: 'account', field: 'equity' }}>
              {moneyText(account?.equity ?? status?.equity)}
            </Why>
            <span className="unit">USDT</span>
          </dd>
        </div>
        <div>
          <dt>Profit</dt>
          <dd>
            <Why topic={{ kind: 'account', field: 'profit' }} className={signClass(signOf(profit))}>
              {signedMoneyText(profit)}{' '}
              <small>({percentText(percentOf(profit, account?.starting_equity ?? null))})</small>
            </Why>
          </dd>
        </div>
        <div>
          <dt>Running for</dt>
          <dd>
            <Why topic={{ kind: 'time', field: 'elapsed' }}>{durationText(status?.elapsed)}</Why>
          </dd>
        </div>
        <div>
          <dt>Time left</dt>
          <dd>
            <Why topic={{ kind: 'time', field: 'remaining' }}>
              {session !== null && session.duration_ms === null ? 'no end' : durationText(status?.remaining)}
            </Why>
          </dd>
        </div>
      </dl>
      <div className="controls">{controls}</div>
    </header>
  );
}

/** State as a word with a shape, so that it does not hang on its colour. */
function StatePill({ status }: { readonly status: Status | null }): ReactElement {
  const { word, tone, mark } = describeState(status);
  return (
    <Why topic={{ kind: 'state' }} name="State" className={`pill ${tone}`}>
      <span aria-hidden="true">{mark}</span> {word}
    </Why>
  );
}

function describeState(status: Status | null): { word: string; tone: string; mark: string } {
  if (status === null) return { word: 'waiting', tone: 'calm', mark: '○' };
  if (status.state === 'running' && status.is_paused) return { word: 'paused', tone: 'warned', mark: '❚❚' };
  switch (status.state) {
    case 'running':
      return { word: 'running', tone: 'good', mark: '●' };
    case 'halted':
      return { word: 'halted', tone: 'bad', mark: '▲' };
    case 'ended':
      return { word: 'ended', tone: 'calm', mark: '■' };
    case 'starting':
    case 'warming':
    case 'stopping':
      return { word: status.state, tone: 'warned', mark: '◔' };
  }
}
