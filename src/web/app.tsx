/** The dashboard: which page the address names, and the live session behind the first of them. */

import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { LiveSession } from './connection/live-session.ts';
import { LivePage } from './panels/live-page.tsx';
import { RecordingPage } from './panels/recording-page.tsx';
import { SessionsPage } from './panels/sessions-page.tsx';

/** `#/` the running session, `#/sessions` those before it, `#/sessions/ID` one of them. */
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
  const sessionId = /^#\/sessions\/([^/]+)$/.exec(address)?.[1];
  if (sessionId !== undefined)
    return <RecordingPage key={sessionId} sessionId={decodeURIComponent(sessionId)} />;
  if (address === '#/sessions') return <SessionsPage />;
  return <LivePage live={live} />;
}
