/** A number that can be asked "why": looks like text, is a button, opens its explanation. */

import type { ReactElement, ReactNode } from 'react';
import type { WhyTopic } from '../explain/explanation.ts';
import { useScreen } from './screen-context.ts';

interface WhyProps {
  readonly topic: WhyTopic;
  /** What the number is, for those who hear it without its place on the screen. */
  readonly name?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Why({ topic, name, className, children }: WhyProps): ReactElement {
  const { askWhy } = useScreen();
  return (
    <button type="button" className={`why ${className ?? ''}`} title="Why?" onClick={() => askWhy(topic)}>
      {name === undefined ? null : <span className="heard">{name} </span>}
      {children}
    </button>
  );
}

/** Coloured by sign; the sign itself is in the text. */
export function signClass(sign: -1 | 0 | 1 | null): string {
  if (sign === 1) return 'up';
  return sign === -1 ? 'down' : '';
}
