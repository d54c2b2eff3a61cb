/** How outcomes look: a letter and a colour, so that neither alone has to be told apart. */
import { OUTCOME_LETTERS, type Outcome } from '@muster/protocol';
import { kindOf, type Kind } from './outcomes.js';

/** The outcome as it stands in text: its cell, then its name. */
export function OutcomeMark({ outcome }: { readonly outcome: Outcome | null }) {
  if (outcome === null) return <Mark kind="open" letter="–" words="not reported yet" />;
  const letter = outcome === 'ok' ? '' : OUTCOME_LETTERS[outcome];
  return <Mark kind={kindOf(outcome)} letter={letter} words={outcome} />;
}

export function Mark(props: {
  readonly kind: Kind;
  readonly letter: string;
  readonly words: string;
}) {
  return (
    <span class="mark">
      <span class={`cell ${props.kind}`} aria-hidden="true">
        {props.letter}
      </span>
      <span class="words">{props.words}</span>
    </span>
  );
}

const STATUS_KIND = { ok: 'ok', failed: 'call', cancelled: 'other', running: 'open' } as const;
const STATUS_LETTER = { ok: '✓', failed: '✗', cancelled: '–', running: '…' } as const;

export function StatusMark({ status }: { readonly status: keyof typeof STATUS_KIND }) {
  return <Mark kind={STATUS_KIND[status]} letter={STATUS_LETTER[status]} words={status} />;
}
