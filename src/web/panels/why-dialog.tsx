/** Shows why a number is what it is, kept current while the session goes on. Parts can be asked in turn. */

import type { ReactElement } from 'react';
import { explain } from '../explain/explain.ts';
import type { ExplanationPart, WhyTopic } from '../explain/explanation.ts';
import { SLICES } from '../replica/replica.ts';
import { useReplica } from '../replica/use-replica.ts';
import { Dialog } from './dialog.tsx';
import { useScreen } from './screen-context.ts';

export function WhyDialog({
  topic,
  onClose,
}: {
  readonly topic: WhyTopic;
  readonly onClose: () => void;
}): ReactElement {
  const replica = useReplica(SLICES);
  const explanation = explain(topic, replica);
  if (explanation === null) {
    return (
      <Dialog title="Not here any more" onClose={onClose}>
        <p>This page keeps the newest rows only; the report of the session has them all.</p>
      </Dialog>
    );
  }
  const { title, value, sentences, parts, addsUp } = explanation;
  return (
    <Dialog title={title} className="why-dialog" onClose={onClose}>
      <p className="why-value">{value}</p>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {parts.length === 0 ? null : (
        <dl className="facts">
          {parts.map((part) => (
            <div key={`${part.label} ${part.value}`}>
              <dt>{part.label}</dt>
              <dd>
                <PartValue part={part} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {addsUp === null ? null : (
        <p className={addsUp ? 'check' : 'check wrong'} role="status">
          {addsUp ? '✓ Adds up, to the last digit.' : '✗ Does not add up: please report this.'}
        </p>
      )}
    </Dialog>
  );
}

function PartValue({ part }: { readonly part: ExplanationPart }): ReactElement {
  const { askWhy, openReceipt } = useScreen();
  const { topic, fillId, value } = part;
  if (topic !== undefined) {
    return (
      <button type="button" className="why" onClick={() => askWhy(topic)}>
        {value}
      </button>
    );
  }
  if (fillId !== undefined) {
    return (
      <button type="button" className="why" onClick={() => openReceipt(fillId)}>
        {value}
      </button>
    );
  }
  return <>{value}</>;
}
