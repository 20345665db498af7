/** What each agent said of the newest bars. */

import type { ReactElement } from 'react';
import type { Verdict } from '../../protocol/rows.ts';
import { clockText } from '../display/time-text.ts';
import { plainWord } from '../display/words.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';

const SLICES = ['verdicts'] as const;
const BARS_SHOWN = 6;

export function VerdictPanel({ symbol }: { readonly symbol: string }): ReactElement {
  const { verdicts } = useReplica(SLICES);
  const bars = new Map<number, Verdict[]>();
  for (const verdict of verdicts) {
    if (verdict.symbol !== symbol) continue;
    const list = bars.get(verdict.bar_open_time_ms) ?? [];
    list.push(verdict);
    bars.set(verdict.bar_open_time_ms, list);
  }
  const newest = [...bars].slice(-BARS_SHOWN).toReversed();
  return (
    <Panel title="Agents' verdicts">
      {newest.length === 0 ? (
        <p className="empty">This strategy has no agents, or no bar has closed yet.</p>
      ) : null}
      {newest.map(([openMs, list]) => (
        <details key={openMs} className="verdict-bar" open={openMs === newest[0]?.[0]}>
          <summary>
            Bar {clockText(openMs)}{' '}
            <span className="soft">{list.map(({ verdict }) => plainWord(verdict)).join(' · ')}</span>
          </summary>
          <ul>
            {list.map((verdict) => (
              <li key={verdict.agent}>
                <b>{plainWord(verdict.agent)}</b>: {plainWord(verdict.verdict)}
                {verdict.confidence === null ? '' : ` (${Math.round(verdict.confidence * 100)} %)`}
                <p>{verdict.reason}</p>
                <p className="soft">
                  {Object.entries(verdict.numbers)
                    .map(([name, value]) => `${plainWord(name)} ${String(value)}`)
                    .join(' · ')}
                </p>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </Panel>
  );
}
