/** Feeds, clock, memory and event loop: whether the machinery behind the session is well. */

import type { ReactElement } from 'react';
import type { HealthField } from '../explain/explanation.ts';
import type { Status } from '../../protocol/messages.ts';
import { UNKNOWN_TEXT, amountText, signedText } from '../display/amount-text.ts';
import { spanText } from '../display/time-text.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';
import { Why } from './why.tsx';

const SLICES = ['status'] as const;

/** A feed that is older than this is shown as trouble, ms. */
const FEED_AGE_WORRY_MS: Readonly<Record<string, number>> = { kline: 15_000, ticker: 5_000 };
/** A delay of the event loop that people would feel, ms. */
const LAG_WORRY_MS = 500;

export function HealthPanel(): ReactElement {
  const { status } = useReplica(SLICES);
  if (status === null) {
    return (
      <Panel title="Health">
        <p className="empty">No heartbeat yet.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Health">
      <dl className="facts">
        {Object.entries(status.feeds).map(([name, feed]) => {
          const isLate = feed.age_ms !== null && feed.age_ms > (FEED_AGE_WORRY_MS[name] ?? 15_000);
          const isWell = feed.state === 'connected' && !isLate;
          return (
            <div key={name}>
              <dt>Feed {name}</dt>
              <dd>
                <Why topic={{ kind: 'feed', feed: name }} className={isWell ? '' : 'warned'}>
                  {isWell ? '● ' : '▲ '}
                  {feed.state}, {spanText(feed.age_ms)}
                </Why>
                <small className="soft line">
                  {feed.reconnects} reconnects, {feed.gaps} gaps
                </small>
              </dd>
            </div>
          );
        })}
        {healthRows(status).map(({ field, label, text, isWorrying }) => (
          <div key={field}>
            <dt>{label}</dt>
            <dd>
              <Why topic={{ kind: 'health', field }} className={isWorrying ? 'warned' : ''}>
                {isWorrying ? '▲ ' : ''}
                {text}
              </Why>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

interface HealthRow {
  readonly field: HealthField;
  readonly label: string;
  readonly text: string;
  readonly isWorrying: boolean;
}

function healthRows(status: Status): HealthRow[] {
  const number = (value: number | null, unit: string): string =>
    value === null ? UNKNOWN_TEXT : `${value} ${unit}`;
  const row = (field: HealthField, label: string, text: string, isWorrying = false): HealthRow => ({
    field,
    label,
    text,
    isWorrying,
  });
  return [
    row(
      'clock',
      'Clock offset',
      status.clock_offset_ms === null
        ? UNKNOWN_TEXT
        : `${signedText(String(Math.round(status.clock_offset_ms)))} ms`,
    ),
    row('round_trip', 'Round trip', spanText(status.round_trip_ms)),
    row(
      'lag',
      'Event loop',
      spanText(status.event_loop_lag_ms),
      (status.event_loop_lag_ms ?? 0) > LAG_WORRY_MS,
    ),
    row('memory', 'Memory', number(status.ram_mb === null ? null : Math.round(status.ram_mb), 'MiB')),
    row('cpu', 'Processor', number(status.cpu_percent === null ? null : Math.round(status.cpu_percent), '%')),
    row('events', 'Events', amountText(status.events === null ? null : String(status.events))),
    row(
      'errors',
      'Errors',
      status.errors === null ? UNKNOWN_TEXT : String(status.errors),
      (status.errors ?? 0) > 0,
    ),
  ];
}
