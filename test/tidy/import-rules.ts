/**
 * Who may import whom. The compiler refuses what a layer's `references` do not reach; it lets through what is reached by
 * way of another layer, and everything inside the core. Those are refused here, for the program's sources.
 */

import { posix } from 'node:path';
import ts from 'typescript';
import { isProductSource, type ProjectFile } from './project-files.ts';

/** Layers that each layer may import; itself is always allowed. `cli` may take types from the core, nothing else. */
export const LAYER_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  ports: ['core'],
  venues: ['core', 'ports'],
  storage: ['core', 'ports'],
  session: ['core', 'ports'],
  alerts: ['core', 'ports'],
  report: ['core', 'ports'],
  server: ['core', 'ports', 'protocol'],
  web: ['core', 'protocol'],
  app: ['core', 'protocol', 'ports', 'venues', 'storage', 'session', 'alerts', 'report', 'server'],
  cli: ['core', 'app'],
};

const MIDDLE = ['market', 'exchange', 'ledger', 'strategy', 'agents', 'risk'];
const WITHOUT_EXCHANGE = MIDDLE.filter((part) => part !== 'exchange');

/** The same inside the core. Strategies, agents and the risk gate never see the exchange that fills them. */
const CORE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  domain: ['base'],
  market: ['base', 'domain', ...MIDDLE],
  exchange: ['base', 'domain', ...MIDDLE],
  ledger: ['base', 'domain', ...MIDDLE],
  strategy: ['base', 'domain', ...WITHOUT_EXCHANGE],
  agents: ['base', 'domain', ...WITHOUT_EXCHANGE],
  statistics: ['base'],
  risk: ['base', 'domain', ...WITHOUT_EXCHANGE],
  engine: ['base', 'domain', ...MIDDLE],
};

/** Packages that compute and do nothing else. */
const PURE_PACKAGES = new Set(['trading-signals', 'zod']);

export interface ImportUse {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly isDynamic: boolean;
}

/** Lists every way a file names another module: import, re-export, `import()`, and `import('…')` in a type. */
export function listImports(file: ProjectFile): ImportUse[] {
  const found: ImportUse[] = [];
  const add = (node: ts.Node | undefined, isTypeOnly: boolean, isDynamic = false): void => {
    const specifier = node !== undefined && ts.isStringLiteralLike(node) ? node.text : '<computed>';
    found.push({ specifier, isTypeOnly, isDynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(parseFile(file));
  return found;
}

/** Reports imports that skip a layer, leave `src`, or bring a package into a pure layer. */
export function findLayerViolations(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (!isProductSource(file.path)) continue;
    for (const used of listImports(file)) {
      const reason = refuseImport(file.path, used);
      if (reason !== null) violations.push(`${file.path}: import of '${used.specifier}': ${reason}`);
    }
  }
  return violations;
}

function refuseImport(path: string, used: ImportUse): string | null {
  const layer = layerOf(path);
  const allowed = LAYER_IMPORTS[layer];
  if (allowed === undefined) return `${layer} is not a layer`;
  if (!used.specifier.startsWith('.')) {
    const isPure = layer === 'core' || layer === 'protocol';
    return isPure && !PURE_PACKAGES.has(used.specifier) ? `${layer} takes only pure packages` : null;
  }
  const target = posix.join(posix.dirname(path), used.specifier);
  if (!target.startsWith('src/')) return 'the program imports only from src';
  const targetLayer = layerOf(target);
  if (targetLayer !== layer) {
    if (!allowed.includes(targetLayer)) return `${layer} may not see ${targetLayer}`;
    return layer === 'cli' && targetLayer === 'core' && !used.isTypeOnly
      ? 'cli takes only types from core'
      : null;
  }
  if (layer !== 'core') return null;
  const part = partOf(path);
  const targetPart = partOf(target);
  const allowedParts = CORE_IMPORTS[part];
  if (allowedParts === undefined) return `core/${part} is not a part of the core`;
  return part === targetPart || allowedParts.includes(targetPart)
    ? null
    : `core/${part} may not see core/${targetPart}`;
}

/** Reports a layer whose compiler project references other layers than the table above allows. */
export function findReferenceViolations(files: readonly ProjectFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    const layer = /^src\/([^/]+)\/tsconfig\.json$/.exec(file.path)?.[1];
    if (layer === undefined) continue;
    const referenced = [...file.text.matchAll(/"path": "\.\.\/([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const name of referenced) {
      if (LAYER_IMPORTS[layer]?.includes(name) !== true)
        violations.push(`${file.path}: ${layer} may not see ${name}`);
    }
  }
  return violations;
}

function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function partOf(path: string): string {
  return path.split('/')[2] ?? '';
}

export function parseFile(file: ProjectFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
}
