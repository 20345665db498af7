/**
 * The project's own files as the tidy rules see them: everything on disk that `.gitignore` does not name.
 *
 * Read from the disk and not from git, so that new files are checked before they are committed and a copy without a
 * repository is checked as well. Limit: only the plain forms of `.gitignore` are understood (no globs, no `!`).
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `path` is relative to the project, with `/` between its parts. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Reads every text file of the project; files that hold a NUL byte are data and are left out. */
export function readProjectFiles(root: string): ProjectFile[] {
  const isIgnored = readIgnoreRules(root);
  const files: ProjectFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || isIgnored(path)) continue;
      if (entry.isDirectory()) {
        visit(path);
      } else if (entry.isFile()) {
        const text = readFileSync(join(root, path), 'utf8');
        if (!text.includes('\0')) files.push({ path, text });
      }
    }
  };
  visit('');
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function readIgnoreRules(root: string): (path: string) => boolean {
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const line of readFileSync(join(root, '.gitignore'), 'utf8').split('\n')) {
    const rule = line.trim().replace(/\/$/, '');
    if (rule === '' || rule.startsWith('#')) continue;
    if (/[*?!]/.test(rule)) throw new Error(`.gitignore: the tidy test does not understand ${rule}`);
    if (rule.includes('/')) paths.add(rule.replace(/^\//, ''));
    else names.add(rule);
  }
  return (path) => paths.has(path) || names.has(path.slice(path.lastIndexOf('/') + 1));
}

/** True for the TypeScript of the program itself: below `src`, without its unit tests. */
export function isProductSource(path: string): boolean {
  return path.startsWith('src/') && /\.tsx?$/.test(path) && !path.endsWith('.test.ts');
}
