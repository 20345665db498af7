/** The columns behind an event block, and how they are made, cut and shared. */

const WIDE_CAPACITY = 256;

/** The columns of a block, one value a row; `wide` has a length of its own. */
export interface BlockColumns {
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly instrument: Uint8Array;
  readonly receivedTimeMs: Float64Array;
  readonly exchangeTimeMs: Float64Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly wide: Float64Array;
}

export function emptyColumns(capacity: number): BlockColumns {
  return {
    kind: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    instrument: new Uint8Array(capacity),
    receivedTimeMs: new Float64Array(capacity),
    exchangeTimeMs: new Float64Array(capacity),
    price: new Int32Array(capacity),
    quantity: new Float64Array(capacity),
    wide: new Float64Array(WIDE_CAPACITY),
  };
}

/** The rows from `skipped` on, over the same memory. */
export function columnsBehind(columns: BlockColumns, skipped: number): BlockColumns {
  return {
    kind: columns.kind.subarray(skipped),
    flags: columns.flags.subarray(skipped),
    instrument: columns.instrument.subarray(skipped),
    receivedTimeMs: columns.receivedTimeMs.subarray(skipped),
    exchangeTimeMs: columns.exchangeTimeMs.subarray(skipped),
    price: columns.price.subarray(skipped),
    quantity: columns.quantity.subarray(skipped),
    wide: columns.wide,
  };
}

/** The first `rows` rows and `wideLength` wide values, copied into memory that threads can share. */
export function shareColumns(columns: BlockColumns, rows: number, wideLength: number): BlockColumns {
  return {
    kind: shared(Uint8Array, columns.kind.subarray(0, rows)),
    flags: shared(Uint8Array, columns.flags.subarray(0, rows)),
    instrument: shared(Uint8Array, columns.instrument.subarray(0, rows)),
    receivedTimeMs: shared(Float64Array, columns.receivedTimeMs.subarray(0, rows)),
    exchangeTimeMs: shared(Float64Array, columns.exchangeTimeMs.subarray(0, rows)),
    price: shared(Int32Array, columns.price.subarray(0, rows)),
    quantity: shared(Float64Array, columns.quantity.subarray(0, rows)),
    wide: shared(Float64Array, columns.wide.subarray(0, wideLength)),
  };
}

function shared<Column extends Uint8Array | Int32Array | Float64Array>(
  type: { readonly BYTES_PER_ELEMENT: number; new (buffer: SharedArrayBuffer): Column },
  values: Column,
): Column {
  const copy = new type(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
