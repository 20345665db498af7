/** Keyboard shortcuts of the live screen, and the list of them. They rest while someone types or a dialog is open. */

import { type ReactElement, useEffect, useRef } from 'react';
import type { Command } from '../connection/rest-client.ts';
import { Dialog } from './dialog.tsx';
import { LOG_FILTER_ID } from './log-panel.tsx';

const COMMAND_KEYS: Readonly<Record<string, Command>> = { p: 'pause', f: 'flatten', s: 'stop', K: 'kill' };

const KEY_LIST: readonly (readonly [string, string])[] = [
  ['p', 'pause or resume'],
  ['f', 'flatten'],
  ['s', 'stop'],
  ['Shift+K', 'kill switch'],
  ['1 … 5', 'orders, fills, trades, ledger, denials'],
  ['/', 'filter the log'],
  ['t', 'system, light or dark colours'],
  ['?', 'this list'],
  ['Esc', 'close what is open'],
];

export interface KeyActions {
  readonly onCommand: (command: Command) => void;
  readonly onTab: (index: number) => void;
  readonly onHelp: () => void;
}

export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const isTyping = target instanceof Element && target.closest('input, select, textarea') !== null;
      if (
        isTyping ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        document.querySelector('dialog[open]') !== null
      )
        return;
      const command = COMMAND_KEYS[event.key];
      if (command !== undefined) latest.current.onCommand(command);
      else if (/^[1-5]$/.test(event.key)) latest.current.onTab(Number(event.key) - 1);
      else if (event.key === '?') latest.current.onHelp();
      else if (event.key === '/') document.querySelector<HTMLElement>(`#${LOG_FILTER_ID}`)?.focus();
      else if (event.key === 't') document.querySelector<HTMLElement>('[data-action="theme"]')?.click();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

export function KeyDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="facts">
        {KEY_LIST.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p>
        Every number with a dotted line can be asked why. A fill opens its receipt, from the table or from the
        chart.
      </p>
      <p className="soft">
        Charts: <a href="https://www.tradingview.com/">TradingView</a> Lightweight Charts™, © 2025
        TradingView, Inc.; uPlot.
      </p>
    </Dialog>
  );
}
