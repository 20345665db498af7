/**
 * `la init`: puts a commented configuration and an example strategy into a workspace.
 *
 * Never overwrites: where a file is there already, nothing is written and the file is named.
 */

import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../ports/make-folders.ts';
import { stringify } from 'yaml';
import { ConfigError } from './config/config-error.ts';
import { SETTINGS, SETTING_KEYS } from './config/setting-schemas.ts';
import { SETTING_PURPOSES } from './config/setting-purposes.ts';
import { toStorageError } from '../storage/storage-error.ts';
import { type ProgramIo, printJson } from './program-io.ts';

const CONFIG_FILE = 'laptop-agents.yaml';
const STRATEGY_FILE = 'breakout.ts';
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
/** Widest line of the configuration's comments. */
const LINE_WIDTH = 118;

const UNWRITABLE = 1;

/** Returns the exit code: 0, or 1 where nothing can be written there. Throws ConfigError where a file stands in the way. */
export function initWorkspace(workspace: string, io: ProgramIo): number {
  const config = path.join(workspace, CONFIG_FILE);
  const strategy = path.join(workspace, STRATEGY_FILE);
  const present = [config, strategy].filter((file) => existsSync(file));
  if (present.length > 0) {
    throw new ConfigError(present.map((file) => `expected no ${path.basename(file)} yet, found ${file}`));
  }
  try {
    makeFolders(workspace);
    writeFileSync(config, describeSettings(), { flag: 'wx' });
    copyFileSync(path.join(EXAMPLES, STRATEGY_FILE), strategy);
  } catch (error) {
    io.stderr.write(`${toStorageError(error, `write into ${workspace}`).message}\n`);
    return UNWRITABLE;
  }
  if (io.json) {
    printJson(io, { config, strategy });
  } else {
    io.stdout.write(
      `Wrote ${config}\nWrote ${strategy}\n\nTry it: la run --source simulated --strategy ./${STRATEGY_FILE} --duration 10m\n`,
    );
  }
  return 0;
}

/** A configuration file in which every setting stands with its default, as a comment. */
export function describeSettings(): string {
  const lines = [
    '## Settings of laptop-agents. A line without # takes effect; what stands behind a single # are the defaults.',
    '## Flags and LA_* variables win over this file; "la config show" prints what counts and why.',
    '',
  ];
  let section = '';
  for (const key of SETTING_KEYS) {
    const { expected, initial } = SETTINGS[key];
    const [head, tail] = splitKey(key);
    if (tail !== null && head !== section) lines.push(`# ${head}:`);
    section = tail === null ? '' : head;
    const indent = tail === null ? '' : '  ';
    lines.push(
      ...wrap(`${indent}## ${SETTING_PURPOSES[key]} Value: ${expected}.`),
      `# ${indent}${tail ?? head}: ${show(initial)}`,
    );
    if (tail === null) lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** In one line, so that uncommenting a setting means taking one # away. */
function show(initial: unknown): string {
  return typeof initial === 'string' ? stringify(initial, { lineWidth: 0 }).trim() : JSON.stringify(initial);
}

function splitKey(key: string): readonly [head: string, tail: string | null] {
  const dot = key.indexOf('.');
  return dot < 0 ? [key, null] : [key.slice(0, dot), key.slice(dot + 1)];
}

function wrap(text: string): string[] {
  const indent = /^\s*## /.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > LINE_WIDTH) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
