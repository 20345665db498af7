/**
 * What a sweep looks through: the file of `la sweep --space`, checked, and the trials that it spans.
 *
 * A file is YAML or JSON. Findings name its line and column. Trials come in a fixed order: that of the grid, the last
 * parameter running fastest, or that of the seeded draws.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Document, LineCounter, type Node, isMap, isNode, isScalar, parseDocument } from 'yaml';
import { z } from 'zod';
import { SeededRandom } from '../../core/base/random.ts';
import { parseSpanMs } from '../../core/base/time.ts';
import { ConfigError, showValue } from '../config/config-error.ts';
import { parseUtcTime } from '../config/utc-time.ts';

/** Trials of one search at most: their results are held in memory. */
const TRIALS_MAX = 100_000;
/** A range is stepped in whole steps and rounded here, so that 0.1 + 0.2 is 0.3. */
const RANGE_DIGITS = 12;
/** Drawings for one trial that is not there yet, before a random search takes its space as exhausted. */
const DRAWS_MAX = 1_000;

export const SCORES = ['sharpe', 'pnl', 'profit_factor', 'pnl_over_drawdown'] as const;
export type Score = (typeof SCORES)[number];

const scalarShape = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const rangeShape = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    step: z.number().positive().optional(),
    integer: z.boolean().optional(),
  })
  .refine(({ from, to }) => to >= from, { error: '"to" at or above "from"' });
const choicesShape = z.union(
  [scalarShape, z.array(scalarShape).min(1, { error: 'a list with a value' }), rangeShape],
  {
    error: 'a value, a list of values, or a range {from, to, step}',
  },
);
const spanShape = z
  .string()
  .refine((text) => (parseSpanMs(text, 0) ?? 0) > 0, { error: 'a span such as 12h or 30d' });
const timeShape = z.union([
  z.number(),
  z.string().refine((text) => parseUtcTime(text) !== null, { error: 'a time such as 2025-03-01' }),
]);

const fileShape = z.string({ error: 'the path of a file' }).min(1, { error: 'the path of a file' });

/** One for each contract. */
const filesShape = z.union([fileShape.transform((file) => [file]), z.array(fileShape).min(1)], {
  error: 'the path of a file, or a list of them: one for each contract',
});

const spaceShape = z.strictObject({
  data: filesShape.optional(),
  funding: filesShape.optional(),
  mark: filesShape.optional(),
  from: timeShape.optional(),
  to: timeShape.optional(),
  strategy: fileShape.optional(),
  params: z.record(z.string().min(1), choicesShape, { error: 'parameters and their values' }),
  search: z
    .union([
      z.literal('grid'),
      z.strictObject({ random: z.int().min(1).max(TRIALS_MAX), seed: z.int().min(0).optional() }),
    ])
    .optional(),
  score: z.enum(SCORES).optional(),
  walk_forward: z.strictObject({ train: spanShape, test: spanShape }).optional(),
});

type Choices = z.infer<typeof choicesShape>;
type Scalar = z.infer<typeof scalarShape>;
export type TrialParams = Readonly<Record<string, Scalar>>;

export interface Trial {
  /** Counts from 1, in the order of the space. */
  readonly trial: number;
  readonly params: TrialParams;
  /** Of every random draw of the trial; absent = the search's own. */
  readonly seed?: number;
}

export interface WalkForward {
  readonly trainMs: number;
  readonly testMs: number;
}

export interface SweepSpace {
  /** Absolute, one for each contract; none = not said here. */
  readonly data: readonly string[];
  readonly funding: readonly string[];
  readonly mark: readonly string[];
  /** ms UTC; null = the data's own begin, end. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Name, or absolute path of a file; null = as configured. */
  readonly strategy: string | null;
  readonly params: Readonly<Record<string, Choices>>;
  /** null = the whole grid. */
  readonly random: { readonly trials: number; readonly seed: number } | null;
  readonly score: Score;
  readonly walkForward: WalkForward | null;
}

/** Reads the file; relative paths in it count from where it lies. Throws {@link ConfigError} with file, line and column. */
export function readSweepSpace(file: string): SweepSpace {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([`${file}: expected a readable file, found ${code === 'ENOENT' ? 'none' : code}`]);
  }
  return parseSweepSpace(text, file);
}

/** As {@link readSweepSpace}, for text at hand. */
export function parseSweepSpace(text: string, file: string): SweepSpace {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new ConfigError([
      `${at(broken.pos[0])}: expected YAML, found: ${broken.message.split('\n')[0] ?? ''}`,
    ]);
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const checked = spaceShape.safeParse(value);
  if (!checked.success) {
    throw new ConfigError(
      checked.error.issues.map((issue) => {
        const node = document.getIn(issue.path, true);
        const offset = isNode(node) ? (placeOf(node, issue) ?? 0) : 0;
        const name = issue.path.length === 0 ? 'the sweep' : issue.path.join('.');
        return `${at(offset)}: ${name}: expected ${expectation(issue)}, found ${foundText(document, issue)}`;
      }),
    );
  }
  return toSpace(checked.data, path.dirname(path.resolve(file)));
}

