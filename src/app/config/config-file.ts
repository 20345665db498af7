/**
 * Reads a laptop-agents.yaml: checked values by key with the place where each stands, or every finding with line and column.
 *
 * Limits: one document, no aliases (they can expand without bound), at most 1 MiB of UTF-8.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Document, LineCounter, Node, YAMLMap } from 'yaml';

import { closestWord } from './closest-word.ts';
import { ConfigError, showValue } from './config-error.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS, type SettingKey } from './setting-schemas.ts';

const FILE_BYTES_MAXIMUM = 1_048_576;

/** Findings listed at most; a file with more is of another kind altogether. */
const FINDINGS_MAXIMUM = 20;

/** Keys that may also be written another way. */
const ALIASES: Readonly<Record<string, SettingKey>> = { symbol: 'symbols' };

const SECTIONS: ReadonlySet<string> = new Set(
  SETTING_KEYS.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))),
);

/** A sixth of all modules that a backtest would load; most workspaces have no file. */
const loadYaml = () => createRequire(import.meta.url)('yaml') as typeof import('yaml');

export interface FileValue {
  /** As the schema gave it. */
  readonly value: unknown;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

export type FileValues = ReadonlyMap<SettingKey, FileValue>;

/** Reads the file at `path`; findings call it `shownName`. Throws {@link ConfigError}. */
export function readConfigFile(path: string, shownName: string): FileValues {
  return parseConfigText(readText(path, shownName), shownName);
}

/** As {@link readConfigFile}, for text at hand. */
export function parseConfigText(text: string, shownName: string): FileValues {
  return new ConfigReader(text, shownName).read();
}

function readText(path: string, shownName: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([
      `${shownName}: expected a readable file, found ${code === 'ENOENT' ? 'none' : code}`,
    ]);
  }
  if (bytes.length > FILE_BYTES_MAXIMUM) {
    throw new ConfigError([
      `${shownName}:1:1: expected at most ${FILE_BYTES_MAXIMUM} bytes, found ${bytes.length}`,
    ]);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([`${shownName}:1:1: expected UTF-8 text, found other bytes`]);
  }
}

class ConfigReader {
  readonly #shownName: string;
  readonly #yaml = loadYaml();
  readonly #lines: LineCounter = new this.#yaml.LineCounter();
  readonly #document: Document.Parsed;
  readonly #values = new Map<SettingKey, FileValue>();
  readonly #findings: string[] = [];

  constructor(text: string, shownName: string) {
    this.#shownName = shownName;
    try {
      this.#document = this.#yaml.parseDocument(text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        uniqueKeys: true,
      });
    } catch (error) {
      // The parser is recursive: absurd nesting ends its stack.
      if (error instanceof RangeError)
        throw new ConfigError([`${shownName}:1:1: expected settings, found too deep a nesting`]);
      throw error;
    }
  }

  read(): FileValues {
    for (const problem of [...this.#document.errors, ...this.#document.warnings]) {
      this.#find(problem.pos[0], `expected YAML, found: ${firstLine(problem.message)}`);
    }
    this.#yaml.visit(this.#document, {
      Alias: (_, alias) =>
        this.#find(startOf(alias), `expected a plain value, found the alias *${alias.source}`),
    });
    if (this.#findings.length === 0) this.#readRoot();
    if (this.#findings.length > 0) throw new ConfigError(this.#findings.slice(0, FINDINGS_MAXIMUM));
    return this.#values;
  }

  #readRoot(): void {
    const { isMap, isScalar } = this.#yaml;
    const root = this.#document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return;
    if (isMap(root)) this.#readMap(root, '');
    else
      this.#find(
        startOf(root),
        `expected settings as "key: value", found ${showValue(root.toJS(this.#document))}`,
      );
  }

  #readMap(map: YAMLMap, prefix: string): void {
    const { isNode, isScalar } = this.#yaml;
    for (const { key: keyNode, value: valueNode } of map.items) {
      const name = isScalar(keyNode) ? String(keyNode.value) : String(keyNode);
      const written = `${prefix}${name}`;
      const keyStart = startOf(keyNode);
      const value = isNode(valueNode) ? valueNode : null;
      const valueStart =
        value === null || (isScalar(value) && value.value === null) ? keyStart : startOf(value);
      const key = Object.hasOwn(ALIASES, written) ? ALIASES[written] : written;
      if (key !== undefined && isSettingKey(key)) this.#readValue(key, written, value, keyStart, valueStart);
      else if (SECTIONS.has(written)) this.#readSection(written, value, valueStart);
      else this.#find(keyStart, unknownKeyFinding(written));
    }
  }

  #readSection(name: string, value: Node | null, start: number | undefined): void {
    const { isMap, isScalar } = this.#yaml;
    if (value === null || (isScalar(value) && value.value === null)) return;
    if (isMap(value)) this.#readMap(value, `${name}.`);
    else this.#find(start, `expected settings under ${name}, found ${showValue(value.toJS(this.#document))}`);
  }

  #readValue(
    key: SettingKey,
    written: string,
    node: Node | null,
    keyStart: number | undefined,
    start: number | undefined,
  ): void {
    if (this.#values.has(key)) {
      this.#find(keyStart, `expected ${key} once, found it again as ${written}`);
      return;
    }
    const raw: unknown = node === null ? null : node.toJS(this.#document);
    const { schema, expected } = SETTINGS[key];
    const result = schema.safeParse(raw);
    if (!result.success) {
      this.#find(start, `expected ${expected} for ${written}, found ${showValue(raw)}`);
      return;
    }
    const { line, col } = this.#lines.linePos(start ?? 0);
    this.#values.set(key, { value: result.data, line, column: col });
  }

  #find(offset: number | undefined, sentence: string): void {
    const { line, col } = this.#lines.linePos(offset ?? 0);
    this.#findings.push(`${this.#shownName}:${Math.max(1, line)}:${Math.max(1, col)}: ${sentence}`);
  }
}

function unknownKeyFinding(written: string): string {
  const names = [...SETTING_KEYS, ...SECTIONS, ...Object.keys(ALIASES)];
  const lastPart = written.slice(written.lastIndexOf('.') + 1);
  const meant =
    // A secret is no setting; the file that holds it is.
    names.find((name) => name === `${written}_file`) ??
    closestWord(written, names) ??
    names.find((name) => name.endsWith(`.${lastPart}`)) ??
    null;
  const shown = showValue(written);
  return `expected a known setting, found ${shown}${meant === null ? '' : ` (did you mean ${meant}?)`}`;
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? (node.range[0] as number)
    : undefined;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
