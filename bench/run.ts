/**
 * Measures the program and prints what came out: `node bench/run.ts [case…] [--pairs N] [--json FILE]`.
 *
 * Method and figures: docs/performance.md. Exit code 0 whether or not a goal is met; 1 where a case's own check failed
 * (its work was wrong, so it has no number); 2 for wrong usage.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.ts';
import { PROJECT, describeMachine } from './harness/machine.ts';
import { caseText, machineText } from './harness/print-run.ts';
import { dataFolder } from './harness/recorded-tiles.ts';
import { type CaseRun, runCase } from './harness/run-case.ts';

const PAIRS = 5;

const usage = `usage: node bench/run.ts [case…] [--pairs N] [--json FILE]; cases: ${CASES.map(({ name }) => name).join(', ')}`;

function readArguments(): { names: string[]; pairs: number; json: string } | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { pairs: { type: 'string', default: String(PAIRS) }, json: { type: 'string' } },
    });
    const pairs = Number(values.pairs);
    const isKnown = positionals.every((name) => CASES.some((bench) => bench.name === name));
    if (!isKnown || !Number.isInteger(pairs) || pairs < 1) return null;
    const json = values.json ?? path.join(PROJECT, 'bench', 'results', 'latest.json');
    return { names: positionals, pairs, json: path.resolve(json) };
  } catch {
    return null;
  }
}

const wanted = readArguments();
if (wanted === null) {
  console.error(usage);
  process.exit(2);
}

const machine = describeMachine();
console.log(machineText(machine));
const runs: CaseRun[] = [];
for (const bench of CASES) {
  if (wanted.names.length > 0 && !wanted.names.includes(bench.name)) continue;
  const isWithoutData = bench.needsData && dataFolder() === null;
  const run = isWithoutData
    ? {
        name: bench.name,
        title: bench.title,
        skipped: 'LA_DATA_DIR is not set',
        failure: null,
        samples: [],
        results: [],
      }
    : await runCase(bench, wanted.pairs, showProgress);
  runs.push(run);
  clearProgress();
  console.log(caseText(bench, run));
}
mkdirSync(path.dirname(wanted.json), { recursive: true });
const document = { machine, takenAt: new Date().toISOString(), pairs: wanted.pairs, cases: runs };
writeFileSync(wanted.json, `${JSON.stringify(document, null, 2)}\n`);
console.log(`\nwritten: ${wanted.json}`);
process.exitCode = runs.some(({ failure }) => failure !== null) ? 1 : 0;

function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
