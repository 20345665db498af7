/** What a command line of `la run` asks for. */

import type { Settings } from '../app/config/settings.ts';

/** A command line of `la run`, read and checked. */
export interface RunRequest {
  readonly settings: Settings;
  readonly workspace: string;
  /** Only checks are wanted. */
  readonly isPreflight: boolean;
}
