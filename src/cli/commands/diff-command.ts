/** `la diff SESSION [OTHER|--rerun]` */

import { ConfigError } from '../../app/config/config-error.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';

const collect = (value: string, former: readonly string[]): string[] => [...former, value];

export function addDiffCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('diff')
    .description('compare two sessions order by order, or a session with its rerun under other settings')
    .argument('<session>', 'a session id, "latest", or the path of a session folder')
    .argument('[other]', 'the session to compare it with')
    .option('--rerun', 'compare with a rerun of the same recording')
    .option('--set <name=value>', 'a setting of the rerun; repeatable', collect, [] as string[])
    .addHelpText(
      'after',
      `
Orders are paired by the decision that they come from. Each difference has a cause: data_gap, latency, queue, model or
strategy. Settings are those of the session's first event (request_latency_ms, fill_model, fills.queue_exponent,
taker_fee_rate, …); params.NAME is a parameter of the strategy.

Examples:
  la diff latest --rerun --set request_latency_ms=250
  la diff latest --rerun --set params.fast=8 --json | jq .differences
  la diff 20261122-163900-4f2a 20261122-163901-77c0

Exit codes: 0 the same orders and fills, 1 not the same, 2 trouble.`,
    )
    .action(async (session, other, { rerun, set }) => {
      if ((other === undefined) !== (rerun === true)) {
        throw new ConfigError(['diff: expected either another session or --rerun']);
      }
      if (set.length > 0 && rerun !== true) throw new ConfigError(['--set: only a rerun can be changed']);
      const { diff } = await import('../../app/diff.ts');
      const { workspace } = context.globals();
      return context.finish(
        diff({ workspace, operand: session, other: other ?? null, changes: set }, context.io()),
      );
    });
}
