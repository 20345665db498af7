/**
 * What decides a session besides its events, as hashes for its manifest: the engine, the strategy, the configuration.
 *
 * In a checkout the sources are read, which takes a few milliseconds; the package, which has none, was built with their hash.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { SessionManifest } from '../storage/session-folder.ts';
import { programVersion } from './program-version.ts';

const CORE = fileURLToPath(new URL('../core/', import.meta.url));
const BUILT_HASH = path.join(CORE, 'engine-hash');

let engineHashOnce: string | null = null;

/** SHA-256 over the name and the text of every source of the core, hex: another value is another engine. */
export function engineHash(): string {
  engineHashOnce ??= existsSync(BUILT_HASH) ? readFileSync(BUILT_HASH, 'utf8').trim() : hashSources();
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

/** SHA-256 of the start document of a session, as its log has it. */
export function startHash(start: SessionStart): string {
  return sha256(JSON.stringify(start));
}

/** What makes this program another one than that which ran the session; one sentence each. */
export function versionWarnings(manifest: SessionManifest, strategyFile: string | null): string[] {
  const warnings: string[] = [];
  const { engine_hash: engine, strategy_hash: strategy, config_hash: config } = manifest;
  if (engine === null) {
    warnings.push(`the session does not say which engine ran it (program ${manifest.program_version})`);
  } else if (engine !== engineHash()) {
    warnings.push(
      `another engine: the session ran ${manifest.program_version} (${engine.slice(0, 12)}), this is ` +
        `${programVersion()} (${engineHash().slice(0, 12)})`,
    );
  }
  if (manifest.node_version !== process.version) {
    warnings.push(`another Node: the session ran ${manifest.node_version}, this is ${process.version}`);
  }
  const given = configOf(manifest)['strategy'];
  if (strategyFile === null && typeof given === 'string' && path.isAbsolute(given)) {
    warnings.push(`the session did not keep its strategy file ${given}`);
  } else if (strategy !== null) {
    const text = strategyFile === null ? null : readFileSync(strategyFile, 'utf8');
    const isSame = strategy === strategyHash(manifest.strategy.name, text);
    if (!isSame && text !== null) warnings.push('the strategy file is not the one that the session ran');
    else if (!isSame) warnings.push(`another version of strategy ${manifest.strategy.name}`);
  }
  if (config !== null && config !== configHash(configOf(manifest))) {
    warnings.push('the configuration in session.json is not the one that the session ran');
  }
  return warnings;
}

function configOf(manifest: SessionManifest): Readonly<Record<string, unknown>> {
  return (manifest.config ?? {}) as Readonly<Record<string, unknown>>;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
