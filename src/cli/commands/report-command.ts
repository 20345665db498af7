/** `la report SESSION` */

import { Option } from '@commander-js/extra-typings';

import type { ReportFormat } from '../../app/report.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';

const FORMATS = ['html', 'json', 'csv'] as const satisfies readonly ReportFormat[];

export function addReportCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('report')
    .description('report what came of a session')
    .argument('<session>', 'a session id, "latest", or the path of a session folder')
    .addOption(
      new Option('--format <format>', 'html, json or csv (default: html, or json with --json)').choices(
        FORMATS,
      ),
    )
    .addHelpText(
      'after',
      `
html writes report.html into the session's folder and prints where; json and csv (its round trips) go to stdout.

Examples:
  la report latest
  la report latest --format json | jq .report.pnl_absolute
  la report latest --format csv > trades.csv

Exit codes: 0 reported, 1 the session has no readable result, 2 there is no such session.`,
    )
    .action(async (session, { format }) => {
      const { showReport } = await import('../../app/report.ts');
      const io = context.io();
      return context.finish(
        showReport(context.globals().workspace, session, format ?? (io.json ? 'json' : 'html'), io),
      );
    });
}
