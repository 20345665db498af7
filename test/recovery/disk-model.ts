/**
 * A disk as a loss of power finds it: what was synced is there, of everything else any part may be.
 *
 * Fed with the calls of a recorded run. Rules: data of a file is certain after a sync of the file; names are certain after a
 * sync of their folder, and earlier ones of a folder before later ones; a write that was not synced may be there in any of its
 * sectors, the others reading as before, or as zeros where the file was shorter.
 */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '../../src/core/base/random.ts';

const SECTOR_BYTES = 512;

interface Inode {
  content: Buffer;
  durable: Buffer;
  pending: { readonly offset: number; readonly data: Buffer }[];
}

type Entry = { readonly inode: Inode } | { readonly target: string } | { readonly isFolder: true };

interface NameChange {
  readonly name: string;
  /** null removes. */
  readonly entry: Entry | null;
}

export type Loss = 'none' | 'all' | 'some';

export class DiskModel {
  readonly #names = new Map<string, Entry>();
  readonly #durableNames = new Map<string, Entry>();
  readonly #pendingNames = new Map<string, NameChange[][]>();

  create(name: string, isTruncated: boolean): void {
    const entry = this.#names.get(name);
    if (entry === undefined) {
      this.#change([
        { name, entry: { inode: { content: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] } } },
      ]);
    } else if (isTruncated && 'inode' in entry) this.truncate(name, 0);
  }

  /** `offset` null appends. */
  write(name: string, offset: number | null, data: Buffer): void {
    const inode = this.#inode(name);
    if (inode === null) return;
    const from = offset ?? inode.content.length;
    inode.pending.push({ offset: from, data });
    inode.content = patched(inode.content, from, data);
  }

  truncate(name: string, length: number): void {
    const inode = this.#inode(name);
    if (inode === null) return;
    // Taken for done at once: a cut that is undone leaves the torn tail, which is covered by the images before it.
    inode.content = Buffer.from(inode.content.subarray(0, length));
    inode.durable = Buffer.from(inode.durable.subarray(0, length));
    inode.pending = inode.pending.filter(({ offset }) => offset < length);
  }

  mkdir(name: string): void {
    this.#change([{ name, entry: { isFolder: true } }]);
  }

  symlink(target: string, name: string): void {
    this.#change([{ name, entry: { target } }]);
  }

  unlink(name: string): void {
    this.#change([{ name, entry: null }]);
  }

  rename(from: string, to: string): void {
    const entry = this.#names.get(from);
    if (entry === undefined) return;
    this.#change([
      { name: to, entry },
      { name: from, entry: null },
    ]);
  }

  sync(name: string): void {
    const changes = this.#pendingNames.get(name);
    for (const change of (changes ?? []).flat()) apply(this.#durableNames, change);
    this.#pendingNames.delete(name);
    const inode = this.#inode(name);
    if (inode === null) return;
    inode.durable = inode.content;
    inode.pending = [];
  }

  /** Writes what may be found after a loss of power now below `root`, which stands for the folder `workspace`. */
  writeImage(workspace: string, root: string, kept: Loss, random: SeededRandom): void {
    const names = new Map(kept === 'all' ? this.#names : this.#durableNames);
    if (kept === 'some') {
      for (const changes of this.#pendingNames.values()) {
        const count = Math.floor(random.nextFloat() * (changes.length + 1));
        for (const change of changes.slice(0, count).flat()) apply(names, change);
      }
    }
    mkdirSync(root, { recursive: true });
    for (const [name, entry] of [...names].toSorted(([a], [b]) => a.length - b.length)) {
      if (!name.startsWith(`${workspace}/`) || !hasParents(name, workspace, names)) continue;
      const target = path.join(root, name.slice(workspace.length));
      if ('isFolder' in entry) mkdirSync(target, { recursive: true });
      else if ('target' in entry) symlinkSync(entry.target, target);
      else writeFileSync(target, contentOf(entry.inode, kept, random));
    }
  }

  #change(changes: readonly NameChange[]): void {
    for (const change of changes) apply(this.#names, change);
    const folder = path.dirname(changes[0]?.name ?? '');
    const pending = this.#pendingNames.get(folder) ?? [];
    pending.push([...changes]);
    this.#pendingNames.set(folder, pending);
  }

  #inode(name: string): Inode | null {
    const entry = this.#names.get(name);
    return entry !== undefined && 'inode' in entry ? entry.inode : null;
  }
}

function apply(names: Map<string, Entry>, { name, entry }: NameChange): void {
  if (entry === null) names.delete(name);
  else names.set(name, entry);
}

function hasParents(name: string, workspace: string, names: ReadonlyMap<string, Entry>): boolean {
  for (let folder = path.dirname(name); folder !== workspace; folder = path.dirname(folder)) {
    if (!names.has(folder)) return false;
  }
  return true;
}

function contentOf(inode: Inode, kept: Loss, random: SeededRandom): Buffer {
  if (kept === 'all') return inode.content;
  let content = inode.durable;
  if (kept === 'none') return content;
  for (const { offset, data } of inode.pending) {
    if (random.nextFloat() < 0.3) continue;
    const isTorn = random.nextFloat() < 0.5;
    for (let from = offset; from < offset + data.length;) {
      const to = Math.min(offset + data.length, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (!isTorn || random.nextFloat() < 0.6)
        content = patched(content, from, data.subarray(from - offset, to - offset));
      from = to;
    }
  }
  return content;
}

function patched(content: Buffer, offset: number, data: Buffer): Buffer {
  const result = Buffer.alloc(Math.max(content.length, offset + data.length));
  content.copy(result);
  data.copy(result, offset);
  return result;
}
