#!/usr/bin/env node
/**
 * Builds the dashboard to `dist/web` where it is missing or older than its sources; says so in one line.
 *
 * The files need no inline script, no `eval` and no other server. A build that fails is told and is no failure of what comes after it: a session runs without a dashboard as well.
 */

import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['src/web', 'src/protocol', 'src/core/base', 'bin/build-web.js', 'package-lock.json'];

/**
 * Builds where needed.
 *
 * @returns {Promise<boolean>} whether `dist/web` is whole afterwards
 */
export async function buildWeb() {
  if (modifiedMs(join(root, 'dist/web/index.html')) >= Math.max(...SOURCES.map(newestMs))) return true;
  const startedMs = Date.now();
  const { NODE_ENV } = process.env;
  try {
    // Where tests build, it says `test`, and React would come with its checks for developers.
    process.env['NODE_ENV'] = 'production';
    const [{ build }, { default: react }] = await Promise.all([
      import('vite'),
      import('@vitejs/plugin-react'),
    ]);
    await build({
      configFile: false,
      root: join(root, 'src/web'),
      logLevel: 'error',
      // Relative, so that the files can be served from any path.
      base: './',
      plugins: [react()],
      build: {
        outDir: join(root, 'dist/web'),
        emptyOutDir: true,
        target: 'es2024',
        // An asset inlined as `data:` would have to be allowed in the content security policy.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 1_000,
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`The dashboard could not be built: ${reason}\n`);
    return false;
  } finally {
    if (NODE_ENV === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = NODE_ENV;
  }
  process.stderr.write(`Built the dashboard in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s\n`);
  return true;
}

/**
 * @param {string} path relative to the project
 * @returns {number} newest modification in or at the path, ms
 */
function newestMs(path) {
  const absolute = join(root, path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) return found?.mtimeMs ?? 0;
  const entries = readdirSync(absolute, { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...entries.map((entry) => modifiedMs(join(absolute, entry))));
}

/** @param {string} path */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await buildWeb()) ? 0 : 1;
