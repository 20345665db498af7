/**
 * What decides a session besides its events, as hashes for its manifest: the engine, the strategy, the configuration.
 *
 * Assumption: the program runs from its sources, which it does everywhere; reading them takes a few milliseconds.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { programVersion } from './program-version.ts';

const CORE = fileURLToPath(new URL('../core/', import.meta.url));

let engineHashOnce: string | null = null;

/** SHA-256 over the name and the text of every source of the core, hex: another value is another engine. */
export function engineHash(): string {
  engineHashOnce ??= hashSources();
  return engineHashOnce;
}

function hashSources(): string {
  const names = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.split(path.sep).join('/'))
    .toSorted();
  const hash = createHash('sha256');
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(path.join(CORE, name)))
      .update('\0');
  return hash.digest('hex');
}

/** SHA-256 of a strategy file's text; for a built-in one (`text` null) of its name and the program's version. */
export function strategyHash(name: string, text: string | null): string {
  return sha256(text ?? `${name}@${programVersion()}`);
}

/** SHA-256 of the configuration as JSON with its keys in order. */
export function configHash(config: Readonly<Record<string, unknown>>): string {
  const ordered = Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sha256(JSON.stringify(ordered));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
