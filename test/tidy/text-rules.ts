/** Rules about names, lengths and words that hold for every file of the project, whatever language it is in. */

import type { ProjectFile } from './project-files.ts';

/** Beyond this a file has more than one responsibility. */
const LINES_MAX = 400;

/** Files that are longer, each with its reason. An entry that is no longer needed is reported too. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'package-lock.json': 'written by npm',
  'config/grafana/laptop-agents.json': 'a dashboard in the format that Grafana reads and writes',
  'src/storage/journal.test.ts': 'one session of every kind of row, read back in one place',
  'src/venues/simulated/faults/faults.test.ts': 'one case a kind of fault',
};

/** Recorded inputs and expected outputs: data, neither read line by line nor written by hand. */
const DATA_FOLDERS = ['test/fixtures/', 'test/golden/'];

const VAGUE_WORDS = new Set([
  'common',
  'helper',
  'helpers',
  'manager',
  'service',
  'services',
  'util',
  'utils',
]);

interface ForbiddenText {
  readonly pattern: RegExp;
  readonly what: string;
  /** The only file that may contain it. */
  readonly except?: string;
}

const FORBIDDEN_TEXTS: readonly ForbiddenText[] = [
  { pattern: /(?<![\w.])\/(work|home|root|Users)\/\w/, what: 'a path of one machine' },
  { pattern: /\b[A-Z]:\\+Users\b/, what: 'a path of one machine' },
  { pattern: /\.\.\/shared\b/, what: 'a folder outside the project', except: '.ci/run' },
  { pattern: /\.l[i]brary\b/, what: 'a folder outside the project' },
  { pattern: /\bregistry\.[a-z]/, what: 'a package registry' },
  { pattern: /"resolved": "https?:/, what: 'a package registry' },
];

/** The brackets keep the pattern from finding itself. */
const OPEN_NOTE = /\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/;

function isData(file: ProjectFile): boolean {
  return DATA_FOLDERS.some((folder) => file.path.startsWith(folder));
}

export function findForbiddenTexts(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (isData(file)) continue;
    for (const [index, line] of file.text.split('\n').entries()) {
      for (const { pattern, what, except } of FORBIDDEN_TEXTS) {
        if (except !== file.path && pattern.test(line))
          violations.push(`${file.path}:${index + 1}: names ${what}`);
      }
    }
  }
  return violations;
}

export function findOpenNotes(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (isData(file) || file.path === 'package-lock.json') continue;
    for (const [index, line] of file.text.split('\n').entries()) {
      if (OPEN_NOTE.test(line)) violations.push(`${file.path}:${index + 1}: an open note in the source`);
    }
  }
  return violations;
}

/** Reports files above {@link LINES_MAX}, and entries of `excused` that excuse nothing. */
export function findLongFiles(
  files: readonly ProjectFile[],
  excused: Readonly<Record<string, string>> = LONG_FILES,
): string[] {
  const violations: string[] = [];
  const long = new Set<string>();
  for (const file of files) {
    if (isData(file)) continue;
    const lines = file.text.split('\n').length - 1;
    if (lines <= LINES_MAX) continue;
    long.add(file.path);
    if (excused[file.path] === undefined)
      violations.push(`${file.path}: ${lines} lines, at most ${LINES_MAX}`);
  }
  for (const path of Object.keys(excused)) {
    if (!long.has(path)) violations.push(`${path}: excused for its length, but not long`);
  }
  return violations;
}

/** Reports folders and files whose name says nothing about what is in them. */
export function findVagueNames(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const { path } of files) {
    if (!/^(src|test|bench|bin)\//.test(path)) continue;
    const word = path.split(/[/._-]/).find((part) => VAGUE_WORDS.has(part));
    if (word !== undefined) violations.push(`${path}: '${word}' does not say what is in it`);
  }
  return violations;
}
