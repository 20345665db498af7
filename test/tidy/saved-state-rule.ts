/**
 * Every field of the engine's classes in which something lasts from event to event is saved and restored: who adds one and
 * forgets it is told here, by name.
 *
 * Lasting: a field that is not readonly, and a readonly one that the class fills with a container, or with parts, of its
 * own. Each must be named in `save` and in `restore` of its class. Exceptions stand below with their reason.
 */

import ts from 'typescript';
import { parseFile } from './import-rules.ts';
import { isProductSource, type ProjectFile } from './project-files.ts';

const COLUMN = 'read and set row by row';
const WIRING = 'wiring';
const TAKEN = 'taken before anything is saved';
const CALL = 'of the call in hand';
const TERMS = 'terms of the session';

/** `Class` for a whole class, `Class.field` for one field, and why it need not be saved. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'BarSeries.#newest': 'follows from the bars',
  'BarSeries.#openTimeMs': COLUMN,
  'BarSeries.#open': COLUMN,
  'BarSeries.#high': COLUMN,
  'BarSeries.#low': COLUMN,
  'BarSeries.#close': COLUMN,
  'BarSeries.#volume': COLUMN,
  'CircuitBreakers.version': 'compared by the limit watch alone, which begins anew',
  'Engine.#alone': WIRING,
  'Engine.#end': WIRING,
  'Engine.#tradeBars': WIRING,
  'EngineBand.#listeners': WIRING,
  'EngineBand.#outputs': TAKEN,
  'EngineParts.interval': TERMS,
  'EngineParts.intervalMs': TERMS,
  'EngineParts.neededBars': TERMS,
  'EngineParts.refusedTerms': TERMS,
  'EngineParts.reportArrivalMs': WIRING,
  EventBlock: 'input',
  Extremes: 'lives within one call',
  LadderSide: 'its levels are saved by their book',
  LimitWatch: 'spares looks that find nothing; a new one looks once more',
  'LossLimits.version': 'compared by the limit watch alone, which begins anew',
  'MarketIntake.#bar': CALL,
  'MarketIntake.#playedMs': CALL,
  'MarketIntake.#playedSequence': CALL,
  'OrderIndex.#open': 'follow from the orders',
  'OutputBuffer.#outputs': TAKEN,
  OpenSum: 'follows from the orders',
  'PaperExchange.#arrivals': WIRING,
  'PaperExchange.#prints': 'hand out one event at a time',
  'PublicBook.#digest': 'a cache of the book that is shown',
  PrintMatching: 'hands out one event at a time; nothing of it lasts',
  'RiskDesk.#limitWatch': 'spares looks that find nothing; a new one looks once more',
  'RestingOrders.#counts': 'follow from the orders',
  'RestingOrders.#reduceOnly': 'follows from the orders',
  'RestingOrders.size': 'follows from the orders',
  'Schedule.#due': COLUMN,
  'Schedule.#order': COLUMN,
  'Schedule.#kind': COLUMN,
  'Schedule.#payload': COLUMN,
  'Schedule.nextDueMs': 'follows from what waits',
  'Schedule.takenKind': 'read right after an item was taken',
  'Schedule.takenPayload': 'read right after an item was taken',
  SortedBook: 'the oracle of a test',
  'StrategyHost.#trade': 'one object for every call',
  'StrategyHost.#view': 'shows what others save',
  'StrategyHost.#handlers': CALL,
  'StrategyHost.#handler': CALL,
  'StrategyHost.#instrument': CALL,
  'StrategyHost.#interval': CALL,
  'StrategyHost.#text': CALL,
  'StrategyHost.#order': CALL,
  'StrategyHost.#fill': CALL,
  'StrategyHost.isCalling': CALL,
  'StrategyHost.#result': CALL,
  'StrategyHost.#failure': CALL,
  'StrategyWishes.#timers': CALL,
  'StrategyWishes.#notes': CALL,
  'StrategyWishes.#timersWaiting': 'saved by the host',
  'WorkingOrder.counted': 'follows from its terms',
  TradeView: 'one object for every call',
  'TickLadderBook.#asks': 'read and set level by level',
  'TickLadderBook.#base': 'where the window stands decides nothing',
  'TickLadderBook.#bids': 'read and set level by level',
  'TickLadderBook.#isPlaced': 'where the window stands decides nothing',
  'TickLadderBook.bestAsk': 'follows from the levels',
  'TickLadderBook.bestBid': 'follows from the levels',
};

/** Collections of parts, and the functions that save and restore them. */
const COLLECTIONS: Readonly<Record<string, readonly [string, string]>> = {
  EngineParts: ['saveParts', 'restoreParts'],
  EngineMembers: ['saveMembers', 'restoreMembers'],
};

