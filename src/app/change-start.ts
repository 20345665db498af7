/** Changes single settings of a recorded start, as `--set NAME=VALUE` names them: what would have been. */

import type { SessionStart } from '../core/domain/session-start.ts';
import { ConfigError } from './config/config-error.ts';

type Document = Record<string, unknown>;

/** A strategy's parameters are many and its own: any may be set, its schema says whether it is right. */
const PARAMS = 'params';
/** What the recording itself decides. */
const FIXED: ReadonlySet<string> = new Set(['session_id', 'source', 'instruments', 'interval', 'account']);

/**
 * Returns the start with the changes made; `params.NAME` stands for `strategy.params.NAME`. A value is JSON, or else text.
 * Throws ConfigError for a name that the start does not have and a value of another type.
 */
export function changeStart(start: SessionStart, changes: readonly string[]): SessionStart {
  const changed = structuredClone(start) as unknown as Document;
  for (const change of changes) {
    const at = change.indexOf('=');
    if (at < 1) throw new ConfigError([`--set: expected NAME=VALUE, found ${change}`]);
    const name = change.slice(0, at);
    const steps = (name.startsWith(`${PARAMS}.`) ? `strategy.${name}` : name).split('.');
    setAt(changed, steps, name, valueOf(change.slice(at + 1)));
  }
  return changed as unknown as SessionStart;
}

function setAt(document: Document, steps: readonly string[], name: string, value: unknown): void {
  const last = steps.at(-1) ?? '';
  const isParam = steps[0] === 'strategy' && steps[1] === PARAMS && steps.length > 2;
  if (FIXED.has(steps[0] ?? '') || (steps[0] === 'strategy' && !isParam)) {
    throw new ConfigError([`--set: ${name} belongs to the recording and cannot be changed`]);
  }
  let holder: unknown = document;
  for (const step of steps.slice(0, -1)) holder = isDocument(holder) ? holder[step] : undefined;
  if (!isDocument(holder) || (!isParam && !(last in holder))) {
    throw new ConfigError([`--set: expected ${namesOf(document).join(', ')} or params.NAME, found ${name}`]);
  }
  const old = holder[last];
  // Amounts and rates are decimal text in the document, however they were typed.
  const fitted = typeof old === 'string' && typeof value === 'number' ? String(value) : value;
  if (!isParam && old !== null && fitted !== null && typeof old !== typeof fitted) {
    throw new ConfigError([`--set: ${name}: expected a ${typeof old}, found ${JSON.stringify(value)}`]);
  }
  holder[last] = fitted;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function namesOf(document: Document, prefix = ''): string[] {
  return Object.entries(document).flatMap(([key, value]) => {
    if (prefix === '' && (FIXED.has(key) || key === 'strategy')) return [];
    const name = `${prefix}${key}`;
    return isDocument(value) ? namesOf(value, `${name}.`) : [name];
  });
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
