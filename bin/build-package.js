#!/usr/bin/env node
/**
 * Builds what the package holds instead of the sources: `lib` (the program as JavaScript) and `dist/web` (the dashboard).
 *
 * Node strips no types below `node_modules`, so an installed package cannot run from its sources. The folders are the same as
 * those of `src`; the compiler rewrites imports, and this script what it does not know: the addresses of threads.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildWeb } from './build-web.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lib = join(root, 'lib');

const MODULE_ADDRESS = /(new URL\('\.{1,2}\/[^']+)\.ts('\s*,\s*import\.meta\.url\))/g;

rmSync(lib, { recursive: true, force: true });
const manifestPath = createRequire(import.meta.url).resolve('@typescript/native/package.json');
const compiled = spawnSync(
  process.execPath,
  [join(dirname(manifestPath), 'bin/tsc'), '-p', join(root, 'tsconfig.package.json')],
  { stdio: 'inherit', cwd: root },
);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const name of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
  const path = join(lib, name);
  if (name.endsWith('.js')) {
    const text = readFileSync(path, 'utf8');
    const rewritten = text.replace(MODULE_ADDRESS, '$1.js$2');
    if (rewritten !== text) writeFileSync(path, rewritten);
  } else if (name.endsWith('.d.ts') && !/^core[\\/]/.test(name)) {
    // Only strategies import from the package, and those see nothing beyond the core.
    rmSync(path);
  }
}

// A session recorded by a checkout is replayed by the package, and the other way round: the same engine, the same hash.
const hashes = /** @type {{ engineHash(): string }} */ (
  await import(pathToFileURL(join(root, 'src/app/session-hashes.ts')).href)
);
writeFileSync(join(lib, 'core', 'engine-hash'), `${hashes.engineHash()}\n`);

if (!(await buildWeb())) process.exitCode = 1;
