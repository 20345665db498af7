/** `la sweep-worker` */

import type { AnyCommand, CommandContext } from '../command-context.ts';
import { readThreads } from './sweep-command.ts';

export function addSweepWorkerCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('sweep-worker')
    .description('run trials of sweeps that other machines ask for, through Redis')
    .argument('<redis-url>', 'the queue: redis://HOST:PORT')
    .option('--threads <number>', 'trials at a time (default: one a processor)')
    .option('--status', 'print how much is waiting, running and done, and end')
    .addHelpText(
      'after',
      `
Examples:
  la sweep-worker redis://10.0.0.5:6379                                on each machine
  la sweep --space space.yaml --workers redis://10.0.0.5:6379          on the one that asks

Workers need the same version of the program, and the strategy and the data under the same paths; one that has something
else refuses. A worker that dies loses nothing: its trials go to the others.

Exit codes: 0 stopped by SIGINT or SIGTERM, after the trials in hand; 2 usage, or no Redis there.`,
    )
    .action(async (url: string, options: Readonly<Record<string, unknown>>) => {
      const { runSweepWorker, showQueue } = await import('../../app/sweep/queue-worker.ts');
      if (options['status'] === true) return context.finish(showQueue(url, context.io()));
      const { threads: given } = options;
      const threads = readThreads(typeof given === 'string' ? given : null);
      const stop = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      return context.finish(runSweepWorker({ url, threads, stop }, context.io()));
    });
}
