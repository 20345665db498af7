/** The result of a sweep as a table of its best trials for a terminal. */

import { displayMoney, displayNumber, displaySignedMoney } from './display-text.ts';
import { type SweepDocument, paramsText } from './sweep-html.ts';

const ROWS_MAX = 10;

export function formatSweepSummary(
  sweep: SweepDocument,
  { reportPath, seconds }: { readonly reportPath: string; readonly seconds: number },
): string {
  const { trials, refused, walk_forward: walk } = sweep;
  const lines = [
    `${trials.length} trials of ${sweep.strategy} on ${sweep.symbol} in ${seconds.toFixed(1)} s` +
      (refused.length === 0 ? '' : `; ${refused.length} more were refused by the strategy`),
    '',
  ];
  const header = ['trial', 'parameters', sweep.score, 'profit', 'trades', 'drawdown'];
  const rows = trials
    .slice(0, ROWS_MAX)
    .map((row) => [
      String(row.trial),
      paramsText(row.params),
      displayNumber(row.score),
      displaySignedMoney(row.pnl_absolute),
      String(row.trades),
      displayMoney(row.max_drawdown),
    ]);
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table)
    lines.push(
      `  ${row
        .map((cell, column) =>
          column === 1 ? cell.padEnd(widths[1] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')}`.trimEnd(),
    );
  if (trials.length > ROWS_MAX) lines.push(`  and ${trials.length - ROWS_MAX} more in trials.csv`);
  if (walk !== null)
    lines.push(
      '',
      `Walk-forward: ${walk.out_of_sample_pnl.toFixed(2)} USDT over ${walk.windows.length} stretches that were not chosen on` +
        (walk.efficiency === null ? '' : ` (efficiency ${walk.efficiency.toFixed(2)})`),
    );
  if (sweep.warnings.length > 0) lines.push('', ...sweep.warnings.map((warning) => `! ${warning}`));
  return `${[...lines, '', `Report  ${reportPath}`].join('\n')}\n`;
}