/** Of the key that is not known, otherwise of the value. */
function placeOf(node: Node, issue: z.core.$ZodIssue): number | undefined {
  if (issue.code === 'unrecognized_keys' && isMap(node)) {
    for (const { key } of node.items)
      if (isScalar(key) && issue.keys.includes(String(key.value))) return key.range?.[0];
  }
  return node.range?.[0];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return issue.path.length === 0 ? Object.keys(spaceShape.shape).join(', ') : 'only keys that are known';
}

function foundText(document: Document, issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : showValue(document.getIn(issue.path));
}

function toSpace(checked: z.infer<typeof spaceShape>, folder: string): SweepSpace {
  const { search, strategy, walk_forward: windows } = checked;
  const files = (given: readonly string[] = []): readonly string[] =>
    given.map((file) => path.resolve(folder, file));
  const timeMs = (given: string | number | undefined): number | null =>
    given === undefined ? null : typeof given === 'number' ? given : parseUtcTime(given);
  return {
    data: files(checked.data),
    funding: files(checked.funding),
    mark: files(checked.mark),
    fromMs: timeMs(checked.from),
    toMs: timeMs(checked.to),
    strategy:
      strategy === undefined ? null : /[/\\.]/.test(strategy) ? path.resolve(folder, strategy) : strategy,
    params: checked.params,
    random: typeof search === 'object' ? { trials: search.random, seed: search.seed ?? 1 } : null,
    score: checked.score ?? 'sharpe',
    walkForward:
      windows === undefined
        ? null
        : { trainMs: parseSpanMs(windows.train, 0) ?? 0, testMs: parseSpanMs(windows.test, 0) ?? 0 },
  };
}

/** The trials of a space, each set of parameters once. Throws {@link ConfigError} for a space without end. */
export function trialsOf(space: SweepSpace): readonly Trial[] {
  return space.random === null ? gridTrials(space) : randomTrials(space, space.random);
}

function gridTrials({ params }: SweepSpace): readonly Trial[] {
  const axes = Object.entries(params).map(([name, choices]) => ({ name, values: valuesOf(name, choices) }));
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > TRIALS_MAX)
    throw new ConfigError([
      `params: expected at most ${TRIALS_MAX} trials, found ${count}; "search: {random: N}" draws N of them`,
    ]);
  let combined: TrialParams[] = [{}];
  for (const { name, values } of axes)
    combined = combined.flatMap((begun) => values.map((value) => ({ ...begun, [name]: value })));
  return combined.map((found, index) => ({ trial: index + 1, params: found }));
}

function valuesOf(name: string, choices: Choices): readonly Scalar[] {
  if (Array.isArray(choices)) return choices;
  if (typeof choices !== 'object' || choices === null) return [choices];
  const { from, to, step, integer } = choices;
  const width = step ?? (integer === true ? 1 : null);
  if (width === null)
    throw new ConfigError([`params.${name}: expected a step for a grid, found a range without one`]);
  const count = Math.floor((to - from) / width + Number.EPSILON * 8) + 1;
  if (count > TRIALS_MAX)
    throw new ConfigError([`params.${name}: expected at most ${TRIALS_MAX} values, found ${count}`]);
  return Array.from({ length: count }, (_, at) => rounded(from + at * width));
}

function randomTrials(
  { params }: SweepSpace,
  { trials: wanted, seed }: { readonly trials: number; readonly seed: number },
): readonly Trial[] {
  const random = new SeededRandom(seed);
  const axes = Object.entries(params);
  const seen = new Set<string>();
  const trials: Trial[] = [];
  let draws = 0;
  while (trials.length < wanted && draws < DRAWS_MAX) {
    draws++;
    const drawn = Object.fromEntries(axes.map(([name, choices]) => [name, draw(name, choices, random)]));
    const key = JSON.stringify(drawn);
    if (seen.has(key)) continue;
    seen.add(key);
    draws = 0;
    trials.push({ trial: trials.length + 1, params: drawn });
  }
  return trials;
}

function draw(name: string, choices: Choices, random: SeededRandom): Scalar {
  if (typeof choices === 'object' && choices !== null && !Array.isArray(choices) && isContinuous(choices))
    return rounded(choices.from + random.nextFloat() * (choices.to - choices.from));
  const values = valuesOf(name, choices);
  return values[random.nextBelow(values.length)] ?? null;
}

function isContinuous({ step, integer }: z.infer<typeof rangeShape>): boolean {
  return step === undefined && integer !== true;
}

function rounded(value: number): number {
  return Number(value.toPrecision(RANGE_DIGITS));
}
