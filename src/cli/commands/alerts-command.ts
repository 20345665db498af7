/** `la alerts test`, `la alerts status`, `la alerts flush` */

import type { AlertsSubject } from '../../app/alert-commands.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { readSettings, settingSources } from '../setting-options.ts';

const FLUSH_LIMIT = '60s';

export function addAlertsCommand(program: AnyCommand, context: CommandContext): void {
  const alerts = program
    .command('alerts')
    .description('where alerts are delivered: test the channels, see what waits, deliver it now');
  const subjectOf = (command: AnyCommand): AlertsSubject => ({
    workspace: context.globals().workspace,
    settings: readSettings(settingSources(command, context, 'continue'), context).alerts,
    environment: context.environment,
  });

  const test = alerts
    .command('test')
    .description('send a test alert through every channel')
    .addHelpText(
      'after',
      `
Levels and quiet hours do not count, and logs/alert.txt is not written to.

Example:
  LA_ALERTS_TELEGRAM_TOKEN_FILE=~/telegram-token LA_ALERTS_TELEGRAM_CHAT=12345 la alerts test

Exit codes: 0 every channel took it, 1 one did not or none is set, 2 configuration.`,
    );
  test.action(async () => {
    const { testAlerts } = await import('../../app/alert-commands.ts');
    return context.finish(testAlerts(subjectOf(test), context.io()));
  });

  const status = alerts
    .command('status')
    .description('show what each channel was told, and what waits for it')
    .addHelpText(
      'after',
      `
Example:
  la alerts status --json | jq '.channels[] | select(.waiting > 0)'

Exit codes: 0 shown, 2 configuration.`,
    );
  status.action(async () => {
    const { showAlerts } = await import('../../app/alert-commands.ts');
    return context.finish(showAlerts(subjectOf(status), context.io()));
  });

  const flush = alerts
    .command('flush')
    .description('deliver what a session could not deliver any more')
    .option('--timeout <span>', `how long to try (default: ${FLUSH_LIMIT})`, FLUSH_LIMIT)
    .addHelpText(
      'after',
      `
A session and "la watch" deliver by themselves, also what an earlier session left.

Example:
  la alerts flush --timeout 5m

Exit codes: 0 nothing waits any more, 1 something does, 2 configuration.`,
    );
  flush.action(async ({ timeout }) => {
    const { flushAlerts } = await import('../../app/alert-commands.ts');
    return context.finish(flushAlerts(subjectOf(flush), timeout, context.io()));
  });
}
