/** The dashboard: which page the address names, and the live session behind the first of them. */

import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { LiveSession } from './connection/live-session.ts';
import { LivePage } from './panels/live-page.tsx';
import { RecordingPage } from './panels/recording-page.tsx';
import { SessionsPage } from './panels/sessions-page.tsx';
import { SweepPage } from './panels/sweep-page.tsx';

/** `#/` the running session, `#/sessions` those before it, `#/sessions/ID` one of them, `#/sweeps/ID` a sweep. */
function useAddress(): string {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => location.hash,
  );
}

export function App(): ReactElement {
  const address = useAddress();
  const [live] = useState(() => new LiveSession());
  useEffect(() => {
    live.open();
    return () => live.close();
  }, [live]);
  const sessionId = nameIn(/^#\/sessions\/([^/]+)$/, address);
  if (sessionId !== null) return <RecordingPage key={sessionId} sessionId={sessionId} />;
  const sweepId = nameIn(/^#\/sweeps\/([^/]+)$/, address);
  if (sweepId !== null) return <SweepPage key={sweepId} sweepId={sweepId} />;
  if (address === '#/sessions') return <SessionsPage />;
  return <LivePage live={live} />;
}

/** The name in an address; null for another address, and for one that nobody could have made here. */
function nameIn(pattern: RegExp, address: string): string | null {
  try {
    const [, name] = pattern.exec(address) ?? [];
    return name === undefined ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
}
