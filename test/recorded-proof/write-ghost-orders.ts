/** Writes docs/ghost-orders.md from the recordings: `LA_DATA_DIR=… node test/recorded-proof/write-ghost-orders.ts`. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRecordedSession } from '../../src/storage/recorded-session.ts';
import { type GhostRow, haunt } from './ghost-orders.ts';
import { readRawSession } from './raw-session.ts';
import { SESSIONS } from './run-recorded.ts';

const PASSES = 6;
const FILE = fileURLToPath(new URL('../../docs/ghost-orders.md', import.meta.url));

const INTRODUCTION = `# Ghost orders

How often does an order at the best price fill? Too often, and every market-making result is a dream. Small orders (about 50
USDT) are placed at the best bid and the best ask all through each recorded session, one a side at a time, 100 ms of
latency, and stay for a while or until they are filled. How much of them the paper exchange fills must lie between two bounds
that come from the raw recording alone, by code that shares nothing with the exchange:

- _at least_: prints _through_ the price, by their size, while the book was a market;
- _at most_: whatever left the price, by print or by cancel, was ahead of the ghost, and both are counted where one explains
  the other; once nothing is ahead, every print at the price is the ghost's.

It holds for each ghost, not only for the sums: _outside_ counts those for which it does not.

`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function tableOf(rows: readonly GhostRow[]): string {
  const lines = rows.map(
    ({ session, lifeMs, ghosts, least, filled, most, findings }) =>
      `| ${session} | ${(lifeMs / 1_000).toFixed(0)} s | ${ghosts} | ${percent(least)} | ${percent(filled)} | ${percent(most)} | ${findings.length} |`,
  );
  return [
    '| session | life | ghosts | at least | filled | at most | outside |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

const folder = process.env['LA_DATA_DIR'];
if (folder === undefined || folder === '') throw new Error('LA_DATA_DIR names no folder of recordings');
const rows: GhostRow[] = [];
for (const name of SESSIONS) {
  const prefix = path.join(folder, name);
  rows.push(haunt(name, await loadRecordedSession(prefix), readRawSession(prefix), PASSES));
}
const closing = `
Made by \`LA_DATA_DIR=… node test/recorded-proof/write-ghost-orders.ts\`, with the default terms of the exchange;
\`test/recorded-proof\` asserts the same in every run that has the recordings.
`;
writeFileSync(FILE, `${INTRODUCTION}${tableOf(rows)}${closing}`);
process.stdout.write(tableOf(rows));
