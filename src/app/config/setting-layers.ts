/** What stands for a setting after its sources were merged, and where it came from. */

import { assert } from '../../core/base/assert.ts';
import type { SettingKey } from './setting-schemas.ts';
import type { Origin } from './settings.ts';

export interface Layered {
  readonly value: unknown;
  readonly origin: Origin;
}

export function layerOf(merged: ReadonlyMap<SettingKey, Layered>, key: SettingKey): Layered {
  const layer = merged.get(key);
  assert(layer !== undefined, `every setting has a layer, ${key} too`);
  return layer;
}

/** Names where a value came from as findings and `la config show` write it. */
export function showOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
      return origin.variable;
    case 'flag':
      return origin.flag;
    case 'session':
      return `session ${origin.sessionId}`;
  }
}
