/**
 * Reads FlatBuffers: tables of optional fields, vectors, structs. Source: flatbuffers.dev, "FlatBuffer Internals".
 *
 * Every access is checked against the buffer by DataView, which throws RangeError for a buffer that lies.
 */

/** The table that a buffer begins with. */
export function readRoot(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new FlatTable(view, view.getUint32(0, true));
}

/** A table; fields are numbered in the order of their declaration (a union takes two), defaults are the schema's. */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  uint8(field: number, missing: number): number {
    const at = this.#place(field);
    return at === 0 ? missing : this.#view.getUint8(at);
  }

  int16(field: number, missing: number): number {
    const at = this.#place(field);
    return at === 0 ? missing : this.#view.getInt16(at, true);
  }

  int32(field: number, missing: number): number {
    const at = this.#place(field);
    return at === 0 ? missing : this.#view.getInt32(at, true);
  }

  int64(field: number, missing: number): number {
    const at = this.#place(field);
    return at === 0 ? missing : Number(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | null {
    const at = this.#place(field);
    return at === 0 ? null : new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  text(field: number): string | null {
    const at = this.#vector(field);
    if (at === 0) return null;
    const length = this.#view.getUint32(at, true);
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + at + 4, length).toString('utf8');
  }

  /** 0 where the field is absent. */
  vectorLength(field: number): number {
    const at = this.#vector(field);
    return at === 0 ? 0 : this.#view.getUint32(at, true);
  }

  tables(field: number): readonly FlatTable[] {
    const at = this.#vector(field);
    return Array.from({ length: this.vectorLength(field) }, (_, index) => {
      const place = at + 4 + 4 * index;
      return new FlatTable(this.#view, place + this.#view.getUint32(place, true));
    });
  }

  /** Struct `index` of a vector of structs of `bytes` each. */
  structAt(field: number, index: number, bytes: number): DataView {
    if (index >= this.vectorLength(field)) throw new RangeError(`there is no struct ${index}`);
    return new DataView(
      this.#view.buffer,
      this.#view.byteOffset + this.#vector(field) + 4 + index * bytes,
      bytes,
    );
  }

  #vector(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : at + this.#view.getUint32(at, true);
  }

  /** Where a field lies; 0 where it is absent. */
  #place(field: number): number {
    const view = this.#view;
    const list = this.#at - view.getInt32(this.#at, true);
    const slot = 4 + 2 * field;
    if (slot >= view.getUint16(list, true)) return 0;
    const offset = view.getUint16(list + slot, true);
    return offset === 0 ? 0 : this.#at + offset;
  }
}
