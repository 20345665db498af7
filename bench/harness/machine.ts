/** On what and of what the figures were taken: printed and recorded with every run. */

import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { dataHashes } from './recorded-tiles.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cores: number;
  readonly flags: readonly string[];
  /** Commit of the sources, with `+changes` where they differ from it; null outside of a repository. */
  readonly commit: string | null;
  /** SHA-256 of the recorded files. */
  readonly data: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  const cpus = os.cpus();
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    flags: process.execArgv,
    commit: readCommit(),
    data: dataHashes(),
  };
}

function readCommit(): string | null {
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD').trim();
    return git('status', '--porcelain', '--', 'src', 'bench') === '' ? commit : `${commit}+changes`;
  } catch {
    return null;
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
