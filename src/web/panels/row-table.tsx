/** A table of rows, newest first, at most as many as fit a glance; older ones on demand. */

import { type ReactElement, type ReactNode, useState } from 'react';

const ROWS_AT_FIRST = 30;

export interface Column<Row> {
  readonly name: string;
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isMinor?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

interface RowTableProps<Row> {
  readonly caption: string;
  /** In ascending order of time. */
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string | number;
  /** What to say of no rows. */
  readonly empty: string;
}

export function RowTable<Row>({ caption, rows, columns, keyOf, empty }: RowTableProps<Row>): ReactElement {
  const [limit, setLimit] = useState(ROWS_AT_FIRST);
  if (rows.length === 0) return <p className="empty">{empty}</p>;
  const shown = rows.slice(-limit).toReversed();
  return (
    <>
      <table className="rows">
        <caption className="heard">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, isNumber, isMinor }) => (
              <th key={name} scope="col" className={cellClass(isNumber, isMinor)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, isNumber, isMinor, cell }) => (
                <td key={name} className={cellClass(isNumber, isMinor)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit ? (
        <button type="button" className="quiet more" onClick={() => setLimit(limit * 4)}>
          Show more ({rows.length - limit} older)
        </button>
      ) : null}
    </>
  );
}

function cellClass(isNumber = false, isMinor = false): string {
  return `${isNumber ? 'number' : ''} ${isMinor ? 'minor' : ''}`.trim();
}
