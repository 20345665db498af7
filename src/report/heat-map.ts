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

interface Axis {
  readonly name: string;
  readonly values: readonly (string | number | boolean | null)[];
}

/** Best scores by row (`down`) and column (`across`); null where no trial with both values has one. */
export interface ScoreMap {
  readonly across: Axis;
  readonly down: Axis;
  readonly scores: readonly (readonly (number | null)[])[];
}

/** Null where no two parameters have several values each, or one has more than can be shown. */
export function mapScores(trials: readonly MappedTrial[]): ScoreMap | null {
  const axes = axesOf(trials);
  if (axes === null) return null;
  const [across, down] = axes;
  const best = new Map<string, number>();
  for (const { params, score } of trials) {
    if (score === null) continue;
    const key = fieldKey(params[across.name], params[down.name]);
    best.set(key, Math.max(score, best.get(key) ?? Number.NEGATIVE_INFINITY));
  }
  const scores = down.values.map((row) =>
    across.values.map((column) => best.get(fieldKey(column, row)) ?? null),
  );
  return { across, down, scores };
}

/** Null where there is no {@link mapScores}. */
export function renderHeatMap(trials: readonly MappedTrial[], score: string): HtmlText | null {
  const map = mapScores(trials);
  if (map === null) return null;
  const { across, down, scores } = map;
  const found = scores.flat().filter((value) => value !== null);
  const [least, most] = [Math.min(0, ...found), Math.max(0, ...found)];
  const fields = scores.flatMap((row, y) => row.map((value, x) => renderField(value, { x, y }, least, most)));
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
  value: number | null,
  { x, y }: { readonly x: number; readonly y: number },
  least: number,
  most: number,
): HtmlText {
  if (value === null) return html``;
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
