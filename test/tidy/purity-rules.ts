/**
 * What the compiler cannot keep out of the core, because the language itself has it: clocks, chance, promises. And the one
 * cast that would let an order past the risk gate. Both are read from the syntax tree, so comments and texts do not count.
 */

import { builtinModules } from 'node:module';
import ts from 'typescript';
import { listImports, parseFile } from './import-rules.ts';
import { isProductSource, type ProjectFile } from './project-files.ts';

/** Names that read a clock, wait, reach the machine, or make one run differ from the next. */
const IMPURE_NAMES = new Set([
  'Date',
  'FinalizationRegistry',
  'Promise',
  'Temporal',
  'WeakRef',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'eval',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

const RISK_GATE = 'src/core/risk/risk-gate.ts';

/** Reports impure names, `Math.random`, asynchronous code and imports of the runtime in the pure layers. */
export function findPurityViolations(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (!isProductSource(file.path) || !/^src\/(core|protocol)\//.test(file.path)) continue;
    const tree = parseFile(file);
    const declared = listDeclaredNames(tree);
    const report = (node: ts.Node, what: string): void => {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      violations.push(`${file.path}:${line}: ${what}`);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && isReference(node)) {
        if (IMPURE_NAMES.has(node.text) && !declared.has(node.text)) report(node, node.text);
        if (node.text === 'Math' && !isPlainMathUse(node)) report(node, 'Math.random, or Math out of sight');
      } else if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) {
        report(node, 'asynchronous code');
      } else if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
        report(node, 'asynchronous code');
      } else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
        report(node, 'import.meta');
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    for (const used of listImports(file)) {
      const isBuiltin = used.specifier.startsWith('node:') || builtinModules.includes(used.specifier);
      if (isBuiltin || used.isDynamic) violations.push(`${file.path}: import of '${used.specifier}'`);
    }
  }
  return violations;
}

/** Reports every way to call a value an `ApprovedOrder` without the risk gate: a cast or a type predicate. */
export function findApprovedOrderViolations(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (!isProductSource(file.path) || file.path === RISK_GATE) continue;
    const tree = parseFile(file);
    const names = listApprovedOrderNames(tree);
    const visit = (node: ts.Node): void => {
      const isCast =
        ts.isAsExpression(node) || ts.isTypeAssertionExpression(node) || ts.isTypePredicateNode(node);
      if (isCast && node.type !== undefined && mentions(node.type, names)) {
        const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
        violations.push(`${file.path}:${line}: only the risk gate makes an ApprovedOrder`);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return violations;
}

/** `ApprovedOrder` and what the file renames it to, by import or by type alias. */
function listApprovedOrderNames(tree: ts.SourceFile): Set<string> {
  const names = new Set(['ApprovedOrder']);
  const visit = (node: ts.Node): void => {
    if (ts.isImportSpecifier(node) && node.propertyName?.text === 'ApprovedOrder') names.add(node.name.text);
    if (ts.isTypeAliasDeclaration(node) && mentions(node.type, names)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

function mentions(node: ts.Node, names: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(node) && names.has(node.text)) return true;
  return ts.forEachChild(node, (child) => mentions(child, names) || undefined) ?? false;
}

/** Names that the file declares itself; they hide the global of the same name. */
function listDeclaredNames(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isDeclaration =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (isDeclaration && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

/** False where an identifier only names a member: `order.process`, `{ process: 1 }`, `process(): void` in a type. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isGetAccessor(parent) ||
    ts.isSetAccessor(parent) ||
    ts.isEnumMember(parent) ||
    ts.isNamedTupleMember(parent) ||
    ts.isParameter(parent);
  return !(isMember && parent.name === node);
}

function isPlainMathUse(node: ts.Identifier): boolean {
  const parent = node.parent;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text !== 'random';
}
