/** Asks before a command is sent, and for the token where this tab has none yet. */

import { type ReactElement, type SyntheticEvent, useState } from 'react';
import { type Command, RequestError, sendCommand } from '../connection/rest-client.ts';
import { forgetToken, keepToken, readToken } from '../connection/token-store.ts';
import { Dialog } from './dialog.tsx';
import { formText } from './form-text.ts';

interface CommandWords {
  readonly title: string;
  readonly button: string;
  readonly meaning: string;
  readonly tone: 'plain' | 'danger';
  /** To be typed before it is sent; null = a press is enough. */
  readonly word: string | null;
}

export const COMMAND_WORDS: Readonly<Record<Command, CommandWords>> = {
  pause: {
    title: 'Pause trading?',
    button: 'Pause',
    meaning:
      'The strategy places no more orders until you resume. Positions and working orders stay as they are, and the market goes on.',
    tone: 'plain',
    word: null,
  },
  resume: {
    title: 'Resume trading?',
    button: 'Resume',
    meaning: 'The strategy may place orders again from the next event on.',
    tone: 'plain',
    word: null,
  },
  flatten: {
    title: 'Flatten the account?',
    button: 'Flatten',
    meaning:
      'Every working order is canceled and every position closed at market. The session goes on and may open new ones; pause it first if it should not.',
    tone: 'danger',
    word: null,
  },
  stop: {
    title: 'Stop the session?',
    button: 'Stop',
    meaning:
      'The session ends as it would at the end of its time: orders and position as configured, then the report. It cannot be resumed.',
    tone: 'danger',
    word: null,
  },
  kill: {
    title: 'Kill switch?',
    button: 'Kill',
    meaning:
      'Cancels everything, closes at market and ends at once with exit code 99. The file kill.txt stays in the workspace: no session starts there until you remove it.',
    tone: 'danger',
    word: 'kill',
  },
};

interface CommandDialogProps {
  readonly command: Command;
  readonly onClose: () => void;
  /** The server took it. */
  readonly onAccepted: (command: Command) => void;
}

export function CommandDialog({ command, onClose, onAccepted }: CommandDialogProps): ReactElement {
  const words = COMMAND_WORDS[command];
  const [needsToken, setNeedsToken] = useState(readToken() === null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isSending, setIsSending] = useState(false);
  const submit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (words.word !== null && formText(form, 'word').toLowerCase() !== words.word) {
      setTrouble(`Type ${words.word} to confirm.`);
      return;
    }
    if (needsToken && !keepToken(formText(form, 'token'))) {
      setTrouble('That cannot be a token: it is one line without blanks.');
      return;
    }
    setIsSending(true);
    sendCommand(command).then(
      () => {
        onAccepted(command);
        onClose();
      },
      (error: unknown) => {
        setIsSending(false);
        const isRefused = error instanceof RequestError && error.status === 401;
        if (isRefused) {
          forgetToken();
          setNeedsToken(true);
        }
        setTrouble(
          isRefused
            ? 'The server does not know this token.'
            : error instanceof Error
              ? error.message
              : String(error),
        );
      },
    );
  };
  return (
    <Dialog title={words.title} onClose={onClose}>
      <form onSubmit={submit} className="command-form">
        <p>{words.meaning}</p>
        {words.word === null ? null : (
          <label>
            <span>
              Type <b>{words.word}</b> to confirm
            </span>
            <input name="word" autoComplete="off" spellCheck={false} />
          </label>
        )}
        {needsToken ? (
          <label>
            Token of this session
            <input name="token" type="password" autoComplete="off" required aria-describedby="token-note" />
            <small id="token-note">
              It lies in the workspace: <code>cat state/token</code>. Asked once; this tab forgets it when it
              is closed.
            </small>
          </label>
        ) : null}
        {trouble === null ? null : (
          <p className="warned" role="alert">
            ▲ {trouble}
          </p>
        )}
        <div className="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={words.tone} disabled={isSending}>
            {isSending ? 'Sending…' : words.button}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
