/** A list that a server gives page by page: the pages so far, and how to get the next one. */

import { useCallback, useEffect, useState } from 'react';

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

/** `fetchPage` asks for the page at a cursor, null = the first one; another function begins anew. */
export function usePages<Row>(fetchPage: (cursor: string | null) => Promise<Page<Row>>): Pages<Row> {
  const [rows, setRows] = useState<readonly Row[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isReading, setIsReading] = useState(true);
  const read = useCallback(
    async (from: string | null): Promise<void> => {
      setIsReading(true);
      setTrouble(null);
      try {
        const page = await fetchPage(from);
        setRows((before) => [...(from === null ? [] : (before ?? [])), ...page.rows]);
        setCursor(page.nextCursor);
      } catch (error) {
        setTrouble(error instanceof Error ? error.message : String(error));
      } finally {
        setIsReading(false);
      }
    },
    [fetchPage],
  );
  useEffect(() => {
    void read(null);
  }, [read]);
  return { rows, trouble, readMore: isReading || cursor === null ? null : () => void read(cursor) };
}
