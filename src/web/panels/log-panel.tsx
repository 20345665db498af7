/** The system log with filters by level and by text. `/` goes to the filter. */

import { type ReactElement, useDeferredValue, useState } from 'react';
import type { LogLine } from '../../protocol/rows.ts';
import { clockText } from '../display/time-text.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';

const SLICES = ['logs'] as const;
const LINES_SHOWN = 200;
const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export const LOG_FILTER_ID = 'log-filter';

export function LogPanel(): ReactElement {
  const { logs } = useReplica(SLICES);
  const [level, setLevel] = useState<LogLine['level']>('info');
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const lowest = LEVELS.indexOf(level);
  const lines = logs
    .filter((line) => LEVELS.indexOf(line.level) >= lowest && matches(line, wanted))
    .slice(-LINES_SHOWN)
    .toReversed();
  return (
    <Panel
      title="Log"
      className="log-panel"
      aside={
        <span className="filters">
          <select
            aria-label="Least level"
            value={level}
            onChange={({ target }) => setLevel(target.value as LogLine['level'])}
          >
            {LEVELS.map((name) => (
              <option key={name} value={name}>
                {name} and up
              </option>
            ))}
          </select>
          <input
            id={LOG_FILTER_ID}
            type="search"
            placeholder="filter ( / )"
            aria-label="Filter the log"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </span>
      }
    >
      {lines.length === 0 ? <p className="empty">No lines.</p> : null}
      {/* Scrolls by itself, so it must take the focus for those who scroll by keyboard. */}
      <ol className="log-lines" tabIndex={0} aria-label="Log lines, newest first">
        {lines.map((line) => (
          <li key={line.line_id} className={`level-${line.level}`}>
            <time>{clockText(line.time_ms, true)}</time> <b>{line.level}</b> {line.msg}
            <FieldList fields={line.fields} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function FieldList({ fields }: { readonly fields: LogLine['fields'] }): ReactElement | null {
  const entries = Object.entries(fields);
  if (entries.length === 0) return null;
  return (
    <span className="soft">
      {entries
        .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join('')}
    </span>
  );
}

function matches(line: LogLine, wanted: string): boolean {
  if (wanted === '') return true;
  return `${line.msg} ${line.event} ${JSON.stringify(line.fields)}`.toLowerCase().includes(wanted);
}
