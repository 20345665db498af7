/** The map of a sweep: the best score for each pair of values of its two parameters with the most of them. */

import type { ReactElement } from 'react';
import type { SweepMap } from '../../protocol/sweeps.ts';
import { amountText } from '../display/amount-text.ts';

/** Percent of the colour at the faintest and the strongest score. */
const TINT_MIN = 4;
const TINT_MAX = 34;

export function SweepMapTable({
  map,
  score,
}: {
  readonly map: SweepMap;
  readonly score: string;
}): ReactElement {
  const { across, down, scores } = map;
  const found = scores.flat().filter((value) => value !== null);
  const [least, most] = [Math.min(0, ...found), Math.max(0, ...found)];
  const best = Math.max(...found);
  return (
    <>
      <div className="map-scroll">
        <table className="map">
          <caption className="heard">
            {score}: {across.name} across, {down.name} down
          </caption>
          <thead>
            <tr>
              <td>
                {down.name} ╲ {across.name}
              </td>
              {across.values.map((value) => (
                <th key={String(value)} scope="col">
                  {String(value)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {down.values.map((row, y) => (
              <tr key={String(row)}>
                <th scope="row">{String(row)}</th>
                {across.values.map((column, x) => {
                  const value = scores[y]?.[x] ?? null;
                  return (
                    <td
                      key={String(column)}
                      className={value !== null && value === best ? 'best' : ''}
                      style={{ background: tintOf(value, least, most) }}
                    >
                      {amountText(value?.toFixed(2))}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="soft">
        {across.name} across, {down.name} down; the best is framed. Where other parameters varied too, the
        best of them counts. A result to trust has neighbours like it.
      </p>
    </>
  );
}

/** Gains and losses in two colours, each the stronger the further from 0; the number is in the field all the same. */
function tintOf(value: number | null, least: number, most: number): string {
  if (value === null) return 'none';
  const share = value >= 0 ? value / (most || 1) : value / (least || -1);
  const percent = Math.round(TINT_MIN + (TINT_MAX - TINT_MIN) * share);
  return `color-mix(in srgb, var(${value >= 0 ? '--up' : '--down'}) ${percent}%, var(--surface))`;
}
