/** The screen of one session, running or recorded: its panels, and the dialogs that any of them may open. */

import { type ReactElement, type ReactNode, useMemo, useState } from 'react';
import type { WhyTopic } from '../explain/explanation.ts';
import { useReplica } from '../replica/use-replica.ts';
import { ActivityPanel } from './activity-panel.tsx';
import { BookPanel } from './book-panel.tsx';
import { EquityPanel, PricePanel } from './chart-panels.tsx';
import { HealthPanel } from './health-panel.tsx';
import { LogPanel } from './log-panel.tsx';
import { PositionPanel } from './position-panel.tsx';
import { QualityPanel } from './quality-panel.tsx';
import { ReceiptDialog } from './receipt-dialog.tsx';
import { type ScreenActions, ScreenContext } from './screen-context.ts';
import { SessionHeader } from './session-header.tsx';
import { VerdictPanel } from './verdict-panel.tsx';
import { WhyDialog } from './why-dialog.tsx';

const SLICES = ['session'] as const;

interface ScreenProps {
  readonly recordedSessionId: string | null;
  readonly controls: ReactNode;
  /** Stands between the header and the panels. */
  readonly notice: ReactNode;
  readonly tab: number;
  readonly onTab: (index: number) => void;
}

type Opened = { readonly why: WhyTopic } | { readonly fillId: string } | null;

export function Screen({ recordedSessionId, controls, notice, tab, onTab }: ScreenProps): ReactElement {
  const { session } = useReplica(SLICES);
  const [opened, setOpened] = useState<Opened>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const actions = useMemo<ScreenActions>(
    () => ({
      askWhy: (why) => setOpened({ why }),
      openReceipt: (fillId) => setOpened({ fillId }),
      recordedSessionId,
    }),
    [recordedSessionId],
  );
  const symbols = session?.symbols ?? [];
  const symbol = chosen !== null && symbols.includes(chosen) ? chosen : (symbols[0] ?? '');
  const close = (): void => setOpened(null);
  return (
    <ScreenContext value={actions}>
      <SessionHeader controls={controls} />
      {notice}
      {symbols.length > 1 ? <SymbolChoice symbols={symbols} symbol={symbol} onChoose={setChosen} /> : null}
      <main className="grid">
        <div className="column">
          <PricePanel key={symbol} symbol={symbol} />
          <EquityPanel />
          <ActivityPanel selected={tab} onSelect={onTab} />
          <LogPanel />
        </div>
        <div className="column">
          <PositionPanel symbol={symbol} />
          <BookPanel symbol={symbol} />
          {recordedSessionId === null ? <HealthPanel /> : null}
          <QualityPanel />
          <VerdictPanel symbol={symbol} />
        </div>
      </main>
      {opened !== null && 'why' in opened ? <WhyDialog topic={opened.why} onClose={close} /> : null}
      {opened !== null && 'fillId' in opened ? (
        <ReceiptDialog key={opened.fillId} fillId={opened.fillId} onClose={close} />
      ) : null}
    </ScreenContext>
  );
}

interface SymbolChoiceProps {
  readonly symbols: readonly string[];
  readonly symbol: string;
  readonly onChoose: (symbol: string) => void;
}

function SymbolChoice({ symbols, symbol, onChoose }: SymbolChoiceProps): ReactElement {
  return (
    <nav className="symbols" aria-label="Symbol">
      {symbols.map((name) => (
        <button key={name} type="button" aria-pressed={name === symbol} onClick={() => onChoose(name)}>
          {name}
        </button>
      ))}
    </nav>
  );
}
