/** A list that a server gives page by page: the pages so far, and how to get the next one. */

import { useEffect, useState } from 'react';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Null = there are no more. */
  readonly nextCursor: string | null;
}

export interface Pages<Row> {
  /** Null until the first page is there. */
  readonly rows: readonly Row[] | null;
  /** A sentence; null where all went well. */
  readonly trouble: string | null;
  /** Null while a page is asked for, and after the last one. */
  readonly readMore: (() => void) | null;
}

interface Read<Row> extends Omit<Pages<Row>, 'readMore'> {
  readonly cursor: string | null;
  readonly isReading: boolean;
}

/** `fetchPage` asks for the page at a cursor, null = the first one. It stays the same for as long as the list is shown. */
export function usePages<Row>(fetchPage: (cursor: string | null) => Promise<Page<Row>>): Pages<Row> {
  const [read, setRead] = useState<Read<Row>>({ rows: null, trouble: null, cursor: null, isReading: true });
  useEffect(() => {
    let isGone = false;
    fetchPage(null).then(
      (page) => isGone || setRead(withPage(page)),
      (error: unknown) => isGone || setRead(withTrouble(error)),
    );
    return () => {
      isGone = true;
    };
  }, [fetchPage]);
  const { rows, trouble, cursor, isReading } = read;
  const readMore = (): void => {
    setRead({ ...read, isReading: true });
    fetchPage(cursor).then(
      (page) => setRead(withPage(page)),
      (error: unknown) => setRead(withTrouble(error)),
    );
  };
  return { rows, trouble, readMore: isReading || cursor === null ? null : readMore };
}

function withPage<Row>({ rows: added, nextCursor: cursor }: Page<Row>) {
  return ({ rows }: Read<Row>): Read<Row> => ({
    rows: [...(rows ?? []), ...added],
    trouble: null,
    cursor,
    isReading: false,
  });
}

function withTrouble(error: unknown) {
  const trouble = error instanceof Error ? error.message : String(error);
  return <Row>(before: Read<Row>): Read<Row> => ({ ...before, trouble, isReading: false });
}
