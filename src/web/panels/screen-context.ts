/** What every panel of a screen may do: ask why, open a receipt, and know which session it shows. */

import { createContext, useContext } from 'react';
import type { WhyTopic } from '../explain/explanation.ts';

export interface ScreenActions {
  readonly askWhy: (topic: WhyTopic) => void;
  readonly openReceipt: (fillId: string) => void;
  /** The session of a recording; null = the running one. */
  readonly recordedSessionId: string | null;
}

export const ScreenContext = createContext<ScreenActions | null>(null);

export function useScreen(): ScreenActions {
  const actions = useContext(ScreenContext);
  if (actions === null) throw new Error('no screen around this component');
  return actions;
}