const SAVING = ['save', 'state'];
const RESTORING = ['restore', '#restore'];
const CONTAINER = /\bnew (Map|Set|\w+Array)\b|\bArray\.from\b|=> (0|null|Number\.\w+|new \w+)|^\[|^\{/;
const OWN_PART = /\bnew [A-Z]\w*\(/;
const OWN_LIST = /^(?!readonly )[\w#.<>()| ]+\[\]$/;

/** Reports lasting fields of the core's classes that are not saved and restored, and exceptions that have no field. */
export function findUnsavedState(
  files: readonly ProjectFile[],
  exceptions: Readonly<Record<string, string>> = EXCEPTIONS,
): string[] {
  const violations: string[] = [];
  const used = new Set<string>();
  for (const file of files) {
    if (!isProductSource(file.path) || !file.path.startsWith('src/core/')) continue;
    const tree = parseFile(file);
    const report = (owner: string, field: string, isKept: boolean): void => {
      const exception = owner in exceptions ? owner : `${owner}.${field}`;
      if (!isKept && exception in exceptions) used.add(exception);
      else if (!isKept)
        violations.push(`${file.path}: ${owner}.${field} lasts and is not saved and restored`);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isInterfaceDeclaration(node) && node.name.text in COLLECTIONS) {
        const functions = COLLECTIONS[node.name.text] ?? [];
        for (const member of node.members) {
          const part = member.name?.getText(tree) ?? '';
          report(
            node.name.text,
            part,
            functions.every((name) => isReadIn(tree, name, part)),
          );
        }
      }
      if (ts.isClassDeclaration(node) && node.name !== undefined) {
        const name = node.name.text;
        for (const field of lastingFields(node, tree)) {
          const isSaved = SAVING.some((method) => isNamed(node, method, field, tree));
          const isRestored = RESTORING.some((method) => isNamed(node, method, field, tree));
          report(name, field, isSaved && isRestored);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  for (const exception of Object.keys(exceptions))
    if (!used.has(exception)) violations.push(`the exception ${exception} is needless`);
  return violations;
}

function lastingFields(node: ts.ClassDeclaration, tree: ts.SourceFile): string[] {
  const assigned = assignedInConstructor(node, tree);
  return node.members.flatMap((member) => {
    if (!ts.isPropertyDeclaration(member)) return [];
    const name = member.name.getText(tree);
    const flags = ts.getCombinedModifierFlags(member);
    if ((flags & ts.ModifierFlags.Static) !== 0) return [];
    if ((flags & ts.ModifierFlags.Readonly) === 0) return [name];
    const type = member.type?.getText(tree) ?? '';
    const value = member.initializer?.getText(tree) ?? assigned.get(name) ?? '';
    if (ts.isArrowFunction(member.initializer ?? member)) return [];
    return OWN_LIST.test(type) || CONTAINER.test(value) || OWN_PART.test(value) ? [name] : [];
  });
}

function assignedInConstructor(node: ts.ClassDeclaration, tree: ts.SourceFile): Map<string, string> {
  const assigned = new Map<string, string>();
  const visit = (child: ts.Node): void => {
    if (
      ts.isBinaryExpression(child) &&
      child.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(child.left) &&
      child.left.expression.kind === ts.SyntaxKind.ThisKeyword
    )
      assigned.set(child.left.name.getText(tree), child.right.getText(tree));
    ts.forEachChild(child, visit);
  };
  for (const member of node.members) if (ts.isConstructorDeclaration(member)) visit(member);
  return assigned;
}

/**
 * Whether the body of a method names the field: `this.#field`, `field` taken out of `this`, or all of them at once. What
 * stands in the engine's list of members is named by that.
 */
function isNamed(node: ts.ClassDeclaration, method: string, field: string, tree: ts.SourceFile): boolean {
  let body = node.members
    .filter((member) => ts.isMethodDeclaration(member) && member.name.getText(tree) === method)
    .map((member) => member.getText(tree))
    .join('');
  if (method === 'restore' && /Object\.assign\(new/.test(body)) return true;
  if (body.includes('this.#members')) body += assignedInConstructor(node, tree).get('#members') ?? '';
  const plain = field.replace('#', '');
  const word = new RegExp(`this\\.${field}(?![\\w])|\\bconst \\{[^}]*\\b${plain}\\b[^}]*\\} = this\\b`);
  return word.test(body);
}

function isReadIn(tree: ts.SourceFile, name: string, part: string): boolean {
  const found = tree.statements.find((one) => ts.isFunctionDeclaration(one) && one.name?.text === name);
  return new RegExp(`\\b\\w+\\.${part}\\b`).test(found?.getText(tree) ?? '');
}
