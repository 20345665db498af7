/** What every command gets from the program around it. */

import type { CommandUnknownOpts } from '@commander-js/extra-typings';

import type { SettingSources } from '../app/config/load-settings.ts';
import type { ProgramIo } from '../app/program-io.ts';
import type { RunRequest } from './run-request.ts';

/** Options that may stand before or after any command and its operands. */
export interface GlobalOptions {
  readonly workspace: string;
  /** null = the workspace's own file where present. */
  readonly configFile: string | null;
  readonly logLevel: string | null;
  readonly json: boolean;
}

export interface CommandContext {
  /** Only valid once the command line was parsed: inside actions. */
  globals(): GlobalOptions;
  io(): ProgramIo;
  readonly environment: SettingSources['environment'];
  /** The global options as they were given, as words of another command line. */
  globalWords(): readonly string[];
  /** Reads and checks a command line of `la run` without running it. */
  readRun(words: readonly string[]): Promise<RunRequest>;
  /** Ends the program with the code that `work` gives. */
  finish(work: number | Promise<number>): Promise<void>;
}

/** A command as the builders of subcommands see it, whatever options it has. */
export type AnyCommand = CommandUnknownOpts;
