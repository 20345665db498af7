/** Settings that name files: resolves them against the place they were written in, and looks whether they are there. */

import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { showValue } from './config-error.ts';
import { type Layered, layerOf, showOrigin } from './setting-layers.ts';
import type { SettingKey } from './setting-schemas.ts';
import type { Origin, SourceSetting } from './settings.ts';

/** File name endings of a recorded L2 session behind its prefix; one of them must exist. */
const RECORDING_ENDINGS = ['-l2.csv.gz', '-book.csv.gz', '-l2.csv', '-book.csv'] as const;
/** How the name of a file of such a session ends. */
const RECORDING_FILE = /-(l2|trades|bbo|mark|book)\.csv(\.gz)?$/;

export class PathReader {
  readonly #fileDirectory: string | null;
  readonly #findings: string[];

  constructor(fileDirectory: string | null, findings: string[]) {
    this.#fileDirectory = fileDirectory;
    this.#findings = findings;
  }

  source(merged: ReadonlyMap<SettingKey, Layered>): SourceSetting {
    const { value, origin } = layerOf(merged, 'source');
    const text = String(value);
    if (text === 'simulated') return { kind: 'simulated' };
    if (!text.startsWith('recording:')) return { kind: 'bitunix' };
    const given = text.slice('recording:'.length);
    const path = this.#resolve(given, origin);
    if (!isFile(path) && !RECORDING_ENDINGS.some((ending) => isFile(path + ending))) {
      this.#find(
        origin,
        `expected a recording (a file, or the PATH of PATH${RECORDING_ENDINGS[0]}), found none at ${showValue(given)}`,
      );
    }
    return { kind: 'recording', path };
  }

  strategy(merged: ReadonlyMap<SettingKey, Layered>): string {
    const { value, origin } = layerOf(merged, 'strategy');
    const name = String(value);
    if (!/^[./~]|\.[cm]?[jt]s$|[\\/]/.test(name)) return name;
    const path = this.#resolve(name, origin);
    if (!isFile(path)) this.#find(origin, `expected a strategy file, found none at ${showValue(name)}`);
    return path;
  }

  params(merged: ReadonlyMap<SettingKey, Layered>): Readonly<Record<string, unknown>> {
    const { value, origin } = layerOf(merged, 'params');
    if (typeof value !== 'string') return value as Readonly<Record<string, unknown>>;
    if (value.trimStart().startsWith('{')) return this.#parseObject(value, null, origin);
    const path = this.#resolve(value, origin);
    try {
      return this.#parseObject(readFileSync(path, 'utf8'), value, origin);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      this.#find(
        origin,
        `expected a JSON object or the path of a file with one, found ${code} at ${showValue(value)}`,
      );
      return {};
    }
  }

  /** The absolute path that a setting names; null where it is not set. Whether it is there, is seen when it is read. */
  file(merged: ReadonlyMap<SettingKey, Layered>, key: SettingKey): string | null {
    const { value, origin } = layerOf(merged, key);
    return typeof value === 'string' ? this.#resolve(value, origin) : null;
  }

  #parseObject(text: string, file: string | null, origin: Origin): Readonly<Record<string, unknown>> {
    const of = file === null ? '' : ` in ${file}`;
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
        return parsed as Record<string, unknown>;
      this.#find(origin, `expected a JSON object${of}, found ${showValue(parsed)}`);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#find(origin, `expected a JSON object${of}, found ${error.message.replaceAll('\n', ' ')}`);
    }
    return {};
  }

  #resolve(path: string, origin: Origin): string {
    return origin.kind === 'file' && this.#fileDirectory !== null
      ? resolve(this.#fileDirectory, path)
      : resolve(path);
  }

  #find(origin: Origin, sentence: string): void {
    this.#findings.push(`${showOrigin(origin)}: ${sentence}`);
  }
}

/** Whether the recording at `path` (a prefix, or a file of one) has an order book; one of candles has none. */
export function hasRecordedBook(path: string): boolean {
  const prefix = path.replace(RECORDING_FILE, '');
  return RECORDING_ENDINGS.some((ending) => isFile(prefix + ending));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
