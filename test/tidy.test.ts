/**
 * House rules that a machine can check, on every file of the project. Each rule is also run on a bad example, so that a
 * rule which finds nothing because it looks at nothing is caught.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findLayerViolations, findReferenceViolations, LAYER_IMPORTS } from './tidy/import-rules.ts';
import { type ProjectFile, readProjectFiles } from './tidy/project-files.ts';
import { findApprovedOrderViolations, findPurityViolations } from './tidy/purity-rules.ts';
import { findUnsavedState } from './tidy/saved-state-rule.ts';
import { findForbiddenTexts, findLongFiles, findOpenNotes, findVagueNames } from './tidy/text-rules.ts';
import { findTreeViolations, readDocumentedTree } from './tidy/tree-rule.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = readProjectFiles(ROOT);

function file(path: string, text = ''): ProjectFile {
  return { path, text };
}

/** Runs a rule on one seeded file; the names of what it found, without path and line. */
function violationsOf(
  rule: (files: readonly ProjectFile[]) => string[],
  path: string,
  text: string,
): string[] {
  return rule([file(path, text)]);
}

test('the rules see the project', () => {
  expect(FILES.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['package.json', 'src/core/base/assert.ts']),
  );
  expect(FILES.filter(({ path }) => path.includes('node_modules'))).toEqual([]);
});

describe('layers', () => {
  test('no import of the program skips a layer', () => {
    expect(findLayerViolations(FILES)).toEqual([]);
  });

  test.each([
    ['src/core/base/x.ts', `import { y } from '../../ports/y.ts';`, 'core may not see ports'],
    ['src/core/domain/x.ts', `import { y } from '../engine/y.ts';`, 'core/domain may not see core/engine'],
    ['src/core/base/x.ts', `import type { Y } from '../domain/y.ts';`, 'core/base may not see core/domain'],
    [
      'src/core/strategy/x.ts',
      `export { y } from '../exchange/y.ts';`,
      'core/strategy may not see core/exchange',
    ],
    ['src/core/agents/a/x.ts', `import '../../exchange/y.ts';`, 'core/agents may not see core/exchange'],
    ['src/core/risk/x.ts', `type Y = import('../exchange/y.ts').Y;`, 'core/risk may not see core/exchange'],
    ['src/core/stuff/x.ts', `import '../base/y.ts';`, 'core/stuff is not a part of the core'],
    ['src/core/base/x.ts', `import pino from 'pino';`, 'core takes only pure packages'],
    ['src/venues/bitunix/x.ts', `import { y } from '../../storage/y.ts';`, 'venues may not see storage'],
    ['src/session/x.ts', `const y = await import('../alerts/y.ts');`, 'session may not see alerts'],
    ['src/cli/x.ts', `import { y } from '../storage/y.ts';`, 'cli may not see storage'],
    ['src/cli/x.ts', `import { y } from '../core/base/y.ts';`, 'cli takes only types from core'],
    ['src/app/x.ts', `import { y } from '../../test/y.ts';`, 'the program imports only from src'],
    ['src/odd/x.ts', `import { y } from '../core/y.ts';`, 'odd is not a layer'],
  ])('refuses in %s: %s', (path, text, reason) => {
    const violations = violationsOf(findLayerViolations, path, text);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(reason);
  });

  test.each([
    ['src/core/engine/x.ts', `import { y } from '../exchange/y.ts'; import { z } from 'zod';`],
    ['src/cli/x.ts', `import type { Y } from '../core/base/y.ts'; import { run } from '../app/run.ts';`],
    ['src/venues/x.ts', `import { y } from '../ports/y.ts'; import WebSocket from 'ws'; import 'node:fs';`],
    ['src/venues/x.test.ts', `import { y } from '../../test/builders/y.ts';`],
    ['src/core/base/x.ts', `// import '../engine/y.ts'\nexport const text = "import '../engine/y.ts'";`],
  ])('allows in %s: %s', (path, text) => {
    expect(violationsOf(findLayerViolations, path, text)).toEqual([]);
  });

  test('the compiler projects reference no more than the layers allow', () => {
    expect(findReferenceViolations(FILES)).toEqual([]);
    expect(FILES.filter(({ path }) => /^src\/[^/]+\/tsconfig\.json$/.test(path)).length).toBeGreaterThan(5);
    const bad = '{ "references": [{ "path": "../core" }, { "path": "../storage" }] }';
    expect(violationsOf(findReferenceViolations, 'src/venues/tsconfig.json', bad)).toHaveLength(1);
  });

  test('every folder of src is a layer', () => {
    const folders = new Set(
      FILES.filter(({ path }) => path.startsWith('src/')).map(({ path }) => path.split('/')[1]),
    );
    expect([...folders].filter((name) => LAYER_IMPORTS[name ?? ''] === undefined)).toEqual([]);
  });
});

