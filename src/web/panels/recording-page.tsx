/** A session that is over, in the screen of a running one, with a slider over its time. */

import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { Recording } from '../../protocol/rest.ts';
import { fetchBookAt, fetchRecording } from '../connection/rest-client.ts';
import { dateTimeText } from '../display/time-text.ts';
import { plainWord } from '../display/words.ts';
import { ReplicaStore } from '../replica/replica-store.ts';
import { scheduleFrame } from '../replica/schedule-frame.ts';
import { recordingSpan, snapshotAt } from '../replica/snapshot-at.ts';
import { StoreContext } from '../replica/use-replica.ts';
import { Screen } from './screen.tsx';
import { ThemeButton } from './theme-button.tsx';

/** The book of a moment is asked for once the slider rests this long. */
const BOOK_DELAY_MS = 250;
const PLAY_STEP_MS = 100;
/** Session seconds a second. */
const SPEEDS = [1, 10, 60, 600] as const;
const SPEED_AT_FIRST = 10;

export function RecordingPage({ sessionId }: { readonly sessionId: string }): ReactElement {
  const [recording, setRecording] = useState<Recording | string | null>(null);
  useEffect(() => {
    fetchRecording(sessionId).then(setRecording, (error: unknown) =>
      setRecording(error instanceof Error ? error.message : String(error)),
    );
  }, [sessionId]);
  if (recording === null || typeof recording === 'string') {
    return (
      <main className="page">
        <h1>Session {sessionId}</h1>
        {recording === null ? (
          <p role="status">Reading the recording…</p>
        ) : (
          <p className="notice bad">▲ {recording}</p>
        )}
        <a href="#/sessions">All sessions</a>
      </main>
    );
  }
  return <Player recording={recording} />;
}

function Player({ recording }: { readonly recording: Recording }): ReactElement {
  const [startMs, endMs] = useMemo(() => recordingSpan(recording), [recording]);
  const [atMs, setAtMs] = useState(endMs);
  const [tab, setTab] = useState(1);
  const store = useRecordedStore(recording, atMs);
  return (
    <StoreContext value={store}>
      <Screen
        recordedSessionId={recording.session.session_id}
        tab={tab}
        onTab={setTab}
        controls={
          <>
            <a className="button quiet" href="#/sessions">
              Sessions
            </a>
            <ThemeButton />
          </>
        }
        notice={
          <TimeSlider recording={recording} startMs={startMs} endMs={endMs} atMs={atMs} onMove={setAtMs} />
        }
      />
    </StoreContext>
  );
}

/** A replica of the recording at one moment; the book of it follows when it is known. */
function useRecordedStore(recording: Recording, atMs: number): ReplicaStore {
  const [store] = useState(() => new ReplicaStore(scheduleFrame));
  const seq = useRef(0);
  useEffect(() => {
    store.receive(snapshotAt(recording, atMs, ++seq.current));
    const { session } = recording;
    let isGone = false;
    const timer = setTimeout(() => {
      for (const symbol of session.symbols) {
        fetchBookAt(session.session_id, symbol, atMs).then(
          ({ book }) => {
            if (!isGone && book !== null)
              store.receive({ type: 'update', seq: ++seq.current, books: [book] });
          },
          // Without a book the screen says that there is none.
          () => {},
        );
      }
    }, BOOK_DELAY_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [store, recording, atMs]);
  return store;
}

interface SliderProps {
  readonly recording: Recording;
  readonly startMs: number;
  readonly endMs: number;
  readonly atMs: number;
  readonly onMove: (atMs: number) => void;
}

function TimeSlider({ recording, startMs, endMs, atMs, onMove }: SliderProps): ReactElement {
  const [speed, setSpeed] = useState<number | null>(null);
  useEffect(() => {
    if (speed === null || atMs >= endMs) return;
    const timer = setTimeout(() => onMove(Math.min(endMs, atMs + speed * PLAY_STEP_MS)), PLAY_STEP_MS);
    return () => clearTimeout(timer);
  }, [speed, atMs, endMs, onMove]);
  const isPlaying = speed !== null && atMs < endMs;
  const before = recording.fills.findLast(({ time_ms: timeMs }) => timeMs < atMs);
  const after = recording.fills.find(({ time_ms: timeMs }) => timeMs > atMs);
  const reason = recording.report?.['stopped_reason'];
  return (
    <section className="slider" aria-label="Time of the recording">
      <p>
        Recording <b>{recording.session.session_id}</b>
        {typeof reason === 'string' ? `, ended: ${plainWord(reason)}` : ''}
      </p>
      <input
        type="range"
        aria-label="Time"
        aria-valuetext={`${dateTimeText(atMs)} UTC`}
        min={startMs}
        max={endMs}
        step={1_000}
        value={atMs}
        onChange={({ target }) => onMove(Number(target.value))}
      />
      <output>{dateTimeText(atMs)} UTC</output>
      <span className="slider-buttons">
        <button
          type="button"
          disabled={before === undefined}
          onClick={() => before !== undefined && onMove(before.time_ms)}
        >
          ‹ fill
        </button>
        <button
          type="button"
          disabled={after === undefined}
          onClick={() => after !== undefined && onMove(after.time_ms)}
        >
          fill ›
        </button>
        <button
          type="button"
          onClick={() => {
            if (atMs >= endMs) onMove(startMs);
            setSpeed(isPlaying ? null : (speed ?? SPEED_AT_FIRST));
          }}
        >
          {isPlaying ? 'Hold' : 'Play'}
        </button>
        <select
          aria-label="Speed"
          value={speed ?? SPEED_AT_FIRST}
          onChange={({ target }) => setSpeed(Number(target.value))}
        >
          {SPEEDS.map((value) => (
            <option key={value} value={value}>
              {value}x
            </option>
          ))}
        </select>
      </span>
    </section>
  );
}
