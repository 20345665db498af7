/** A map of two parameters: each field shows the best score that any trial with both values had. */

import { displayNumber } from './display-text.ts';
import { type HtmlText, html } from './html-text.ts';

interface MappedTrial {
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
  readonly score: number | null;
}

/** Values of an axis at most; beyond it a map is not readable. */
const AXIS_MAX = 40;
const FIELD = 44;
const FIELD_HEIGHT = 26;
const MARGIN = { left: 90, top: 28 } as const;

/** Null where no two parameters have several values each. */
export function renderHeatMap(trials: readonly MappedTrial[], score: string): HtmlText | null {
  const axes = axesOf(trials);
  if (axes === null) return null;
  const [across, down] = axes;
  const best = new Map<string, number>();
  for (const { params, score: found } of trials) {
    if (found === null) continue;
    const key = fieldKey(params[across.name], params[down.name]);
    best.set(key, Math.max(found, best.get(key) ?? Number.NEGATIVE_INFINITY));
  }
  const found = [...best.values()];
  const [least, most] = [Math.min(0, ...found), Math.max(0, ...found)];
  const fields = down.values.flatMap((row, y) =>
    across.values.map((column, x) => renderField(best.get(fieldKey(column, row)), { x, y }, least, most)),
  );
  const width = MARGIN.left + across.values.length * FIELD;
  const height = MARGIN.top + down.values.length * FIELD_HEIGHT;
  return html`<div class="heat">
    <div class="scroll">
      <svg
        width="${width}"
        height="${height}"
        viewBox="0 0 ${width} ${height}"
        role="img"
        aria-label="Map of ${score}"
      >
        ${across.values.map((value, x) => renderTick(value, MARGIN.left + (x + 0.5) * FIELD, MARGIN.top - 9, 'middle'))}
        ${down.values.map((value, y) => renderTick(value, MARGIN.left - 8, MARGIN.top + (y + 0.65) * FIELD_HEIGHT, 'end'))}
        ${fields}
      </svg>
    </div>
    <p class="note">
      ${across.name} across, ${down.name} down. Where other parameters varied too, the best of them counts. A
      result to trust has neighbours like it.
    </p>
  </div>`;
}

function renderTick(value: unknown, x: number, y: number, anchor: 'middle' | 'end'): HtmlText {
  return html`<text class="tick" x="${x}" y="${y}" text-anchor="${anchor}">${String(value)}</text>`;
}

interface Axis {
  readonly name: string;
  readonly values: readonly (string | number | boolean | null)[];
}

/** The two parameters with the most values; null where there are not two, or one has more than can be shown. */
function axesOf(trials: readonly MappedTrial[]): readonly [Axis, Axis] | null {
  const names = Object.keys(trials[0]?.params ?? {});
  const [across, down] = names
    .map((name): Axis => {
      const values = [...new Set(trials.map(({ params }) => params[name] ?? null))];
      return { name, values: values.toSorted((a, b) => Number(a) - Number(b)) };
    })
    .filter(({ values }) => values.length > 1)
    .toSorted((a, b) => b.values.length - a.values.length);
  if (across === undefined || down === undefined || across.values.length > AXIS_MAX) return null;
  return [across, down];
}

function fieldKey(column: unknown, row: unknown): string {
  return JSON.stringify([column, row]);
}

function renderField(
  value: number | undefined,
  { x, y }: { readonly x: number; readonly y: number },
  least: number,
  most: number,
): HtmlText {
  if (value === undefined) return html``;
  const share = value >= 0 ? value / (most || 1) : value / (least || -1);
  const [left, top] = [MARGIN.left + x * FIELD, MARGIN.top + y * FIELD_HEIGHT];
  const opacity = (0.08 + 0.72 * share).toFixed(2);
  const kind = value >= 0 ? 'field' : 'field loss';
  return html`<rect
      class="${kind}"
      x="${left}"
      y="${top}"
      width="${FIELD - 1}"
      height="${FIELD_HEIGHT - 1}"
      fill-opacity="${opacity}"
    />
    <text class="value" x="${left + FIELD / 2}" y="${top + FIELD_HEIGHT * 0.65}" text-anchor="middle">
      ${displayNumber(value)}
    </text>`;
}
