/** ARCHITECTURE.md shows the tree of the project; this rule keeps it true. */

import type { ProjectFile } from './project-files.ts';

/**
 * Reads the tree from the first code block below the heading "The tree": two blanks of indentation a level, a folder ends
 * in `/`, the rest of the line describes it. Returns folders with their full path and top-level documents.
 */
export function readDocumentedTree(markdown: string): Set<string> {
  const block = /^## The tree$[\s\S]*?^```[^\n]*\n([\s\S]*?)^```$/m.exec(markdown)?.[1];
  if (block === undefined) throw new Error('ARCHITECTURE.md has no code block below "## The tree"');
  const entries = new Set<string>();
  const parents: string[] = [];
  for (const line of block.split('\n')) {
    const folder = /^( *)([\w.-]+\/)(?: |$)/.exec(line);
    if (folder !== null) {
      const depth = (folder[1] ?? '').length / 2;
      parents.length = depth;
      parents.push(folder[2] ?? '');
      entries.add(parents.join(''));
    } else {
      for (const [name] of line.matchAll(/[A-Z]+\.md\b/g)) entries.add(name);
    }
  }
  return entries;
}

/** Reports what the document shows and the disk lacks, and the other way round: top level, and every folder of `src`. */
export function findTreeViolations(markdown: string, files: readonly ProjectFile[]): string[] {
  const documented = readDocumentedTree(markdown);
  const actual = new Set<string>();
  for (const { path } of files) {
    if (/^[A-Z]+\.md$/.test(path)) actual.add(path);
    // A layer that holds nothing but its compiler project is not there yet.
    if (path.endsWith('/tsconfig.json')) continue;
    const folders = path.split('/').slice(0, -1);
    const depthMax = folders[0] === 'src' ? folders.length : 1;
    for (let depth = 1; depth <= Math.min(depthMax, folders.length); depth++) {
      actual.add(`${folders.slice(0, depth).join('/')}/`);
    }
  }
  const isChecked = (entry: string): boolean => entry.startsWith('src/') || !/\/./.test(entry);
  return [
    ...[...documented]
      .filter((entry) => isChecked(entry) && !actual.has(entry))
      .map((entry) => `${entry} is not on disk`),
    ...[...actual]
      .filter((entry) => !documented.has(entry))
      .map((entry) => `${entry} is not in ARCHITECTURE.md`),
  ];
}
