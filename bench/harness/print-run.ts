/** The table that people read: what was measured of each variant, what follows, and how quiet the machine was. */

import type { BenchCase, Conclusion, Goal, Variant } from './bench-case.ts';
import type { Machine } from './machine.ts';
import type { CaseRun, Result, TakenSample } from './run-case.ts';
import { median } from './statistics.ts';

export function machineText(machine: Machine): string {
  const data = Object.entries(machine.data).map(([name, hash]) => `data    ${hash.slice(0, 16)}… ${name}`);
  return [
    `node    ${machine.node}, V8 ${machine.v8}, flags: ${machine.flags.join(' ') || 'none'}`,
    `machine ${machine.cores} x ${machine.cpu}`,
    `commit  ${machine.commit ?? 'unknown'}`,
    ...data,
  ].join('\n');
}

export function caseText(bench: BenchCase, run: CaseRun): string {
  const lines = [`\n${run.name}: ${run.title}`];
  if (run.skipped !== null) lines.push(`  skipped: ${run.skipped}`);
  if (run.failure !== null) lines.push(`  FAILED: ${run.failure}`);
  if (run.skipped === null && run.failure === null) {
    for (const variant of bench.variants) {
      lines.push(
        variantText(
          variant,
          run.samples.filter((sample) => sample.variant === variant.name),
        ),
      );
    }
    for (const result of run.results) lines.push(resultText(result));
  }
  return lines.join('\n');
}

function variantText(variant: Variant, samples: readonly TakenSample[]): string {
  const quiet = samples.filter(({ wallMs }) => wallMs !== null);
  const discarded = samples.reduce((sum, { roundsDiscarded }) => sum + roundsDiscarded, 0);
  const rounds = samples.reduce((sum, { roundsKept }) => sum + roundsKept, discarded);
  const noise = `${discarded} of ${rounds} rounds discarded`;
  const name = `  ${variant.name.padEnd(18)}`;
  if (quiet.length === 0) return `${name} not measured: too much else ran here (${noise})`;
  const wallMs = median(quiet.map((sample) => sample.wallMs ?? Number.NaN));
  const cpuMs = median(quiet.map((sample) => sample.cpuMs ?? Number.NaN));
  const units = quiet[0]?.units ?? Number.NaN;
  const firstMs = median(samples.map((sample) => sample.firstMs));
  return [
    name,
    `${rateText((units / wallMs) * 1_000)} ${variant.unit}/s`.padStart(20),
    `${numberText((wallMs / units) * 1e6)} ns`.padStart(12),
    `cpu/wall ${(cpuMs / wallMs).toFixed(2)}`,
    `first ${(firstMs / wallMs).toFixed(1)} x slower`,
    noise,
  ].join('  ');
}

function resultText({ conclusion, verdict, values, indication }: Result): string {
  const label = `  ${conclusion.label.padEnd(46)}`;
  const show = (value: number): string => valueText(conclusion, value);
  const goal =
    conclusion.goal === null ? '' : `   goal ${goalText(conclusion.goal, show)}: ${verdict.toUpperCase()}`;
  if (values === null) {
    const hint = indication === null ? '' : ` (disturbed rounds say about ${show(indication)})`;
    return `${label} not measured${hint}${goal}`;
  }
  const spread = `best ${show(values.best)}, ${show(values.min)} .. ${show(values.max)}, ${values.pairs} pairs`;
  return `${label} ${show(values.median)} (${spread})${goal}`;
}

function valueText(conclusion: Conclusion, value: number): string {
  if (conclusion.kind === 'reading') return `${numberText(value)} ${conclusion.unit}`.trimEnd();
  return conclusion.isFraction === true ? `1/${numberText(1 / value)}` : `${numberText(value)} x`;
}

function goalText(goal: Goal, show: (value: number) => string): string {
  return 'atLeast' in goal ? `>= ${show(goal.atLeast)}` : `<= ${show(goal.atMost)}`;
}

function rateText(rate: number): string {
  if (rate >= 1e6) return `${numberText(rate / 1e6)} M`;
  return rate >= 1e3 ? `${numberText(rate / 1e3)} k` : numberText(rate);
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
