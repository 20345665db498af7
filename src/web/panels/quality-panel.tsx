/** Stretches of doubtful data: when, what, and whether they were filled in later. The chart shades the same stretches. */

import type { ReactElement } from 'react';
import { clockText, spanText } from '../display/time-text.ts';
import { plainWord } from '../display/words.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Panel } from './panel.tsx';

const SLICES = ['quality'] as const;
const STRETCHES_SHOWN = 8;
/** Records under it doubt a fill of the optimistic exchange, not the data. */
const BAND_FEED = 'band';

export function QualityPanel(): ReactElement {
  const { quality: records } = useReplica(SLICES);
  const quality = records.filter(({ feed }) => feed !== BAND_FEED);
  const doubts = records.length - quality.length;
  return (
    <Panel
      title="Data quality"
      aside={
        <span className="soft">
          {quality.length === 0 ? '' : `${quality.length} ${quality.length === 1 ? 'stretch' : 'stretches'}`}
        </span>
      }
    >
      {quality.length === 0 ? <p className="empty">No doubtful data.</p> : null}
      {doubts > 0 ? (
        <p className="soft">Fills that only the optimistic exchange gave, without a print: {doubts}</p>
      ) : null}
      <ul className="stretches">
        {quality
          .slice(-STRETCHES_SHOWN)
          .toReversed()
          .map((row) => (
            <li key={`${row.from_ms} ${row.symbol} ${row.feed} ${row.kind}`}>
              <time>{clockText(row.from_ms)}</time> <b>{plainWord(row.kind)}</b> {row.feed},{' '}
              {spanText(row.to_ms - row.from_ms)}
              {row.backfilled ? ', filled in' : ''}
              <p className="soft">{row.detail}</p>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
