/** Looks four times a second for what an operator asks of the running session through files: kill switch, stop request. */

import { readKillSwitch } from './kill-switch.ts';
import { takeStopRequest } from './stop-request.ts';
import type { WorkspacePaths } from './workspace-paths.ts';

const POLL_INTERVAL_MS = 250;

export interface OperatorWatchOptions {
  readonly paths: WorkspacePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told once; `cause` is what threw the switch. */
  readonly onKill: (cause: string) => void;
  readonly onStop: () => void;
  /** The files cannot be read; told once. */
  readonly onError: (error: unknown) => void;
}

/** Starts looking, at once and then steadily, until `close`. */
export function watchOperator(options: OperatorWatchOptions): { close(): void } {
  const { paths, environment } = options;
  let killed = false;
  let failed = false;
  const look = (): void => {
    try {
      const cause = killed ? null : readKillSwitch(paths.killFile, environment);
      if (cause !== null) {
        killed = true;
        options.onKill(cause);
      }
      if (takeStopRequest(paths.stopRequest, process.pid)) options.onStop();
    } catch (error) {
      if (failed) return;
      failed = true;
      options.onError(error);
    }
  };
  const timer = setInterval(look, POLL_INTERVAL_MS);
  timer.unref();
  look();
  return {
    close() {
      clearInterval(timer);
    },
  };
}
