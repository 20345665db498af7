/**
 * What many tests of a file look at and only one could afford: a session, a venue, a page. Held once, and held anew for the
 * retry of a test that failed on it, so that one unlucky session fails nothing.
 *
 * Limit: the retried test waits for the whole of the new session, so its time limit must allow for that.
 */

import { afterAll, beforeAll, onTestFailed } from 'vitest';

type WhenFailed = (forget: () => void) => void;

/**
 * Begins `hold` with the file or the `describe` that it is called in. The function that it returns is for the body of a
 * test, and resolves with what is held; a test that runs beside others hands in its own `onTestFailed`. What is forgotten,
 * or left at the end, is given to `release`.
 */
export function shareSession<T>(
  hold: () => Promise<T>,
  release: (held: T) => unknown = () => {},
): (whenFailed?: WhenFailed) => Promise<T> {
  let held: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const begun = hold();
    // Whoever looks at it hears of its failure.
    begun.catch(() => {});
    return begun;
  };
  const end = async (ended: Promise<T> | null): Promise<void> => {
    if (ended === null) return;
    const [outcome] = await Promise.allSettled([ended]);
    if (outcome.status === 'fulfilled') await release(outcome.value);
  };
  beforeAll(() => {
    held = begin();
  });
  afterAll(() => end(held));
  return (whenFailed = onTestFailed) => {
    const looked = (held ??= begin());
    whenFailed(() => {
      // Another test may have forgotten it already, and what is held now is new.
      if (held !== looked) return;
      held = null;
      void end(looked);
    });
    return looked;
  };
}