describe('the state of the engine', () => {
  test('is saved and restored, every field of it that lasts', () => {
    expect(findUnsavedState(FILES)).toEqual([]);
  });

  const saved = 'save() { return { a: this.#a }; } restore({ a }) { this.#a = a; }';

  test.each([
    ['a number', `class X { #a = 0; #b = 0; ${saved} }`],
    ['a public field', `class X { #a = 0; b: number | null = null; ${saved} }`],
    ['a map', `class X { #a = 0; readonly #b = new Map<string, number>(); ${saved} }`],
    [
      'columns made in the constructor',
      `class X { #a = 0; readonly #b: Float64Array; constructor(n) { this.#b = new Float64Array(n); } ${saved} }`,
    ],
    ['a list', `class X { #a = 0; readonly #b: number[]; constructor(n) { this.#b = n; } ${saved} }`],
    [
      'parts',
      `class X { #a = 0; readonly #b: readonly Part[]; constructor(n) { this.#b = n.map(() => new Part()); } ${saved} }`,
    ],
    ['what is saved and not restored', 'class X { #b = 0; save() { return { b: this.#b }; } restore() {} }'],
    [
      'what is restored and not saved',
      'class X { #b = 0; save() { return {}; } restore() { this.#b = 0; } }',
    ],
    ['a class that saves nothing', 'class X { #b = 0; add() { this.#b++; } }'],
  ])('must not forget %s', (_what, text) => {
    expect(findUnsavedState([file('src/core/engine/x.ts', text)], {})).toEqual([
      expect.stringMatching(/X\.#?b lasts and is not saved and restored/),
    ]);
  });

  test.each([
    `class X { #a = 0; readonly #market: Market; constructor(market) { this.#market = market; } ${saved} }`,
    'class X { b = 0; save() { const { b } = this; return { b }; } restore({ b }) { this.b = b; } }',
  ])('is seen in: %s', (text) => {
    expect(findUnsavedState([file('src/core/engine/x.ts', text)], {})).toEqual([]);
  });
});

describe('purity of the core', () => {
  test('the core knows no clock, no chance, no promise and no machine', () => {
    expect(findPurityViolations(FILES)).toEqual([]);
  });

  test.each([
    'const now = Date.now();',
    'const now: Date | null = null;',
    'const draw = Math.random();',
    `const draw = Math['random']();`,
    'const { random } = Math;',
    'const now = performance.now();',
    'const later = async () => {};',
    'export class A { async run() {} }',
    'await something();',
    'for await (const row of rows) {}',
    'export function load(): Promise<void> {}',
    'setTimeout(step, 10);',
    'const name = process.argv[0];',
    'console.log(1);',
    'globalThis.x = 1;',
    'const key = { process };',
    `import { readFileSync } from 'node:fs';`,
    `import { readFileSync } from 'fs';`,
    `const y = import('./y.ts');`,
    'const here = import.meta.url;',
  ])('refuses in the core: %s', (text) => {
    expect(violationsOf(findPurityViolations, 'src/core/engine/x.ts', text)).not.toEqual([]);
  });

  test.each([
    '// Date.now(), Math.random() and process.exit()',
    `const text = 'await Date.now()';`,
    'engine.process(block); const size = Math.max(1, 2);',
    'export interface Engine { process(block: Block): void; readonly console: string }',
    'export class Engine { process(): void {} }',
    'function process(block: number): number { return block; }\nprocess(1);',
  ])('allows in the core: %s', (text) => {
    expect(violationsOf(findPurityViolations, 'src/core/engine/x.ts', text)).toEqual([]);
  });

  test('the rule leaves the shell and unit tests alone', () => {
    expect(violationsOf(findPurityViolations, 'src/session/x.ts', 'Date.now();')).toEqual([]);
    expect(violationsOf(findPurityViolations, 'src/core/base/x.test.ts', 'Date.now();')).toEqual([]);
  });
});

describe('risk gate', () => {
  test('nothing else makes an ApprovedOrder', () => {
    expect(findApprovedOrderViolations(FILES)).toEqual([]);
  });

  test.each([
    'const order = draft as ApprovedOrder;',
    'const order = draft as unknown as ApprovedOrder;',
    'const order = <ApprovedOrder>draft;',
    'const orders = drafts as readonly ApprovedOrder[];',
    'function isApproved(order: Draft): order is ApprovedOrder { return true; }',
    `import type { ApprovedOrder as Passed } from './order.ts';\nconst order = draft as Passed;`,
    'type Passed = ApprovedOrder;\nconst order = draft as Passed;',
  ])('refuses: %s', (text) => {
    expect(violationsOf(findApprovedOrderViolations, 'src/core/engine/x.ts', text)).toHaveLength(1);
    expect(violationsOf(findApprovedOrderViolations, 'src/core/risk/risk-gate.ts', text)).toEqual([]);
  });

  test('a mention is no making', () => {
    const text = '// as ApprovedOrder\nexport function accept(order: ApprovedOrder): void {}';
    expect(violationsOf(findApprovedOrderViolations, 'src/core/engine/x.ts', text)).toEqual([]);
  });
});

describe('documents', () => {
  const architecture = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

  test('the tree in ARCHITECTURE.md is the tree on disk', () => {
    expect(findTreeViolations(architecture, FILES)).toEqual([]);
  });

  test('a missing and a surplus folder are both found', () => {
    const markdown =
      '## The tree\n\n```\nREADME.md   docs/ (x)\nsrc/\n  core/   PURE\n    base/  a\n  gone/  b\n```\n';
    expect([...readDocumentedTree(markdown)]).toEqual([
      'README.md',
      'src/',
      'src/core/',
      'src/core/base/',
      'src/gone/',
    ]);
    const files = [
      file('README.md'),
      file('src/core/base/x.ts'),
      file('src/core/new/x.ts'),
      file('extra/x.ts'),
    ];
    expect(findTreeViolations(markdown, files)).toEqual([
      'src/gone/ is not on disk',
      'src/core/new/ is not in ARCHITECTURE.md',
      'extra/ is not in ARCHITECTURE.md',
    ]);
  });
});

describe('texts', () => {
  test('no file names one machine, a folder outside the project or a registry', () => {
    expect(findForbiddenTexts(FILES)).toEqual([]);
  });

  test.each([
    ['docs/x.md', ['', 'work', 'main'].join('/')],
    ['docs/x.md', `see ${['', 'home', 'ann', 'x'].join('/')}`],
    ['docs/x.md', ['C:', 'Users', 'ann'].join('\\')],
    ['src/app/x.ts', `'${['..', 'shared', 'data'].join('/')}'`],
    ['src/app/x.ts', ['', 'library'].join('.')],
    ['.npmrc', ['registry', 'example.org'].join('.')],
    ['package-lock.json', `"resolved": ${JSON.stringify(['https', '//example.org/x.tgz'].join(':'))}`],
  ])('refuses in %s: %s', (path, text) => {
    expect(violationsOf(findForbiddenTexts, path, text)).not.toEqual([]);
  });

  test('no open notes stay in the sources', () => {
    expect(findOpenNotes(FILES)).toEqual([]);
    expect(violationsOf(findOpenNotes, 'src/app/x.ts', `// ${['TO', 'DO'].join('')} later`)).toHaveLength(1);
    expect(violationsOf(findOpenNotes, 'src/app/x.ts', '// nothing to do')).toEqual([]);
  });

  test('no file is too long without a reason', () => {
    expect(findLongFiles(FILES)).toEqual([]);
    expect(findLongFiles([file('src/app/x.ts', 'x\n'.repeat(401))], {})).toHaveLength(1);
    expect(findLongFiles([file('src/app/x.ts', 'x\n'.repeat(400))], {})).toEqual([]);
    expect(findLongFiles([file('src/app/x.ts', 'x\n')], { 'src/app/x.ts': 'once was' })).toHaveLength(1);
  });

  test('no name hides what is in a file', () => {
    expect(findVagueNames(FILES)).toEqual([]);
    const paths = ['src/app/utils/x.ts', 'src/app/order-manager.ts', 'test/helpers.ts', 'src/common/x.ts'];
    for (const path of paths) expect(findVagueNames([file(path)])).toHaveLength(1);
    expect(findVagueNames([file('src/venues/uncommon.ts')])).toEqual([]);
  });
});
