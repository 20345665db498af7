/** The running session: its screen, its controls, its keys, and a banner where what is shown may be old. */

import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import type { LiveSession } from '../connection/live-session.ts';
import type { Command } from '../connection/rest-client.ts';
import { spanText } from '../display/time-text.ts';
import { reasonSentence } from '../display/words.ts';
import { StoreContext, useReplica } from '../replica/use-replica.ts';
import { ACTIVITY_TABS } from './activity-panel.tsx';
import { COMMAND_WORDS, CommandDialog } from './command-dialog.tsx';
import { KeyDialog, useKeys } from './keys.tsx';
import { Screen } from './screen.tsx';
import { ThemeButton } from './theme-button.tsx';

/** What is older than this is called old, ms; the server speaks at least once a second. */
const STALE_AFTER_MS = 3_000;

export function LivePage({ live }: { readonly live: LiveSession }): ReactElement {
  const [command, setCommand] = useState<Command | null>(null);
  const [said, setSaid] = useState('');
  const [tab, setTab] = useState(0);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  useKeys({
    onCommand: (wanted) =>
      setCommand(wanted === 'pause' && live.store.replica.status?.is_paused === true ? 'resume' : wanted),
    onTab: (index) => setTab(Math.min(index, ACTIVITY_TABS.length - 1)),
    onHelp: () => setIsHelpOpen(true),
  });
  return (
    <StoreContext value={live.store}>
      <Screen
        recordedSessionId={null}
        tab={tab}
        onTab={setTab}
        controls={<Controls onCommand={setCommand} onHelp={() => setIsHelpOpen(true)} />}
        notice={<Notices live={live} />}
      />
      <p className="heard" role="status">
        {said}
      </p>
      {command === null ? null : (
        <CommandDialog
          command={command}
          onClose={() => setCommand(null)}
          onAccepted={(accepted) => setSaid(`${COMMAND_WORDS[accepted].button}: accepted`)}
        />
      )}
      {isHelpOpen ? <KeyDialog onClose={() => setIsHelpOpen(false)} /> : null}
    </StoreContext>
  );
}

const STATUS = ['status'] as const;

interface ControlsProps {
  readonly onCommand: (command: Command) => void;
  readonly onHelp: () => void;
}

function Controls({ onCommand, onHelp }: ControlsProps): ReactElement {
  const { status } = useReplica(STATUS);
  const isOver = status === null || status.state === 'ended';
  const isPaused = status?.is_paused === true;
  return (
    <>
      <button type="button" disabled={isOver} onClick={() => onCommand(isPaused ? 'resume' : 'pause')}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
      <button type="button" disabled={isOver} onClick={() => onCommand('flatten')}>
        Flatten
      </button>
      <button type="button" disabled={isOver} onClick={() => onCommand('stop')}>
        Stop
      </button>
      <button type="button" className="danger" disabled={isOver} onClick={() => onCommand('kill')}>
        Kill
      </button>
      <a className="button quiet" href="#/sessions">
        Sessions
      </a>
      <ThemeButton />
      <button
        type="button"
        className="quiet"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={onHelp}
      >
        ?
      </button>
    </>
  );
}

/** Everything that a reader must know before believing the numbers below. */
function Notices({ live }: { readonly live: LiveSession }): ReactElement {
  const connection = useSyncExternalStore(live.subscribe, () => live.connection.phase);
  const { status } = useReplica(STATUS);
  const nowMs = useNow();
  const { heardMs, detail } = live.connection;
  const ageMs = heardMs === null ? null : nowMs - heardMs;
  const isStale = connection !== 'open' || (ageMs !== null && ageMs > STALE_AFTER_MS);
  if (isStale && status?.state === 'ended') {
    return (
      <p className="notice calm">
        This session is over, and its server with it. What is shown is how it ended.
      </p>
    );
  }
  if (isStale) {
    return (
      <p className="notice bad" role="alert">
        ▲ No line to the session.{' '}
        {ageMs === null ? 'Nothing was received yet.' : `What is shown is ${spanText(ageMs)} old.`}{' '}
        {detail ?? 'Connecting…'}
      </p>
    );
  }
  if (status?.state === 'halted') {
    return (
      <p className="notice bad" role="alert">
        ▲ Trading is halted. {status.reason === null ? '' : reasonSentence(status.reason)}
      </p>
    );
  }
  return <></>;
}

/** The local time, once a second. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
